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

    Without a name and without labels, every pod of the namespace. ``Peer.at`` is a range of addresses.

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
        peer = cls.__new__(cls)
        for field, value in {"namespace": "", "name": cidr, "labels": ()}.items():
            object.__setattr__(peer, field, value)
        return peer

    @property
    def cidr(self) -> str | None:
        """The range of addresses; None for pods."""
        return None if self.namespace else self.name

    @property
    def selector(self) -> dict[str, str]:
        """The labels that select them."""
        return dict(self.labels) or ({NAME_LABEL: self.name} if self.name else {})

    def __str__(self) -> str:
        if self.cidr:
            return self.cidr
        return f"{self.namespace}/{self.name or ','.join(f'{key}={value}' for key, value in self.labels) or '*'}"


def prometheus_in(namespace: str) -> Peer:
    """Prometheus' pods in a namespace, labelled as its operator and its charts label them."""
    return Peer(namespace, "prometheus")
