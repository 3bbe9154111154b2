"""NetworkPolicies evaluated as Kubernetes does, over the pods that rendered workloads make."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import count
from typing import Any

from mgmtcluster import Peer
from tests.rendering import Manifest, Manifests, containers_of, pod_spec

NAME_LABEL = "app.kubernetes.io/name"
NAMESPACE_LABEL = "kubernetes.io/metadata.name"

#: Where kube-proxy sends what is meant for a Service: an address of the cluster's own.
SERVICE_ADDRESS = "10.96.0.10"


@dataclass(frozen=True)
class Pod:
    """What policies see of a pod.

    Attributes:
        namespace: its namespace.
        labels: its labels.
        address: its IP address.
        ports: the ports its containers declare, with their names.
    """

    namespace: str
    labels: Mapping[str, str]
    address: str
    ports: Mapping[int, str]

    @property
    def peer(self) -> Peer:
        """The workload it is of."""
        return Peer(self.namespace, self.labels[NAME_LABEL])


@dataclass(frozen=True)
class Host:
    """An address that is no pod's."""

    address: str


def pods_of(objects: Manifests) -> list[Pod]:
    """A pod of every workload, in the default range of pods."""
    numbers = count(1)
    return [
        Pod(
            namespace=workload["metadata"]["namespace"],
            labels=workload["spec"]["template"]["metadata"]["labels"],
            address=f"10.244.1.{next(numbers)}",
            ports={port["containerPort"]: port["name"] for each in containers_of(workload) for port in each.get("ports", ())},
        )
        for workload in objects.workloads()
    ]


#: What answers DNS in every kubeadm cluster.
DNS = Pod("kube-system", {"k8s-app": "kube-dns", NAME_LABEL: "coredns"}, "10.244.0.2", {53: "dns", 9153: "metrics"})


class Network:
    """A cluster whose network enforces the policies among these objects."""

    def __init__(self, objects: Manifests) -> None:
        self._policies = objects.of_kind("NetworkPolicy")
        self._namespaces: dict[str, Mapping[str, str]] = {
            each["metadata"]["name"]: {**each["metadata"].get("labels", {}), NAMESPACE_LABEL: each["metadata"]["name"]}
            for each in objects.of_kind("Namespace")
        }

    def connects(self, client: Pod, server: Pod, port: int, protocol: str = "TCP") -> bool:
        """Whether a connection is made: the client's side and the server's must both allow it."""
        return self.may_connect(client, server, port, protocol) and self.may_be_asked(server, client, port, protocol)

    def may_connect(self, client: Pod, server: Pod | Host, port: int, protocol: str = "TCP") -> bool:
        """Whether the policies on the client's egress allow it."""
        return self._allows("Egress", client, server, port, protocol)

    def may_be_asked(self, server: Pod, client: Pod | Host, port: int, protocol: str = "TCP") -> bool:
        """Whether the policies on the server's ingress allow it."""
        return self._allows("Ingress", server, client, port, protocol)

    def _allows(self, direction: str, subject: Pod, other: Pod | Host, port: int, protocol: str) -> bool:
        """Everything is allowed where no policy selects the subject; else what any rule of any such policy allows."""
        isolating = [
            policy
            for policy in self._policies
            if policy["metadata"]["namespace"] == subject.namespace
            and direction in _types_of(policy["spec"])
            and matches(policy["spec"].get("podSelector", {}), subject.labels)
        ]
        if not isolating:
            return True
        key, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
        server = subject if direction == "Ingress" else other
        return any(
            self._is_peer(rule.get(peers), other, policy["metadata"]["namespace"]) and _is_port(rule, server, port, protocol)
            for policy in isolating
            for rule in policy["spec"].get(key) or ()
        )

    def _is_peer(self, peers: Sequence[Manifest] | None, other: Pod | Host, namespace: str) -> bool:
        """An empty list of peers, or none, means everybody."""
        return not peers or any(self._matches_peer(peer, other, namespace) for peer in peers)

    def _matches_peer(self, peer: Manifest, other: Pod | Host, namespace: str) -> bool:
        if "ipBlock" in peer:
            return in_block(peer["ipBlock"], other.address)
        if isinstance(other, Host):
            return False
        labels = self._namespaces.get(other.namespace, {NAMESPACE_LABEL: other.namespace})
        if "namespaceSelector" in peer:
            right_namespace = matches(peer["namespaceSelector"], labels)
        else:
            right_namespace = other.namespace == namespace
        return right_namespace and matches(peer.get("podSelector", {}), other.labels)


def _types_of(spec: Manifest) -> Sequence[str]:
    """Ingress always, and Egress where there are such rules, if the policy does not say."""
    types: Sequence[str] = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    return types


def _is_port(rule: Manifest, server: Pod | Host, port: int, protocol: str) -> bool:
    """An empty list of ports, or none, means every port."""
    ports = rule.get("ports")
    return not ports or any(_matches_port(each, server, port, protocol) for each in ports)


def _matches_port(entry: Manifest, server: Pod | Host, port: int, protocol: str) -> bool:
    if entry.get("protocol", "TCP") != protocol:
        return False
    first: int | str | None = entry.get("port")
    if first is None:
        return True
    if isinstance(first, str):
        return isinstance(server, Pod) and server.ports.get(port) == first
    return first <= port <= int(entry.get("endPort", first))


def matches(selector: Manifest, labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects these labels; an empty one selects everything."""
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    return wanted.items() <= labels.items() and all(_holds(each, labels) for each in selector.get("matchExpressions") or ())


def _holds(expression: Manifest, labels: Mapping[str, str]) -> bool:
    key, operator, values = expression["key"], expression["operator"], expression.get("values", ())
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    return bool((key in labels) == (operator == "Exists"))


def in_block(block: Manifest, address: str) -> bool:
    """Whether an address is in the range and in none of those excepted from it."""
    ip = ip_address(address)
    return ip in ip_network(block["cidr"]) and not any(ip in ip_network(each) for each in block.get("except") or ())


def connections(objects: Manifests) -> Iterator[tuple[Peer, Peer, int]]:
    """Every connection between two pods, in both orders and to themselves, that the policies allow on a declared port."""
    network, pods = Network(objects), pods_of(objects)
    for client in pods:
        for server in pods:
            for port in server.ports:
                if network.connects(client, server, port):
                    yield client.peer, server.peer, port


def exposed_ports(objects: Manifests) -> set[tuple[Peer, int]]:
    """Every port of pods that a node port leads to."""
    return {
        (Peer(service["metadata"]["namespace"], service["spec"]["selector"][NAME_LABEL]), port["targetPort"])
        for service in objects.of_kind("Service")
        for port in service["spec"].get("ports", ())
        if "nodePort" in port
    }


def ranges_outside(objects: Manifests, peer: Peer) -> set[tuple[int, int]]:
    """The ranges of ports on which a workload may connect to addresses, by its policies' address ranges."""
    return {
        (port["port"], port.get("endPort", port["port"]))
        for policy in objects.of_kind("NetworkPolicy")
        if policy["metadata"]["namespace"] == peer.namespace and matches(policy["spec"]["podSelector"], {NAME_LABEL: peer.name})
        for rule in policy["spec"].get("egress") or ()
        if any("ipBlock" in each for each in rule.get("to", ()))
        for port in rule["ports"]
    }


def has_token(workload: Manifest) -> bool:
    """Whether a token of the API server is mounted in a workload's pods."""
    spec: dict[str, Any] = pod_spec(workload)
    projected = [source for volume in spec.get("volumes", ()) for source in volume.get("projected", {}).get("sources", ())]
    return spec.get("automountServiceAccountToken") is not False or any("serviceAccountToken" in each for each in projected)
