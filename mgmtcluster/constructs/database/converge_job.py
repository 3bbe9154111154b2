"""The Job that converges a replica set on the members and users that are asked for."""

from collections.abc import Callable, Mapping, Sequence

from constructs import Construct

from mgmtcluster.constructs.database.member_pods import KEYFILE_DIRECTORY, SECRET_MODE, keyfile_volume
from mgmtcluster.constructs.parts.mongosh_job import mongosh_job
from mgmtcluster.constructs.parts.network_policy import workload_policy
from mgmtcluster.constructs.parts.objects import Json, LateJob
from mgmtcluster.databases.grant import PASSWORD_KEY
from mgmtcluster.edges import Edge, Peer, record

_USERS_DIRECTORY = "/secrets/users"
_USERS = "users"


def converge_job(
    scope: Construct,
    *,
    database: Peer,
    port: int,
    hosts: Sequence[str],
    replica_set: str,
    image: str,
    config_map: str,
    scripts: Mapping[str, str],
    keyfile_secret: str,
    feature_compatibility_version: str | None,
    users: Callable[[], Mapping[str, list[Json]]],
    secret_of: Callable[[str], str],
    image_pull_secrets: Sequence[str],
) -> LateJob:
    """Define the Job that initiates the set, adds and removes members, and repairs users.

    Args:
        users: called at synth: every user and its roles.
        secret_of: the Secret with a user's password.
    """
    within = Construct(scope, "converge")
    client = Peer(database.namespace, f"{database.name}-init-client")
    record(scope, Edge(client, database, port, why="converges the set"))
    workload_policy(within, "network-policy", peer=client, component="database")

    def mount_passwords(template: Json) -> Json:
        sources = [{"secret": {"name": secret_of(user), "items": [{"key": PASSWORD_KEY, "path": user}]}} for user in users()]
        template["spec"]["volumes"].append({"name": _USERS, "projected": {"defaultMode": SECRET_MODE, "sources": sources}})
        [container] = template["spec"]["containers"]
        container["volumeMounts"].append({"name": _USERS, "mountPath": _USERS_DIRECTORY, "readOnly": True})
        return template

    def env() -> dict[str, object]:
        asked = [{"user": user, "roles": roles} for user, roles in users().items()]
        variables: dict[str, object] = {"REPLICA_SET": replica_set, "MEMBERS": list(hosts), "USERS": asked}
        version = feature_compatibility_version
        return variables | ({"FEATURE_COMPATIBILITY_VERSION": version} if version else {})

    return mongosh_job(
        within,
        name=client.name,
        namespace=client.namespace,
        component="database",
        image=image,
        script="converge.js",
        config_map=config_map,
        scripts=scripts,
        volumes={KEYFILE_DIRECTORY: keyfile_volume(keyfile_secret)},
        env=env,
        complete=mount_passwords,
        image_pull_secrets=image_pull_secrets,
    )
