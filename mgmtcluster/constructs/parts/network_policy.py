"""NetworkPolicies, projected from the app's list of edges."""

from collections.abc import Iterable, Mapping, Sequence

from constructs import Construct

from mgmtcluster.constructs.parts.declared import declared
from mgmtcluster.constructs.parts.objects import Json
from mgmtcluster.edges import Edge
from mgmtcluster.kinds.cluster import Cluster, DnsServer
from mgmtcluster.kinds.network import Protocol, within
from mgmtcluster.kinds.peers import Peer

_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
_POD_LABEL = "statefulset.kubernetes.io/pod-name"


def policy_of(peer: Peer, scope: Construct, cluster: Cluster, *, labels: Mapping[str, str]) -> Json:
    """The ``spec`` of a workload's policy: the edges of the app that begin or end at it.

    Args:
        peer: the workload.
        scope: a construct of the app.
        cluster: facts of the cluster.
        labels: the labels of the workload's pods: what selects them is an edge that ends at it.
    """
    app = declared(scope)
    towards = [edge for name in (peer.name, None) for edge in app.edges_by_server.get((peer.namespace, name), ())]
    entering = [edge for edge in towards if _leads_to(edge.server, peer, labels)]
    let_in = [edge for edge in app.edges_let_in.get(peer.namespace, ()) if edge.client.selector.items() <= labels.items()]
    leaving = [*app.edges_of_client.get(peer, ()), *let_in]
    ingress = [*_from_clients(entering)]
    egress = [*_to_dns(cluster.dns), *_to_servers(leaving), *_to_outside(leaving, cluster), *_to_anywhere(leaving)]
    spec: Json = {"podSelector": {"matchLabels": peer.selector}, "policyTypes": ["Ingress", "Egress"], "egress": egress}
    return spec | ({"ingress": ingress} if ingress else {})


def _leads_to(server: Peer, peer: Peer, labels: Mapping[str, str]) -> bool:
    """Whether what a Service selects are pods of this workload, or one of them, as the Service of a member selects."""
    selector = server.selector
    pod = selector.pop(_POD_LABEL, "")
    is_one_of_them = not pod or pod.rpartition("-")[0] == peer.name
    return is_one_of_them and selector.items() <= labels.items()


def _from_clients(edges: Sequence[Edge]) -> Iterable[Json]:
    """A port that is open to everybody is so for each client too."""
    exposed = [_port(edge) for edge in edges if edge.client.is_unnamed]
    if exposed:
        yield {"ports": _each_once(exposed)}
    clients: dict[tuple[int, Protocol], set[Peer]] = {}
    for edge in edges:
        if _port(edge) not in exposed:
            clients.setdefault((edge.port, edge.protocol), set()).add(edge.client)
    for (port, protocol), peers in sorted(clients.items()):
        yield {"from": [pods_of(client) for client in sorted(peers)], "ports": [_written(port, protocol=protocol)]}


def _to_dns(servers: Sequence[DnsServer]) -> Iterable[Json]:
    for server in servers:
        to: Json = {"ipBlock": {"cidr": server.cidr}}
        if server.namespace:
            to = pods_of(Peer(server.namespace, labels=server.labels))
        yield {"to": [to], "ports": [_written(server.port, protocol="UDP"), _written(server.port)]}


def _to_servers(edges: Sequence[Edge]) -> Iterable[Json]:
    servers = {(edge.server, edge.port, edge.protocol) for edge in edges if edge.server.namespace}
    for server, port, protocol in sorted(servers):
        yield {"to": [pods_of(server)], "ports": [_written(port, protocol=protocol)]}


def _to_outside(edges: Sequence[Edge], cluster: Cluster) -> Iterable[Json]:
    """A rule for each reason; several, where its ranges of addresses are asked on different ports."""
    ports: dict[tuple[str, str], list[Json]] = {}
    for edge in edges:
        if edge.server.cidr:
            ports.setdefault((edge.why, edge.server.cidr), []).append(_port(edge))
    asked = {place: _each_once(each) for place, each in ports.items()}
    while asked:
        (why, _), wanted = next(iter(asked.items()))
        together = [place for place, each in asked.items() if place[0] == why and each == wanted]
        yield {"to": [_block(cidr, cluster) for _, cidr in together], "ports": wanted}
        for place in together:
            del asked[place]


def _to_anywhere(edges: Sequence[Edge]) -> Iterable[Json]:
    ports = [_port(edge) for edge in edges if edge.server.is_unnamed]
    if ports:
        yield {"ports": _each_once(ports)}


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


def _each_once(ports: Sequence[Json]) -> list[Json]:
    return [port for index, port in enumerate(ports) if port not in ports[:index]]


def _port(edge: Edge) -> Json:
    return _written(edge.port, edge.last_port, protocol=edge.protocol)


def _written(first: int, last: int | None = None, *, protocol: Protocol = "TCP") -> Json:
    port: Json = {"port": first, "protocol": protocol}
    return port | ({"endPort": last} if last else {})
