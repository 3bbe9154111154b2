"""What a service needs of a database, whichever engine it is: a password, an address, and a way to wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from mgmtcluster.addresses import NODE_IP
from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.containers import SecretKey
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.names import DatabaseName, EnvName
from mgmtcluster.kinds.peers import Peer

#: The variable that the connection string takes its password from, so that none stands in a manifest.
PASSWORD_ENV: Final = "DATABASE_PASSWORD"

#: That variable, as Kubernetes lets another one refer to it.
PASSWORD_REFERENCE: Final = f"$({PASSWORD_ENV})"

#: The variables that constructs set themselves, and what each holds.
OWN_ENV: Final = {PASSWORD_ENV: "the password of the database's user", NODE_IP: "the address of the nodes"}

_SYSTEM_DATABASES: Final = ("admin", "local", "config")

#: The key under which a user's Secret holds its password.
PASSWORD_KEY: Final = "password"


@runtime_checkable
class Database(Protocol):
    """A database of any engine, by its names."""

    @property
    def peer(self) -> Peer:
        """The pods that answer."""

    @property
    def port(self) -> int:
        """The port that they answer on."""

    def password(self, user: str) -> SecretKey:
        """Where a user's password is."""

    def uri(self, user: str, database: str) -> str:
        """The connection string of a user, with a reference to the variable that holds the password."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """A container that ends when the database lets a user in.

    Attributes:
        image: its image.
        command: what it runs, with the connection string in the variable ``DATABASE_URI``.
        scripts: the ConfigMap that the command reads.
    """

    image: str
    command: Sequence[str]
    scripts: str


@dataclass(frozen=True, kw_only=True)
class Grant:
    """The right to use one database; made by ``ReplicatedDatabase.grant``.

    Raises:
        InvalidInput: a name cannot be used.

    Attributes:
        database: name of the database that the service may read and write; it may use no other.
        env: environment variable of the service that holds the connection string.
        server: what answers.
        wait: how a pod waits for it.
    """

    database: DatabaseName
    env: EnvName
    server: Database
    wait: Wait

    def __post_init__(self) -> None:
        where = f"Grant {self.database!r}"
        check_fields(self, where=where)
        if self.database in _SYSTEM_DATABASES:
            raise InvalidInput([f"{where}: database: {self.database!r} is MongoDB's own; write another name"])
        if self.env in OWN_ENV:
            raise InvalidInput([f"{where}: env: {self.env!r} is {OWN_ENV[self.env]}; write another name"])


class Grants(Protocol):
    """What grants databases to services: a construct of any engine."""

    def grant(self, database: str, *, env: str) -> Grant:
        """Grant a service the use of one database, whose connection string is in this variable."""


def user_secret(database: str, user: str) -> str:
    """The default name of the Secret with a user's password."""
    return f"{database}-user-{user}"
