"""What a service needs of a database, whichever engine it is: a password, an address, and a way to wait."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, runtime_checkable

from mgmtcluster.addresses import NODE_IP
from mgmtcluster.databases.users import READ_WRITE, ROLES_OF_A_DATABASE
from mgmtcluster.edges import Claim
from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.names import DatabaseName, EnvName
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.kinds.sources import SecretKey

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

    @property
    def hosts(self) -> Sequence[str]:
        """Host and port of everything that a client is to be told of."""

    def password(self, user: str) -> SecretKey:
        """Where a user's password is."""

    def uri(self, user: str, database: str, *, password: str = ...) -> str:
        """The connection string of a user, with a reference to the variable that holds the password: ``:$(VARIABLE)``."""


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

    For clients that take no connection string, ``hosts``, ``user`` and ``password`` are values of environment variables.

    Raises:
        InvalidInput: a name cannot be used.

    Attributes:
        database: name of the database that the service may use, as its role says; it may use no other.
        env: environment variable of the service that holds the connection string; None: none does.
        server: what answers.
        wait: how a pod waits for it.
        role: what the service may do there, such as ``read``; see ``ReplicatedDatabase.grant``.
    """

    database: DatabaseName
    env: EnvName | None
    server: Database
    wait: Wait
    role: str = READ_WRITE

    def __post_init__(self) -> None:
        where = f"Grant {self.database!r}"
        check_fields(self, where=where)
        problems = []
        if self.database in _SYSTEM_DATABASES:
            problems.append(f"database: {self.database!r} is MongoDB's own; write another name")
        if self.env in OWN_ENV:
            problems.append(f"env: {self.env!r} is {OWN_ENV[self.env]}; write another name")
        if self.role not in ROLES_OF_A_DATABASE:
            problems.append(f"role: {self.role!r} is not a role in one database; write one of {', '.join(ROLES_OF_A_DATABASE)}")
        if problems:
            raise InvalidInput(f"{where}: {problem}" for problem in problems)

    @property
    def hosts(self) -> "GrantValue":
        """Host and port of every member, separated by commas."""
        return GrantValue(self, "hosts")

    @property
    def user(self) -> "GrantValue":
        """The name of the user that the service is."""
        return GrantValue(self, "user")

    @property
    def password(self) -> "GrantValue":
        """The user's password, by its Secret."""
        return GrantValue(self, "password")


@dataclass(frozen=True)
class GrantValue:
    """A part of a connection, as the value of an environment variable; made by a ``Grant`` that the container is passed too.

    Attributes:
        grant: the grant.
        part: which part.
    """

    grant: Grant
    part: Literal["hosts", "user", "password"]

    def of(self, user: str) -> str | SecretKey:
        """The value for the service that is this user."""
        if self.part == "password":
            return self.grant.server.password(user)
        return user if self.part == "user" else ",".join(self.grant.server.hosts)


class Grants(Protocol):
    """What grants databases to services: a construct of any engine."""

    def grant(self, database: str, *, env: str | None = None, role: str = READ_WRITE) -> Grant:
        """Grant a service the use of one database, whose connection string is in this variable."""


def user_secret(database: str, user: str) -> str:
    """The default name of the Secret with a user's password."""
    return f"{database}-user-{user}"


def secret_claims(server: Database, users: Iterable[str], *, argument: str) -> list[Claim]:
    """The names of the Secrets that are made for these users; one that somebody else makes may serve several."""
    made = {user: user_secret(server.peer.name, user) for user in users}
    return [
        Claim(f"Secret {server.peer.namespace}/{secret}", argument)
        for user, secret in made.items()
        if server.password(user).name == secret
    ]
