"""Who may ask a service, what a service may ask of Kubernetes, and how many pods it has."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from mgmtcluster.kinds.checking import check_arguments, check_fields
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.names import LabelKey, LabelValue, Name
from mgmtcluster.kinds.network import Cidr, Port, UrlPath
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.kinds.quantities import Replicas

#: Why a client is let in, where nobody says.
_WHY: Final = "a client that the app does not make"


@dataclass(frozen=True)
class Client:
    """Somebody who may ask a service, and whom the app does not make: made by ``pods``, ``namespace`` or ``cidrs``.

    Attributes:
        peers: who.
        why: what for, for the reader.
        port: the port of the endpoint that is asked; to be named where there are several.
    """

    peers: tuple[Peer, ...]
    why: str
    port: Port | None

    @classmethod
    def pods(
        cls,
        namespace: Name,
        *,
        name: Name | None = None,
        labels: Mapping[LabelKey, LabelValue] | None = None,
        why: str = _WHY,
        port: Port | None = None,
    ) -> "Client":
        """Pods of one workload.

        Args:
            namespace: their namespace.
            name: their label ``app.kubernetes.io/name``; this or ``labels``.
            labels: the labels that select them.
            why: what they ask for, for the reader.
            port: the port of the endpoint that they ask. Default: the only one.

        Raises:
            InvalidInput: a value cannot be used, or there is neither a name nor a label.
        """
        where = f"Client.pods {namespace!r}"
        _check(Client.pods, where, namespace=namespace, name=name, labels=labels, why=why, port=port)
        if bool(name) == bool(labels):
            raise InvalidInput([f"{where}: name: write name=… or labels={{…}}, one of them; Client.namespace lets everybody in"])
        return cls((Peer(namespace, name, labels=labels),), why, port)

    @classmethod
    def namespace(cls, namespace: Name, *, why: str = _WHY, port: Port | None = None) -> "Client":
        """Every pod of a namespace; arguments as of ``pods``.

        Raises:
            InvalidInput: a value cannot be used.
        """
        _check(Client.namespace, f"Client.namespace {namespace!r}", namespace=namespace, why=why, port=port)
        return cls((Peer(namespace),), why, port)

    @classmethod
    def cidrs(cls, *cidrs: Cidr, why: str = _WHY, port: Port | None = None) -> "Client":
        """Addresses outside the cluster, as the service sees them; arguments as of ``pods``.

        Raises:
            InvalidInput: a value cannot be used, or there is no range.
        """
        check_arguments(_Ranges, {"cidrs": cidrs, "why": why, "port": port}, where="Client.cidrs")
        return cls(tuple(Peer.at(cidr) for cidr in cidrs), why, port)


@dataclass(frozen=True)
class _Ranges:
    """What ``Client.cidrs`` takes."""

    cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1)]
    why: str
    port: Port | None


def _check(method: object, where: str, **values: object) -> None:
    check_arguments(method.__func__, values, where=where)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """What Prometheus may ask of a service.

    Args:
        port: the port of the container that answers.
        path: Default: ``/metrics``.
        prometheus_namespace: where Prometheus runs; its pods, labelled ``app.kubernetes.io/name: prometheus``, are let in.
        service_monitor: make a ServiceMonitor, a kind of Prometheus' operator, and a port of the Service for it. Default: the
            annotations ``prometheus.io/scrape``, ``…/port`` and ``…/path`` of the pods.
    """

    port: Port
    path: UrlPath = "/metrics"
    prometheus_namespace: Name = "monitoring"
    service_monitor: bool = False

    def __post_init__(self) -> None:
        check_fields(self, where="Metrics")


def _rbac_word(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9.-]*(/[a-z0-9]+)?", _rbac_text(text)):
        raise ValueError(f"{text!r} is not a verb or a resource of Kubernetes; write it in small letters, as in get or pods/log")
    return text


def _rbac_text(text: str) -> str:
    if text == "*":
        raise ValueError("'*' is everything; write each by its name")
    if not text.strip() or text != text.strip():
        raise ValueError(f"{text!r} is empty, or has spaces around it; write a name, as in pods")
    return text


_RbacName = Annotated[str, AfterValidator(_rbac_text)]
_RbacWord = Annotated[str, AfterValidator(_rbac_word)]
_Group = Annotated[str, Field(pattern=r"^([a-z0-9.-]*)$")]


@dataclass(frozen=True)
class ApiRights:
    """What a service's pods may do with objects of the Kubernetes API, in their own namespace.

    Args:
        verbs: such as ``get``, ``list`` and ``watch``.
        resources: such as ``pods`` or ``pods/log``.
        groups: their API groups. Default: the core's.
        names: the names of the only objects that are meant. Default: all.
    """

    verbs: Annotated[Sequence[_RbacWord], Field(min_length=1)]
    resources: Annotated[Sequence[_RbacWord], Field(min_length=1)]
    groups: Annotated[Sequence[_Group], Field(min_length=1)] = ("",)
    names: Sequence[_RbacName] = ()

    def __post_init__(self) -> None:
        check_fields(self, where="ApiRights")

    def __str__(self) -> str:
        return f"{', '.join(self.verbs)} {', '.join(self.resources)}"


@dataclass(frozen=True, kw_only=True)
class Autoscale:
    """A number of pods that follows their load; the cluster's metrics API must answer.

    The manifest has no ``replicas`` then. Where an applied one had them, the first ``kubectl apply`` without them leaves one pod
    until the autoscaler has looked. To avoid it, delete ``replicas`` from ``kubectl apply edit-last-applied deployment/NAME``
    before.

    Args:
        min: number of pods at least.
        max: number of pods at most.
        cpu_percent: target CPU use, in percent of the CPU request. Default: 80.
    """

    min: Replicas
    max: Replicas
    cpu_percent: Annotated[int, Field(ge=1, le=1000)] = 80

    def __post_init__(self) -> None:
        check_fields(self, where="Autoscale")
        if self.max < self.min:
            raise InvalidInput([f"Autoscale: max: {self.max} is less than min, which is {self.min}; write at least that"])
