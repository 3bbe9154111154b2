"""NetworkPolicies, projected from the app's list of edges."""

from collections.abc import Iterable, Sequence
from ipaddress import ip_network

from constructs import Construct

from mgmtcluster.constructs.parts.objects import Json, LateNetworkPolicy, metadata
from mgmtcluster.edges import NAME_LABEL, Peer, edges_of
from mgmtcluster.kinds.containers import Outside

_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
_ANYWHERE = "0.0.0.0/0"

#: Ports of an API server: behind its Service, and on kubeadm's nodes.
_API_SERVER_PORTS = (443, 6443)


def workload_policy(
    scope: Construct,
    id: str,
    *,
    peer: Peer,
    component: str,
    exposed_ports: Sequence[int] = (),
    outside: Sequence[Outside] = (),
    cluster_cidrs: Sequence[str] = (),
    to_api_server: bool = False,
) -> LateNetworkPolicy:
    """Define what one workload may be asked and may ask: the edges at its two ends, and what is named here.

    Args:
        exposed_ports: ports open to everybody, as a node port is: its traffic comes from a node's address, so no source
            can be named.
        outside: hosts outside the cluster that it connects to.
        cluster_cidrs: the cluster's own ranges, which are not outside.
        to_api_server: it talks to the Kubernetes API, whose address no selector can name.
    """

    def complete(manifest: Json) -> Json:
        edges = edges_of(scope)
        clients = {(edge.port, edge.client) for edge in edges if edge.server == peer}
        servers = {(edge.server, edge.port) for edge in edges if edge.client == peer}
        ingress = [*_from_anywhere(exposed_ports), *_from_clients(clients, exposed_ports)]
        egress = [_DNS, *_to_servers(servers), *_to_outside(outside, cluster_cidrs)]
        if to_api_server:
            egress.append({"ports": [_tcp(port) for port in _API_SERVER_PORTS]})
        return manifest | {"spec": _spec({NAME_LABEL: peer.name}, ingress, egress)}

    return LateNetworkPolicy(
        scope,
        id,
        complete=complete,
        metadata=metadata(scope, name=peer.name, namespace=peer.namespace, workload=peer.name, component=component),
    )


def _spec(selected: Json, ingress: list[Json], egress: list[Json]) -> Json:
    spec: Json = {"podSelector": {"matchLabels": selected}, "policyTypes": ["Ingress", "Egress"], "egress": egress}
    return spec | ({"ingress": ingress} if ingress else {})


def _from_anywhere(ports: Sequence[int]) -> Iterable[Json]:
    if ports:
        yield {"ports": [_tcp(port) for port in ports]}


def _from_clients(clients: set[tuple[int, Peer]], exposed_ports: Sequence[int]) -> Iterable[Json]:
    for port in sorted({port for port, _ in clients} - set(exposed_ports)):
        peers = sorted(client for each, client in clients if each == port)
        yield {"from": [_pods_of(client) for client in peers], "ports": [_tcp(port)]}


def _to_servers(servers: set[tuple[Peer, int]]) -> Iterable[Json]:
    for server, port in sorted(servers):
        yield {"to": [_pods_of(server)], "ports": [_tcp(port)]}


def _to_outside(outside: Sequence[Outside], cluster_cidrs: Sequence[str]) -> Iterable[Json]:
    for connection in outside:
        blocks = [_block(cidr, cluster_cidrs) for cidr in connection.cidrs or (_ANYWHERE,)]
        yield {"to": blocks, "ports": [_tcp(first, last) for first, last in connection.ports]}


def _block(cidr: str, cluster_cidrs: Sequence[str]) -> Json:
    network = ip_network(cidr)
    own = [each for each in cluster_cidrs if ip_network(each).version == network.version]
    excepted = [each for each in own if ip_network(each).subnet_of(network)]  # type: ignore[arg-type]
    return {"ipBlock": {"cidr": cidr} | ({"except": excepted} if excepted else {})}


def _pods_of(peer: Peer) -> Json:
    return {
        "namespaceSelector": {"matchLabels": {_NAMESPACE_LABEL: peer.namespace}},
        "podSelector": {"matchLabels": {NAME_LABEL: peer.name}},
    }


def _tcp(first: int, last: int | None = None) -> Json:
    port: Json = {"port": first, "protocol": "TCP"}
    return port | ({"endPort": last} if last not in (None, first) else {})


_DNS: Json = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {_NAMESPACE_LABEL: "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    "ports": [{"port": 53, "protocol": "UDP"}, _tcp(53)],
}
