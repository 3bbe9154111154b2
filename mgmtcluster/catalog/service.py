"""What the catalog says of a service. How it is rendered, the constructs know; what differs between clusters, the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mgmtcluster.addresses import Address, Endpoint
from mgmtcluster.kinds.containers import Outside, Probe, Resources
from mgmtcluster.options import Sidecar


@dataclass(frozen=True)
class Setting:
    """The value of this field of the settings; where it is not set, the variable is left out."""

    name: str


@dataclass(frozen=True)
class ImageName:
    """An image of the platform by its name, completed with the settings' registry and tag."""

    name: str


@dataclass(frozen=True)
class JsonMap:
    """A JSON object as one text; its values are resolved as those of variables are."""

    items: Mapping[str, "Value"]


#: What a variable of a service may be, before the settings are known.
Value = str | Address | Setting | ImageName | JsonMap


@dataclass(frozen=True, kw_only=True)
class Database:
    """The database of its own that a service uses, and the variable that holds its connection string."""

    name: str
    env: str


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of the platform.

    Fields that are not listed are as in ``ServiceOptions``; a sidecar's image is a name, as the service's own is.

    Attributes:
        about: the seed's description.
        endpoint: where it answers; its Service is its name.
        image: name of its image.
        env: its variables, a line each.
        database: the database it uses. Default: none.
        replicas: Default: 2.
        one_replica_because: why there is one pod of it, where there is.
        queue: the endpoint of the Redis it consumes from, where it does.
    """

    about: str
    endpoint: Endpoint
    image: str
    env: Mapping[str, Value] = field(default_factory=dict)
    database: Database | None = None
    other_endpoints: Sequence[Endpoint] = ()
    aliases: Sequence[str] = ()
    probe_port: int | None = None
    readiness: Probe | None = None
    liveness: Probe | None = None
    resources: Resources = Resources()
    writes: Sequence[str] = ("/tmp",)
    sidecars: Sequence[Sidecar] = ()
    outside: Sequence[Outside] = ()
    waits_for_database: bool = False
    one_replica_because: str | None = None
    queue: Endpoint | None = None

    @property
    def name(self) -> str:
        """The name of its Service, of its workload and in the settings."""
        return self.endpoint.service

    @property
    def replicas(self) -> int:
        """Pods by default: two wherever the process keeps no state."""
        return 1 if self.one_replica_because else 2

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All its rows of the seed."""
        return (self.endpoint, *self.other_endpoints)

    @property
    def addresses(self) -> Mapping[str, Address]:
        """Every address among its variables, those inside a JSON text included, by the variable."""
        found = {name: value for name, value in self.env.items() if isinstance(value, Address)}
        for name, value in self.env.items():
            if isinstance(value, JsonMap):
                inner = {f"{name}.{key}": each for key, each in value.items.items() if isinstance(each, Address)}
                found |= inner
        return found | ({"REDIS_HOST": self.queue.host} if self.queue else {})
