"""What is wrong with how services are reached from outside, across settings and the catalog, as ``path: words``."""

from collections.abc import Iterator, Sequence
from typing import Any

from mgmtcluster import catalog
from mgmtcluster.addresses import Endpoint
from mgmtcluster.kinds.cluster import node_port_problem
from mgmtcluster.settings.cluster import ClusterSettings
from mgmtcluster.settings.raw import Raw, foreign_family, items, mapping


def problems(raw: Raw, services: Sequence[catalog.Service], cluster: ClusterSettings) -> Iterator[str]:
    """Node ports and load balancers that there cannot be, and addresses that lead nowhere."""
    enabled = [service for service in services if mapping(raw, "services", service.name).get("enabled") is not False]
    yield from _node_port_problems(raw, enabled, cluster)
    yield from _node_address_problems(raw, enabled, cluster)
    by_name = {service.name: service for service in services}
    for name in (name for name in mapping(raw, "services") if name in by_name):
        exposed = any(endpoint.node_port for endpoint in by_name[name].endpoints)
        own = mapping(raw, "services", name)
        yield from (f"services.{name}.{problem}" for problem in _service_problems(own, cluster, exposed=exposed))
        if own.get("service_type") == "ClusterIP":
            yield from _handed_out_problems(name, enabled)


def _node_port_problems(raw: Raw, enabled: Sequence[catalog.Service], cluster: ClusterSettings) -> Iterator[str]:
    """Node ports that the cluster does not give, and those of two."""
    redis: list[tuple[tuple[str, ...], Endpoint]] = [(("metrics_redis",), catalog.METRICS_QUEUE.endpoint)]
    exposed = [(("services", service.name), endpoint) for service in enabled for endpoint in service.endpoints]
    taken: dict[int, str] = {}
    for path, endpoint in [*redis, *exposed]:
        own, where = mapping(raw, *path), ".".join(path)
        node_port = own["node_port"] if endpoint.node_port and type(own.get("node_port")) is int else endpoint.node_port
        if node_port is None or own.get("service_type") == "ClusterIP":
            continue
        if words := node_port_problem(node_port, cluster.node_port_range):
            yield f"{where}: node port: {words}"
        elif (other := taken.setdefault(node_port, where)) != where:
            yield f"{where}: node port: {node_port} is that of {other} too; write another one"


def _node_address_problems(raw: Raw, enabled: Sequence[catalog.Service], cluster: ClusterSettings) -> Iterator[str]:
    """Addresses of nodes that no URL may hold."""
    handed_on = any(address.outside for service in enabled for address in service.addresses.values())
    if handed_on and cluster.ip_families[0] == "IPv6" and raw.get("node_address") is None:
        yield (
            "node_address: is missing, and a node's own IPv6 address has no brackets, as it must in a URL; "
            "write the address of the nodes, or IPv4 first in cluster.ip_families"
        )


def _service_problems(own: Any, cluster: ClusterSettings, *, exposed: bool) -> Iterator[str]:
    """What is said of ports or a load balancer that a service does not have; ``exposed``: it has a documented node port."""
    service_type = own.get("service_type")
    if not exposed and own.get("node_port") is not None:
        yield "node_port: the service is not exposed by its documentation; leave it out"
    if not exposed and service_type == "NodePort":
        yield "service_type: NodePort: the service is not exposed by its documentation; write LoadBalancer, or leave it out"
    closed = service_type == "ClusterIP" or (not exposed and service_type != "LoadBalancer")
    if closed and own.get("service_annotations"):
        yield "service_annotations: no port of the service is exposed; write service_type: LoadBalancer, or leave them out"
    for cidr in items(own.get("load_balancer_source_ranges")):
        if words := foreign_family(cidr, cluster.ip_families):
            yield f"load_balancer_source_ranges: {words}; write a range of those"


def _handed_out_problems(closed: str, enabled: Sequence[catalog.Service]) -> Iterator[str]:
    """A node port that is closed while another service hands it out."""
    for service in enabled:
        for variable, address in service.addresses.items():
            if address.outside and address.endpoint.service == closed:
                yield (
                    f"services.{closed}.service_type: ClusterIP has no node port, and {service.name} hands its address "
                    f"to others in {variable}; write NodePort or LoadBalancer"
                )
