"""DNS as kubeadm has it, on clusters where nothing answers for real."""

from __future__ import annotations

from tests.rig.kube import Json, Kubectl

_SYSTEM = "kube-system"
_PODS = {"k8s-app": "kube-dns"}


class Dns:
    """A Service, an endpoint behind it and CoreDNS' configuration; a DNS that is there already stays as it is.

    Attributes:
        is_ours: whether the cluster has none of its own.
    """

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self.is_ours = not kubectl.items("service", "kube-dns", f"--namespace={_SYSTEM}")

    def make(self, domain: str = "cluster.local") -> None:
        """Have it, with this domain."""
        if self.is_ours:
            self._kubectl.apply(*_objects(domain))

    def remove(self) -> None:
        """Have none."""
        if self.is_ours:
            names = ("service/kube-dns", "endpointslice/kube-dns-by-hand", "configmap/coredns")
            self._kubectl("delete", "--ignore-not-found", f"--namespace={_SYSTEM}", *names)


def _objects(domain: str) -> list[Json]:
    ports = [{"name": name, "port": 53, "protocol": protocol} for name, protocol in (("dns", "UDP"), ("dns-tcp", "TCP"))]
    corefile = f".:53 {{\n    kubernetes {domain} in-addr.arpa ip6.arpa {{\n    }}\n}}\n"
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "kube-dns", "namespace": _SYSTEM, "labels": _PODS},
            "spec": {"selector": _PODS, "ports": ports},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": "kube-dns-by-hand",
                "namespace": _SYSTEM,
                "labels": {"kubernetes.io/service-name": "kube-dns", "endpointslice.kubernetes.io/managed-by": "tests"},
            },
            "addressType": "IPv4",
            "ports": ports,
            "endpoints": [{"addresses": ["10.244.0.53"], "conditions": {"ready": True}}],
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "coredns", "namespace": _SYSTEM},
            "data": {"Corefile": corefile},
        },
    ]
