"""NetworkPolicies, projected from the app's list of edges."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from constructs import Construct

from mgmtcluster.constructs.parts.declared import declared
from mgmtcluster.constructs.parts.objects import Json
from mgmtcluster.edges import Edge
from mgmtcluster.kinds.cluster import ANYWHERE, Cluster, DnsServer
from mgmtcluster.kinds.containers import Outside
from mgmtcluster.kinds.network import Protocol, within
from mgmtcluster.kinds.peers import Peer

_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
_POD_LABEL = "statefulset.kubernetes.io/pod-name"

_Port = tuple[int, Protocol]


class PolicyOptions(TypedDict, total=False):
    """What a policy opens beside the edges.

    Attributes:
        exposed: ports open to everybody, with their protocols, as a node port is: its traffic comes from a node's address, so
            no source can be named.
        outside: hosts outside the cluster that the pods connect to.
        to_api_server: the pods talk to the Kubernetes API, whose address no selector can name.
    """

    exposed: Sequence[tuple[int, Protocol]]
    outside: Sequence[Outside]
    to_api_server: bool


def policy_of(peer: Peer, scope: Construct, cluster: Cluster, options: PolicyOptions, *, labels: Mapping[str, str]) -> Json:
    """The ``spec`` of a workload's policy: the edges of the app that begin or end at it, and what the options open.

    Args:
        peer: the workload.
        scope: a construct of the app.
        cluster: facts of the cluster.
        options: what it opens beside the edges.
        labels: the labels of the workload's pods: what selects them is an edge that ends at it.
    """
    app = declared(scope)
    exposed = options.get("exposed", ())
    incoming = (edge for server, edges in app.edges_to_server.items() if _leads_to(server, peer, labels) for edge in edges)
    clients = {((edge.port, edge.protocol), edge.client) for edge in incoming}
    outgoing = [*app.edges_of_client.get(peer, ()), *(edge for edge in app.edges if _lets_in(edge, peer, labels))]
    servers = {(edge.server, edge.port, edge.protocol) for edge in outgoing}
    ingress = [*_from_anywhere(exposed), *_from_clients(clients, exposed)]
    egress = [*_to_dns(cluster.dns), *_to_servers(servers), *_to_outside(options.get("outside", ()), cluster)]
    if options.get("to_api_server"):
        egress.append({"ports": [_port(port) for port in cluster.api_server_ports]})
    spec: Json = {"podSelector": {"matchLabels": peer.selector}, "policyTypes": ["Ingress", "Egress"], "egress": egress}
    return spec | ({"ingress": ingress} if ingress else {})


def _leads_to(server: Peer, peer: Peer, labels: Mapping[str, str]) -> bool:
    """Whether what a Service selects are pods of this workload, or one of them, as the Service of a member selects."""
    selector = server.selector
    pod = selector.pop(_POD_LABEL, "")
    is_one_of_them = not pod or pod.rpartition("-")[0] == peer.name
    return server.namespace == peer.namespace and is_one_of_them and selector.items() <= labels.items()


def _lets_in(edge: Edge, peer: Peer, labels: Mapping[str, str]) -> bool:
    """Whether the server names these pods among those that it lets in."""
    client = edge.client
    return edge.let_in and client.namespace == peer.namespace and client.selector.items() <= labels.items()


def _from_anywhere(ports: Sequence[_Port]) -> Iterable[Json]:
    if ports:
        yield {"ports": [_port(port, protocol=protocol) for port, protocol in dict.fromkeys(ports)]}


def _from_clients(clients: set[tuple[_Port, Peer]], exposed: Sequence[_Port]) -> Iterable[Json]:
    for port, protocol in sorted({port for port, _ in clients} - set(exposed)):
        peers = sorted(client for asked, client in clients if asked == (port, protocol))
        yield {"from": [pods_of(client) for client in peers], "ports": [_port(port, protocol=protocol)]}


def _to_dns(servers: Sequence[DnsServer]) -> Iterable[Json]:
    for server in servers:
        to: Json = {"ipBlock": {"cidr": server.cidr}}
        if server.namespace:
            to = pods_of(Peer(server.namespace, labels=server.labels))
        yield {"to": [to], "ports": [_port(server.port, protocol="UDP"), _port(server.port)]}


def _to_servers(servers: set[tuple[Peer, int, Protocol]]) -> Iterable[Json]:
    for server, port, protocol in sorted(servers):
        yield {"to": [pods_of(server)], "ports": [_port(port, protocol=protocol)]}


def _to_outside(outside: Sequence[Outside], cluster: Cluster) -> Iterable[Json]:
    for connection in outside:
        blocks = [_block(cidr, cluster) for cidr in connection.cidrs or [ANYWHERE[family] for family in cluster.ip_families]]
        yield {"to": blocks, "ports": [_port(first, last) for first, last in connection.ports]}


def _block(cidr: str, cluster: Cluster) -> Json:
    excepted = [own for own in cluster.cidrs if within(own, cidr)]
    return {"ipBlock": {"cidr": cidr} | ({"except": excepted} if excepted else {})}


def pods_of(peer: Peer) -> Json:
    """How a policy names these pods, or this range of addresses."""
    if peer.cidr:
        return {"ipBlock": {"cidr": peer.cidr}}
    return {
        "namespaceSelector": {"matchLabels": {_NAMESPACE_LABEL: peer.namespace}},
        "podSelector": {"matchLabels": peer.selector} if peer.selector else {},
    }


def _port(first: int, last: int | None = None, *, protocol: Protocol = "TCP") -> Json:
    port: Json = {"port": first, "protocol": protocol}
    return port | ({"endPort": last} if last not in (None, first) else {})
