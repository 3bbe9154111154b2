"""Edges between a workload and who is no pod: hosts outside the cluster, the API server, and everybody."""

from collections.abc import Sequence
from dataclasses import replace

from mgmtcluster.addresses import Endpoint, address_of
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.edges import Edge, record, record_call
from mgmtcluster.kinds.cluster import ANYWHERE
from mgmtcluster.kinds.containers import Outside
from mgmtcluster.kinds.peers import API_SERVER, EVERYBODY, Peer


def record_outside(workload: Workload, connections: Sequence[Outside]) -> None:
    """Record that a workload connects to hosts outside the cluster, and to the proxy that leads there."""
    everywhere = [ANYWHERE[family] for family in workload.context.cluster.ip_families]
    for connection in [*connections, *(_to_proxy(workload) if connections else [])]:
        for cidr in connection.cidrs or everywhere:
            for first, last in connection.ports:
                last_port = last if last != first else None
                edge = Edge(workload.peer, Peer.at(cidr), first, why=connection.reason, last_port=last_port)
                record(workload.scope, edge)


def _to_proxy(workload: Workload) -> list[Outside]:
    """The connections to a proxy outside the cluster; one that is a Service in it gets an edge of its own."""
    cluster = workload.context.cluster
    proxy = cluster.proxy
    if not proxy:
        return []
    outside: dict[str, Outside] = {}
    for name, url in proxy.urls.items():
        if address := address_of(url, cluster.domain):
            record_call(workload.scope, workload.peer, address.endpoint, why=name)
        else:
            way = Outside.at(url, reason="the proxy")
            outside[url] = replace(way, cidrs=way.cidrs or proxy.cidrs)
    return [*outside.values()]


def record_exposed(workload: Workload, endpoints: Sequence[Endpoint]) -> None:
    """Record that everybody may ask a workload at these endpoints, which a node port or a load balancer leads to."""
    for endpoint in endpoints:
        why = f"node port {endpoint.node_port}" if endpoint.node_port else "load balancer"
        port, protocol = endpoint.container_port, endpoint.protocol
        record(workload.scope, Edge(EVERYBODY, workload.peer, port, why=why, protocol=protocol, let_in=True))


def record_api_calls(workload: Workload, *, why: str) -> None:
    """Record that a workload asks the Kubernetes API."""
    for port in workload.context.cluster.api_server_ports:
        record(workload.scope, Edge(workload.peer, API_SERVER, port, why=why))
