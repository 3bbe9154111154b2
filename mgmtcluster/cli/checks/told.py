"""What a cluster tells beside its objects, as far as the user may ask."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mgmtcluster.cli.resources import CONFIG_MAP, NODE, RESOURCE_QUOTA
from mgmtcluster.manifests import Object

if TYPE_CHECKING:
    from mgmtcluster.cli.api import Cluster

#: CoreDNS' ConfigMaps: kubeadm's and most others', and RKE2's.
_COREDNS: Final = ("coredns", "rke2-coredns-rke2-coredns")

#: A Service that no server makes: its name is none, and a Service with a node port has an address.
_IMPOSSIBLE: Final[Object] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "preflight_", "namespace": "default"},
    "spec": {"type": "NodePort", "clusterIP": "None", "ports": [{"port": 1, "nodePort": 1}]},
}


@dataclass(frozen=True)
class Told:
    """What a cluster tells where it may be asked; empty where it does not tell, or not this user.

    Attributes:
        kubelet: the configuration of one node's kubelet.
        corefile: CoreDNS' configuration.
        node_ports: the first and the last port that a Service may have on nodes, with a ``-`` between.
        quotas: the ResourceQuotas of all namespaces; None where this user may not list them.
    """

    kubelet: Mapping[str, Any] = field(default_factory=dict)
    corefile: str = ""
    node_ports: str = ""
    quotas: Sequence[Object] | None = None


def ask(cluster: "Cluster", nodes: Sequence[Object]) -> Told:
    """Ask for all of it.

    Args:
        cluster: where.
        nodes: nodes whose kubelets may answer; the first with a port is asked.
    """
    paths = [RESOURCE_QUOTA.path()]
    paths += [f"{CONFIG_MAP.path('kube-system')}/{name}" for name in _COREDNS]
    paths += [f"{NODE.path()}/{node['metadata']['name']}/proxy/configz" for node in nodes if _has_port(node)][:1]
    answers = cluster.peek(paths)
    corefiles = [answer["data"]["Corefile"] for answer in answers if "Corefile" in (answer.get("data") or {})]
    kubelets = [answer["kubeletconfig"] for answer in answers if "kubeletconfig" in answer]
    quotas = [answer["items"] for answer in answers if answer.get("kind") == f"{RESOURCE_QUOTA.name}List"]
    # A dry run takes any node port. What is refused for another reason too is made by no server, dry or not.
    range_of_ports = re.search(r"range of valid ports is (\d+-\d+)", cluster.words_against(_IMPOSSIBLE))
    node_ports = range_of_ports[1] if range_of_ports else ""
    return Told(next(iter(kubelets), {}), next(iter(corefiles), ""), node_ports, next(iter(quotas), None))


def _has_port(node: Object) -> bool:
    endpoints = (node.get("status") or {}).get("daemonEndpoints") or {}
    return bool((endpoints.get("kubeletEndpoint") or {}).get("Port"))
