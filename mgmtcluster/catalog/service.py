"""What the catalog says of a service. How it is rendered, the constructs know; what differs between clusters, the settings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Unpack

from mgmtcluster.addresses import Address, Endpoint
from mgmtcluster.containers import Sidecar
from mgmtcluster.options import PodOptions


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
class Queue:
    """A Redis with lists, which no image of the platform's is needed for.

    Attributes:
        about: the seed's description.
        endpoint: where it answers; its Service is its name.
        lists: the names of its lists.
    """

    about: str
    endpoint: Endpoint
    lists: Sequence[str]


@dataclass(frozen=True, kw_only=True, init=False)
class Service:
    """One service of the platform: the seed's facts, and the options that are the same on every cluster.

    Args:
        about: the seed's description.
        endpoint: where it answers; its Service is its name.
        image: name of its image.
        env: its variables, a line per variable.
        database: the database it uses. Default: none.
        one_replica_because: why there is one pod of it, where there is. Default: there are two.
        queue: the endpoint of the Redis it consumes from. Default: it consumes from none.
        handed_on: the variables whose addresses somebody in another cluster dials, so they must work there. Every other address
            is dialled by the service's own pods alone. Default: none.
        dialled_too: those of them that its own pods dial as well, each with the reason. Default: none.
        options: see ``PodOptions``; a sidecar's image is a name, as the service's own is.
    """

    about: str
    endpoint: Endpoint
    image: str
    env: Mapping[str, Value]
    database: Database | None
    one_replica_because: str | None
    queue: Endpoint | None
    handed_on: Collection[str]
    dialled_too: Mapping[str, str]
    options: PodOptions

    def __init__(
        self,
        *,
        about: str,
        endpoint: Endpoint,
        image: str,
        env: Mapping[str, Value] = MappingProxyType({}),
        database: Database | None = None,
        one_replica_because: str | None = None,
        queue: Endpoint | None = None,
        handed_on: Collection[str] = (),
        dialled_too: Mapping[str, str] = MappingProxyType({}),
        **options: Unpack[PodOptions],
    ) -> None:
        if one_replica_because:
            options["replicas"] = 1
        fields = {
            "about": about,
            "endpoint": endpoint,
            "image": image,
            "env": env,
            "database": database,
            "one_replica_because": one_replica_because,
            "queue": queue,
            "handed_on": handed_on,
            "dialled_too": dialled_too,
            "options": options,
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        """The name of its Service, of its workload and in the settings."""
        return self.endpoint.service

    @property
    def aliases(self) -> Sequence[str]:
        """Other names of its Service."""
        return self.options.get("aliases", ())

    @property
    def sidecars(self) -> Sequence[Sidecar]:
        """Further containers of its pods, with the names of their images."""
        return self.options.get("sidecars", ())

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All its rows of the seed."""
        return (self.endpoint, *self.options.get("other_endpoints", ()))

    @property
    def addresses(self) -> Mapping[str, Address]:
        """Every address among its variables, those inside a JSON text included, by the variable."""
        found = {name: value for name, value in self.env.items() if isinstance(value, Address)}
        for name, value in self.env.items():
            if isinstance(value, JsonMap):
                found |= {f"{name}.{key}": item for key, item in value.items.items() if isinstance(item, Address)}
        return found | ({"REDIS_HOST": self.queue.host} if self.queue else {})

    @property
    def named_images(self) -> tuple[str, ...]:
        """The names of images among its variables, those inside a JSON text included: it hands them on to be started."""
        groups = [value.items.values() if isinstance(value, JsonMap) else [value] for value in self.env.values()]
        return tuple(value.name for group in groups for value in group if isinstance(value, ImageName))
