"""The Job that converges a replica set on the members and users that are asked for."""

from collections.abc import Callable, Mapping, Sequence

from constructs import Construct

from mgmtcluster.constructs.database.member_pods import KEYFILE_DIRECTORY, keyfile_volume
from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.mongosh_job import mongosh_job
from mgmtcluster.constructs.parts.objects import Json, Manifest
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.databases.replica_set import DIRECT_TIMEOUTS, ReplicaSet, query_of
from mgmtcluster.edges import Edge, record

_USERS_DIRECTORY = "/secrets/users"
_USERS = "users"

#: A user's name to its roles, as MongoDB writes them.
Users = Mapping[str, list[Json]]


def converge_job(
    scope: Construct,
    replica_set: ReplicaSet,
    *,
    hosts: Sequence[str],
    image: str,
    scripts: Mapping[str, str],
    users: Callable[[], Users],
    feature_compatibility_version: str | None,
) -> Manifest:
    """Define the Job that initiates the set, adds and removes members, and repairs users.

    Args:
        scope: the construct it is made in.
        replica_set: the set.
        hosts: host and port of the members that are to have a vote.
        image: image of the database.
        scripts: the scripts of the set's ConfigMap.
        users: called at synth: every user and its roles.
        feature_compatibility_version: the version that is asked for; None leaves it as it is.
    """
    workload = Workload(Construct(scope, "converge"), replica_set.init_client, "database")
    record(scope, Edge(workload.peer, replica_set.peer, replica_set.port, why="converges the set"))
    workload.network_policy()

    def mount_passwords(template: Json) -> Json:
        passwords = {user: replica_set.password(user) for user in users()}
        sources = [
            {"secret": {"name": password.name, "items": [{"key": password.key, "path": user}]}}
            for user, password in passwords.items()
        ]
        template["spec"]["volumes"].append({"name": _USERS, "projected": {"defaultMode": pods.SECRET_MODE, "sources": sources}})
        [container] = template["spec"]["containers"]
        container["volumeMounts"].append({"name": _USERS, "mountPath": _USERS_DIRECTORY, "readOnly": True})
        return template

    def env() -> dict[str, object]:
        asked = [{"user": user, "roles": roles} for user, roles in users().items()]
        variables: dict[str, object] = {"REPLICA_SET": replica_set.set_name, "MEMBERS": list(hosts), "USERS": asked}
        variables["TIMEOUTS"] = query_of(DIRECT_TIMEOUTS)
        version = feature_compatibility_version
        return variables | ({"FEATURE_COMPATIBILITY_VERSION": version} if version else {})

    return mongosh_job(
        workload,
        image=image,
        script="converge.js",
        config_map=replica_set.scripts,
        scripts=scripts,
        volumes={KEYFILE_DIRECTORY: keyfile_volume(replica_set.keyfile_secret)},
        env=env,
        complete=mount_passwords,
    )
