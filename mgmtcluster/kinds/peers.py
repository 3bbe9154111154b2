"""Pods, by what selects them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mgmtcluster.kinds.checking import check_arguments
from mgmtcluster.kinds.names import LabelKey, LabelValue, Name
from mgmtcluster.kinds.network import Cidr

#: The one label that selectors use: the workload's own name, unique in its namespace, never changed.
NAME_LABEL: Final = "app.kubernetes.io/name"


@dataclass(frozen=True, order=True, init=False)
class Peer:
    """The pods of one workload, by what a NetworkPolicy selects them with.

    Without a name and without labels, every pod of the namespace. ``Peer.at`` is a range of addresses, and ``Peer.unnamed``
    whoever has neither labels nor a range that a policy could name.

    Args:
        namespace: their namespace.
        name: name of the workload, or of the Service that leads to them.
        labels: the labels that select them. Default: ``app.kubernetes.io/name`` with that name.

    Raises:
        InvalidInput: a name or a label that Kubernetes would not accept.
    """

    namespace: str
    name: str
    labels: tuple[tuple[str, str], ...]

    def __init__(self, namespace: Name, name: Name | None = None, *, labels: Mapping[LabelKey, LabelValue] | None = None) -> None:
        check_arguments(Peer.__init__, {"namespace": namespace, "name": name, "labels": labels}, where=f"Peer {namespace!r}")
        object.__setattr__(self, "namespace", namespace)
        object.__setattr__(self, "name", name or "")
        object.__setattr__(self, "labels", tuple(sorted((labels or {}).items())))

    @classmethod
    def at(cls, cidr: Cidr) -> "Peer":
        """Whoever has an address in this range; the range is the name, and there is no namespace."""
        return cls._without_namespace(cidr)

    @classmethod
    def unnamed(cls, words: str) -> "Peer":
        """Whoever these words mean to a reader, and nothing to a policy, which opens the way to all or to none."""
        return cls._without_namespace(words)

    @classmethod
    def _without_namespace(cls, name: str) -> "Peer":
        peer = cls.__new__(cls)
        for field, value in {"namespace": "", "name": name, "labels": ()}.items():
            object.__setattr__(peer, field, value)
        return peer

    @property
    def cidr(self) -> str | None:
        """The range of addresses; None for pods, and for who has no range."""
        return self.name if not self.namespace and "/" in self.name else None

    @property
    def is_unnamed(self) -> bool:
        """Whether neither labels nor a range say who it is."""
        return not self.namespace and not self.cidr

    @property
    def selector(self) -> dict[str, str]:
        """The labels that select them."""
        return dict(self.labels) or ({NAME_LABEL: self.name} if self.name else {})

    @property
    def short(self) -> str:
        """What a reader calls it, without its namespace."""
        return self.name or ",".join(f"{key}={value}" for key, value in self.labels) or "*"

    def __str__(self) -> str:
        return f"{self.namespace}/{self.short}" if self.namespace else self.short


#: Who comes through a node port or a load balancer: the traffic has a node's address, so no source can be named.
EVERYBODY: Final = Peer.unnamed("everybody")

#: What answers at the Kubernetes API, whose address no selector can name.
API_SERVER: Final = Peer.unnamed("API server")


def prometheus_in(namespace: str) -> Peer:
    """Prometheus' pods in a namespace, labelled as its operator and its charts label them."""
    return Peer(namespace, "prometheus")
