"""A MongoDB replica set, known before anything is built: its names, and what is projected from them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mgmtcluster.addresses import service_host
from mgmtcluster.databases.grant import PASSWORD_KEY, PASSWORD_REFERENCE, user_secret
from mgmtcluster.databases.users import KEYFILE
from mgmtcluster.kinds.cluster import Cluster
from mgmtcluster.kinds.images import image_parts
from mgmtcluster.kinds.names import service_name
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.kinds.sources import SecretKey

#: MongoDB's own port.
MONGODB_PORT: Final = 27017

#: Members that can elect a primary with one or more of them away, and no more than MongoDB lets vote.
MEMBERS: Final = (3, 5, 7)

#: The first major version of MongoDB whose image has mongosh.
_FIRST_WITH_MONGOSH: Final = 5

#: How long a client waits, in milliseconds, as every driver reads it from the connection string; ``ReplicaSet.uri`` says why.
TIMEOUTS: Final = {
    "connectTimeoutMS": "3000",
    "heartbeatFrequencyMS": "5000",
    "serverSelectionTimeoutMS": "20000",
    "socketTimeoutMS": "30000",
}

#: The same for the Job that asks one member at a time: it waits for no election, and its commands wait 60 s for a majority.
DIRECT_TIMEOUTS: Final = {**TIMEOUTS, "serverSelectionTimeoutMS": "5000", "socketTimeoutMS": "90000"}


@dataclass(frozen=True, kw_only=True)
class ReplicaSet:
    """A MongoDB replica set by its names, as an ``Endpoint`` is a Service by its name: everything else is derived.

    Attributes:
        name: name of the StatefulSet, and the first part of all other names.
        namespace: its namespace.
        members: number of voting members.
        set_name: the name that MongoDB knows it by. Default: ``rs0``.
        existing_secrets: Secrets made elsewhere: ``keyfile`` or a user's name to the Secret's name.
        domain: the domain of its cluster's DNS names. Default: ``cluster.local``.
    """

    name: str
    namespace: str
    members: int
    set_name: str = "rs0"
    existing_secrets: Mapping[str, str] = field(default_factory=dict)
    domain: str = Cluster.domain

    @property
    def peer(self) -> Peer:
        """Its members, as policies select them."""
        return Peer(self.namespace, self.name)

    @property
    def port(self) -> int:
        """The port that its members answer on."""
        return MONGODB_PORT

    @property
    def hosts(self) -> tuple[str, ...]:
        """Host and port of every member, by ordinal."""
        service = service_host(self.name, self.namespace, self.domain)
        return tuple(f"{self.pod(ordinal)}.{service}:{self.port}" for ordinal in range(self.members))

    def pod(self, ordinal: int) -> str:
        """The name of a member's pod."""
        return f"{self.name}-{ordinal}"

    @property
    def init_client(self) -> Peer:
        """The pods of the Job that converges it; the Job's name is theirs and a hash."""
        return Peer(self.namespace, f"{self.name}-init-client")

    @property
    def exporter(self) -> Peer:
        """The pods of its exporter, whose Service has the same name."""
        return Peer(self.namespace, f"{self.name}-exporter")

    @property
    def scripts(self) -> str:
        """The ConfigMap with the scripts that run beside and inside its members."""
        return f"{self.name}-scripts"

    @property
    def keyfile_secret(self) -> str:
        """The Secret with the key by which its members know each other."""
        return self.existing_secrets.get(KEYFILE, f"{self.name}-keyfile")

    def password(self, user: str) -> SecretKey:
        """Where a user's password is."""
        return SecretKey(self.existing_secrets.get(user, user_secret(self.name, user)), PASSWORD_KEY)

    def uri(self, user: str, database: str, *, password: str = f":{PASSWORD_REFERENCE}", **options: str) -> str:
        """The connection string of a user: every member, writes acknowledged by a majority, and ``TIMEOUTS``.

        A pod that is gone leaves an address that answers nothing, not even a refusal; the others elect a primary within 12 s. So:

        - ``connectTimeoutMS`` 3000 ends an attempt to connect to such an address. By default drivers wait 20 s (pymongo) or
          30 s (Node.js), and the call with them. Within 3 s TCP has sent a lost packet again, after 1 s.
        - ``heartbeatFrequencyMS`` 5000: a driver keeps a request open to every member, which answers after this time at the
          latest. Without an answer the driver gives the member up after this time and ``connectTimeoutMS``: 8 s, before the
          election ends. With the default of 10000 it would be after it.
        - ``serverSelectionTimeoutMS`` 20000 lets a call wait until the election has ended. Without a majority it fails then.
        - ``socketTimeoutMS`` 30000 ends a call whose connection died without a word. Newer drivers notice this with the
          heartbeat; older ones of pymongo wait for TCP, for minutes. It is no limit for slow queries: those of the services
          take far less.

        Args:
            user: name of the user; its password comes from a variable beside the string, so that none stands in a manifest.
            database: the database that the string names.
            password: what stands between the user's name and the ``@``. Default: a reference to that variable.
            options: the string's options beside ``replicaSet``, ``authSource`` and the timeouts. Default: ``w=majority``,
                ``retryWrites=true``.
        """
        options = options or {"w": "majority", "retryWrites": "true"}
        query = query_of({"replicaSet": self.set_name, "authSource": "admin", **options, **TIMEOUTS})
        return f"mongodb://{user}{password}@{','.join(self.hosts)}/{database}?{query}"


def query_of(options: Mapping[str, str]) -> str:
    """These options as a connection string holds them."""
    return "&".join(f"{name}={value}" for name, value in options.items())


def name_problems(name: str) -> list[str]:
    """What is wrong with this name, which is that of a Service and begins those of others."""
    try:
        service_name(name)
    except ValueError as error:
        return [f"name: {error}"]
    return [] if len(name) <= 40 else [f"name: {name!r} is too long: other names are made from it; write at most 40 characters"]


def member_problems(
    members: int, keep_running: int | None, *, replace_member: int | None = None, single_member_may_lose_data: bool
) -> list[str]:
    """What is wrong with these numbers of members, a line each."""
    problems = []
    if members == 1 and not single_member_may_lose_data:
        problems.append(
            "members: 1 loses every write with its disk; write 3, or single_member_may_lose_data: true beside it on a laptop"
        )
    elif members != 1 and members not in MEMBERS:
        nearest = min(MEMBERS, key=lambda allowed: (abs(allowed - members), -allowed))
        problems.append(f"members: {members} is not allowed; write 3, 5 or 7: the nearest is {nearest}")
    if replace_member is not None and (members < MEMBERS[0] or not 0 <= replace_member < members):
        problems.append(
            f"replace_member: {replace_member} is no member that the others can do without; write one of 0 to {members - 1}"
        )
    if keep_running is not None and not members < keep_running <= MEMBERS[-1]:
        problems.append(
            f"keep_running: {keep_running} keeps nothing beyond members: {members}; write more, at most 7, or leave it out"
        )
    return problems


def image_problems(image: str) -> list[str]:
    """What is wrong with this image of MongoDB, as far as its tag tells its version."""
    major = re.match(r"v?([0-9]+)(?![0-9A-Za-z])", _tag_of(image))
    if major and int(major[1]) < _FIRST_WITH_MONGOSH:
        return [f"image: {image!r} has no mongosh, which every Job here runs; write one of version 5.0 or newer"]
    return []


def _version_of(image: str) -> tuple[int, int] | None:
    tag = re.match(r"([0-9]+)\.([0-9]+)", _tag_of(image))
    return (int(tag[1]), int(tag[2])) if tag else None


def _tag_of(image: str) -> str:
    return image_parts(image.partition("@")[0])[1]


def version_problems(image: str, feature_compatibility_version: str | None) -> list[str]:
    """What is wrong with this feature compatibility version beside an image, as far as its tag tells its version."""
    runs = _version_of(image)
    if not feature_compatibility_version or not runs:
        return []
    asked = tuple(int(part) for part in feature_compatibility_version.split("."))
    setting = f"feature_compatibility_version: {feature_compatibility_version!r}"
    if asked > runs:
        return [f"{setting} is newer than {image}; write {runs[0]}.{runs[1]}, or a newer image first"]
    if asked[0] < runs[0] - 1:
        return [f"{setting} is more than one major version behind {image}; write an image of version {asked[0] + 1} first"]
    return []
