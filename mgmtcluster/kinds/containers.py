"""Values of a container: probes, resources, connections to hosts outside the cluster."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.cluster import Cluster, foreign_family
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.names import label_key
from mgmtcluster.kinds.network import Cidr, Port, UrlPath, within
from mgmtcluster.kinds.quantities import Memory, Quantity, quantity_value

#: User and group of containers: above the range that nodes give to users of their own.
DEFAULT_USER: Final = 10001


#: A number of seconds, or of failures.
Count = Annotated[int, Field(ge=1, le=2**31 - 1)]


#: The time that a pod has to end.
GracePeriod = Annotated[int, Field(ge=0, le=86400)]


@dataclass(frozen=True, kw_only=True)
class HttpProbe:
    """The probe passes if this path answers with a status of 200 to 399.

    Args:
        path: the path, with a leading slash.
        port: Default: the container's first port.
        period_seconds: time between two probes.
        failure_threshold: failures in a row that count.
        timeout_seconds: time for one answer.
        scheme: ``HTTP`` or ``HTTPS``, whose certificate is not checked. Default: ``HTTP``.
    """

    path: UrlPath
    port: Port | None = None
    period_seconds: Count = 10
    failure_threshold: Count = 3
    timeout_seconds: Count = 5
    scheme: Literal["HTTP", "HTTPS"] = "HTTP"

    def __post_init__(self) -> None:
        check_fields(self, where="HttpProbe")


@dataclass(frozen=True, kw_only=True)
class TcpProbe:
    """The probe passes if this port accepts a connection; fields as in ``HttpProbe``."""

    port: Port | None = None
    period_seconds: Count = 10
    failure_threshold: Count = 3
    timeout_seconds: Count = 5

    def __post_init__(self) -> None:
        check_fields(self, where="TcpProbe")


@dataclass(frozen=True, kw_only=True)
class ExecProbe:
    """The probe passes if this command exits with 0 in the container; other fields as in ``HttpProbe``."""

    command: Annotated[Sequence[str], Field(min_length=1)]
    period_seconds: Count = 10
    failure_threshold: Count = 3
    timeout_seconds: Count = 5

    def __post_init__(self) -> None:
        check_fields(self, where="ExecProbe")


Probe = HttpProbe | TcpProbe | ExecProbe


def _device_name(text: str) -> str:
    if "/" not in label_key(text):
        raise ValueError(f"{text!r} is not the resource of a device; write VENDOR/NAME, as in nvidia.com/gpu")
    return text


_DeviceName = Annotated[str, AfterValidator(_device_name)]


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a container may count on, and what it may use at most.

    Args:
        cpu: request, in CPUs (``50m`` is a twentieth).
        memory: request.
        ephemeral_storage: request for logs and ``emptyDir`` volumes.
        cpu_limit: the container is slowed down beyond it. None: it may use what the node has.
        memory_limit: the container is killed beyond it.
        ephemeral_storage_limit: the pod is evicted beyond it.
        gpu: devices of a node, by the name of their resource and their number: ``("nvidia.com/gpu", 1)``. Default: none.
    """

    cpu: Quantity = "50m"
    memory: Memory = "64Mi"
    ephemeral_storage: Memory = "32Mi"
    cpu_limit: Quantity | None = "500m"
    memory_limit: Memory = "256Mi"
    ephemeral_storage_limit: Memory = "256Mi"
    gpu: tuple[_DeviceName, Count] | None = None

    def __post_init__(self) -> None:
        check_fields(self, where="Resources")
        problems = [f"Resources: {name}_limit: {words}" for name, words in small_limits(vars(self))]
        if problems:
            raise InvalidInput(problems)


@dataclass(frozen=True, kw_only=True)
class Cpu:
    """CPUs of a container.

    Args:
        request: what it may count on (``50m`` is a twentieth).
        limit: it is slowed down beyond it. None: it may use what the node has.
    """

    request: Quantity
    limit: Quantity | None

    def __post_init__(self) -> None:
        check_fields(self, where="Cpu")
        if words := small_limit(self.request, self.limit):
            raise InvalidInput([f"Cpu: limit: {words}"])


def small_limits(amounts: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """The names of amounts, keyed as the fields of ``Resources``, whose limit is below the request, with the words for it."""
    for name in ("cpu", "memory", "ephemeral_storage"):
        if words := small_limit(amounts[name], amounts[f"{name}_limit"]):
            yield name, words


def small_limit(request: str | None, limit: str | None) -> str | None:
    """The words for a limit that is below the request."""
    if request and limit and quantity_value(limit) < quantity_value(request):
        return f"{limit!r} is less than the request of {request!r}; write at least that"
    return None


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Connections to hosts outside the cluster.

    Args:
        ports: ranges of ports, as pairs of the first and the last port.
        reason: what is done there, for the reader.
        cidrs: the addresses. Default: everywhere but the cluster's own ranges.
    """

    ports: Sequence[tuple[Port, Port]]
    reason: str
    cidrs: Sequence[Cidr] = ()

    def __post_init__(self) -> None:
        check_fields(self, where=f"Outside {self.reason!r}")
        wrong = [f"{first}, {last}" for first, last in self.ports if first > last]
        if wrong:
            raise InvalidInput(
                [f"Outside {self.reason!r}: ports: ({ports}) ends before it begins; write the lower one first" for ports in wrong]
            )

    def problems(self, cluster: Cluster) -> Iterator[str]:
        """What is wrong with its addresses in this cluster."""
        for cidr in self.cidrs:
            if words := foreign_family(cidr, cluster.ip_families):
                yield f"{words}; write a range of those"
            yield from (
                f"{cidr!r} is within the cluster's own {own}; write a range outside it"
                for own in cluster.cidrs
                if within(cidr, own)
            )

    @classmethod
    def at(cls, url: str, *, reason: str) -> "Outside":
        """The connection to the host of a URL; by its address, where it has no name."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            address = ip_address(parts.hostname or "")
            cidrs: tuple[str, ...] = (f"{address}/{address.max_prefixlen}",)
        except ValueError:
            cidrs = ()
        return cls(ports=((port, port),), reason=reason, cidrs=cidrs)
