"""The variable by which a consumer knows its queue."""

from collections.abc import Mapping, Sequence

from constructs import Construct

from mgmtcluster.addresses import Endpoint
from mgmtcluster.containers import EnvValue
from mgmtcluster.databases.grant import Grant
from mgmtcluster.kinds.errors import InvalidInput


def env_with_queue(
    env: Mapping[str, EnvValue], queue: Endpoint, name: str, grants: Sequence[Grant], *, scope: Construct, id: str
) -> Mapping[str, EnvValue]:
    """These variables of a construct that is not made yet, and one that holds the queue's host.

    Raises:
        InvalidInput: a variable has that name.
    """
    if name in env or name in (grant.env for grant in grants):
        taken = f"env.{name}" if name in env else f"queue_env: {name!r}"
        where = f"{scope.node.path}/{id}".lstrip("/")
        raise InvalidInput([f"{where}: {taken}: is set already; leave it out, or pass another queue_env"])
    return {**env, name: queue.host}
