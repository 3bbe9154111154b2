"""The graph that the map shows: the list of edges, and facts about both ends from the manifests."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mgmtcluster import catalog
from mgmtcluster.edges import Edge
from mgmtcluster.kinds.network import Protocol
from mgmtcluster.kinds.peers import EVERYBODY, NAME_LABEL, Peer
from mgmtcluster.manifests import Object, of_kind, pod_template

Graph = Mapping[str, Sequence[Mapping[str, Any]]]

#: The room of who is in no namespace.
OUTSIDE: Final = "outside"


def drawn(edges: Sequence[Edge]) -> list[Edge]:
    """The edges that are arrows: all but those of everybody, which every node port would be one of."""
    return [edge for edge in edges if edge.client != EVERYBODY]


def platform_graph(edges: Sequence[Edge], objects: Sequence[Object]) -> Graph:
    """Return the graph of the platform, with what the catalog says of its services.

    Args:
        edges: who calls whom.
        objects: all manifests of the platform.
    """
    about = {Peer(service.endpoint.namespace, service.name): service.about for service in catalog.ALL}
    redis = catalog.endpoints.METRICS_REDIS
    about[Peer(redis.namespace, redis.service)] = catalog.METRICS_QUEUE.about
    return graph_of(edges, objects, about=about)


def graph_of(edges: Sequence[Edge], objects: Sequence[Object], *, about: Mapping[Peer, str]) -> Graph:
    """Nodes and edges as the page reads them.

    A node is a workload that has an edge or a Service, or whoever else is at the end of an edge. A port that is open to
    everybody is no edge here: the node has it as a node port.

    Args:
        edges: who calls whom.
        objects: all manifests of the app.
        about: the purpose of a workload, if somebody has written one.
    """
    workloads = {peer: owner for owner in objects if (peer := _peer(owner))}
    served = {peer for peer in workloads if any(_services(peer, objects))}
    edges = drawn(edges)
    peers = sorted(served | {peer for edge in edges for peer in (edge.client, edge.server)})
    return {
        "nodes": [_node(peer, workloads.get(peer), edges, objects, about.get(peer, "")) for peer in peers],
        "edges": [_edge(*ends, edges) for ends in sorted({_ends(edge) for edge in edges})],
    }


def _ends(edge: Edge) -> tuple[Peer, Peer, int, int, Protocol]:
    return edge.client, edge.server, edge.port, edge.last_port or edge.port, edge.protocol


def _edge(client: Peer, server: Peer, port: int, last_port: int, protocol: Protocol, edges: Sequence[Edge]) -> Mapping[str, Any]:
    these = [edge for edge in edges if _ends(edge) == (client, server, port, last_port, protocol)]
    return {
        "client": str(client),
        "server": str(server),
        "port": these[0].port_text,
        "whys": [edge.why for edge in these],
        "user": next((_user(edge) for edge in these if _rights(edge)), None),
    }


def _node(peer: Peer, owner: Object | None, edges: Sequence[Edge], objects: Sequence[Object], about: str) -> Mapping[str, Any]:
    services = [*_services(peer, objects)]
    replicas = owner["spec"].get("replicas", 1) if owner else 0
    kind = owner["kind"] if owner else None
    users = sorted({(_user(edge), _rights(edge)) for edge in edges if edge.server == peer and _rights(edge)})
    return {
        "id": str(peer),
        "namespace": peer.namespace or OUTSIDE,
        "name": peer.short,
        "about": about,
        "kind": kind,
        "replicas": replicas,
        "ports": _ports(services),
        "names": [service["metadata"]["name"] for service in services],
        "members": [f"{owner['metadata']['name']}-{ordinal}" for ordinal in range(replicas)] if owner and users else [],
        "users": [{"user": user, "rights": rights} for user, rights in users],
    }


def _user(edge: Edge) -> str:
    return edge.user or edge.client.name


def _rights(edge: Edge) -> str:
    """What the client may do as a user of the database; nothing where it is none."""
    return ", ".join(f"{role}@{database}" for role, database in edge.roles) or edge.database or ""


def _peer(owner: Object) -> Peer | None:
    template = pod_template(owner)
    name = ((template or {}).get("metadata") or {}).get("labels", {}).get(NAME_LABEL)
    return Peer(owner["metadata"]["namespace"], name) if name else None


def _services(peer: Peer, objects: Sequence[Object]) -> Iterator[Object]:
    """The Services in front of all pods of a workload; one for a single member selects more than the name."""
    for service in of_kind(objects, "Service"):
        if service["metadata"]["namespace"] == peer.namespace and service["spec"].get("selector") == {NAME_LABEL: peer.name}:
            yield service


def _ports(services: Sequence[Object]) -> Sequence[Mapping[str, Any]]:
    """Every port once, with its node port where any of the Services gives it one."""
    ports: dict[int, int | None] = {}
    for service in services:
        for port in service["spec"]["ports"]:
            ports[port["port"]] = port.get("nodePort") or ports.get(port["port"])
    return [{"port": port, "nodePort": node_port} for port, node_port in ports.items()]
