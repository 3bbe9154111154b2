"""What a service gets from a replicated database: a user of its own, and the connection string that uses it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mgmtcluster.edges import Peer
from mgmtcluster.kinds.containers import SecretKey

#: The variable that the connection string takes its password from, so that none stands in a manifest.
PASSWORD_ENV = "DATABASE_PASSWORD"

#: The key under which a user's Secret holds its password.
PASSWORD_KEY = "password"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """The right to use one database; made by ``ReplicatedDatabase.grant``.

    Attributes:
        database: name of the database its user may read and write, and of no other.
        env: environment variable of the service that holds the connection string.
        server: the pods of the replica set.
        port: the port of its members.
        hosts: host and port of every member.
        replica_set: name of the replica set.
        image: image of the database, which holds mongosh.
        scripts: ConfigMap with the scripts that run in that image.
        secrets: Secrets that somebody else made, by user; the others have their default names.
    """

    database: str
    env: str
    server: Peer
    port: int
    hosts: tuple[str, ...]
    replica_set: str
    image: str
    scripts: str
    secrets: Mapping[str, str] = field(default_factory=dict)

    def password(self, user: str) -> SecretKey:
        """Where a user's password is."""
        return SecretKey(self.secrets.get(user, user_secret(self.server.name, user)), PASSWORD_KEY)

    def uri(self, user: str) -> str:
        """The connection string of a user: every member, writes acknowledged by a majority."""
        options = f"replicaSet={self.replica_set}&authSource=admin&w=majority&retryWrites=true"
        return f"mongodb://{user}:$({PASSWORD_ENV})@{','.join(self.hosts)}/{self.database}?{options}"


def user_secret(database: str, user: str) -> str:
    """The default name of the Secret with a user's password."""
    return f"{database}-user-{user}"
