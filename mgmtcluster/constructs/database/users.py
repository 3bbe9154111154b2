"""Who connects to a replica set, and as which user."""

from collections.abc import Mapping

from constructs import Construct

from mgmtcluster.constructs.parts.declared import edges_of
from mgmtcluster.constructs.parts.objects import Json
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.databases.replica_set import ReplicaSet
from mgmtcluster.databases.users import READ_WRITE, ROOT
from mgmtcluster.edges import Edge, record
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.kinds.sources import SecretKey


def connect(workload: Workload, replica_set: ReplicaSet, user: str, *, roles: Mapping[str, str], why: str) -> SecretKey:
    """Let a workload of this library connect as a user of the database's own, and say where its password is.

    Args:
        workload: what connects.
        replica_set: where to.
        user: name of the user.
        roles: its roles, each with the database that it holds in..
        why: what the workload does there, for the reader.
    """
    record(workload.scope, user_edge(replica_set, user, client=workload.peer, roles=roles, why=why))
    return replica_set.password(user)


def user_edge(replica_set: ReplicaSet, user: str, *, client: Peer, roles: Mapping[str, str], why: str) -> Edge:
    """The edge of a client that is a user which no service is."""
    return Edge(client, replica_set.peer, replica_set.port, why=why, user=user, roles=tuple(roles.items()))


def _names(peer: Peer) -> tuple[str, str]:
    return peer.namespace, peer.name


def users_of(scope: Construct, replica_set: ReplicaSet) -> dict[str, list[Json]]:
    """Every user and its roles: root, one per service with a grant, and those with roles of their own."""
    users = {ROOT: [{"role": "root", "db": "admin"}]}
    for edge in edges_of(scope):
        # Whatever a patch lets the Service select: its name stays that of the set.
        if _names(edge.server) == _names(replica_set.peer) and (edge.database or edge.user):
            roles = users.setdefault(edge.user or edge.client.name, [])
            wanted = edge.roles or ((READ_WRITE, str(edge.database)),)
            found = ({"role": role, "db": database} for role, database in wanted)
            roles.extend(role for role in found if role not in roles)
    return users
