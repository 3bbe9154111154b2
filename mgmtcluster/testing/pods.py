"""What NetworkPolicies see: the pods that manifests make, and addresses that are no pod's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import count
from typing import Any, Final

from mgmtcluster.kinds.peers import NAME_LABEL, Peer
from mgmtcluster.manifests import Object, containers, pod_template
from mgmtcluster.testing.manifests import Manifest

#: The first address in kubeadm's usual range of pods.
_FIRST_ADDRESS: Final = ip_address("10.244.0.1")

_DEFAULT_NAMESPACE: Final = "default"


@dataclass(frozen=True)
class PodPort:
    """A port that a container declares.

    Attributes:
        number: its number.
        name: its name, where it has one.
        protocol: ``TCP``, ``UDP`` or ``SCTP``.
    """

    number: int
    name: str | None = None
    protocol: str = "TCP"


@dataclass(frozen=True)
class Pod:
    """A pod as policies see it: a pod of the manifests, or one that a test makes up.

    Attributes:
        namespace: its namespace.
        labels: its labels.
        address: its IP address. Default: one of kubeadm's usual range of pods.
        ports: the ports its containers declare; policies may name them.
    """

    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)
    address: str = str(_FIRST_ADDRESS)
    ports: Sequence[PodPort] = ()

    @property
    def peer(self) -> Peer:
        """The workload it is of, by its label ``app.kubernetes.io/name``."""
        return Peer(self.namespace, self.labels.get(NAME_LABEL))

    def __str__(self) -> str:
        return str(self.peer if NAME_LABEL in self.labels else Peer(self.namespace, labels=self.labels))


@dataclass(frozen=True)
class Host:
    """An address that is no pod's: a node, or a host outside the cluster."""

    address: str

    def __str__(self) -> str:
        return self.address


def namespace_of(manifest: Object) -> str:
    """The namespace of an object; the one that kubectl would take, where it names none."""
    return str(manifest["metadata"].get("namespace") or _DEFAULT_NAMESPACE)


def pods_of(manifests: Sequence[Manifest]) -> list[Pod]:
    """A pod of every workload, and each one of a StatefulSet; not those on their node's network, where no policy applies."""
    numbers = count(1)
    return [
        Pod(
            namespace=namespace_of(owner),
            labels=labels,
            address=str(_FIRST_ADDRESS + next(numbers)),
            ports=tuple(_ports(owner)),
        )
        for owner in manifests
        for labels in _labels_of_pods(owner)
    ]


def _labels_of_pods(owner: Manifest) -> Iterator[Mapping[str, str]]:
    template: Any = pod_template(owner)
    if not template or template["spec"].get("hostNetwork"):
        return
    labels = (template.get("metadata") or {}).get("labels") or {}
    if owner["kind"] != "StatefulSet":
        yield labels
        return
    for ordinal in range(owner["spec"].get("replicas") or 1):
        pod_name = f"{owner['metadata']['name']}-{ordinal}"
        yield {**labels, "apps.kubernetes.io/pod-index": str(ordinal), "statefulset.kubernetes.io/pod-name": pod_name}


def _ports(owner: Manifest) -> Iterator[PodPort]:
    for container in containers(owner):
        for port in container.get("ports") or ():
            yield PodPort(port["containerPort"], port.get("name"), port.get("protocol", "TCP"))
