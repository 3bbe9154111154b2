"""What an app declares, as far as constructs must know of each other: its Services, and who talks to whom."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from cdk8s import ApiObject
from constructs import Construct, IConstruct

from mgmtcluster.constructs.parts.objects import Manifest
from mgmtcluster.constructs.parts.synthesis import once_a_synth
from mgmtcluster.edges import Edge, Recorded, recorded, same, scopes_of, sort_key
from mgmtcluster.kinds.peers import NAME_LABEL, Peer
from mgmtcluster.manifests import Object, Pods, of_kind, pods, spec_of

Services = Mapping[tuple[str, str], Object]

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Declared:
    """What is part of an app at one time.

    Attributes:
        constructs: every construct below its root.
        recorded: who talks to whom, each with the construct that said so.
    """

    constructs: Sequence[IConstruct]
    recorded: Sequence[Recorded]

    @cached_property
    def services(self) -> Services:
        """The manifest of every Service, whoever declares it, by its namespace and name."""
        found = [item.to_json() for item in self._objects if _kind(item) == "Service"]
        services = of_kind(found, "Service")
        return {(service["metadata"].get("namespace", ""), service["metadata"]["name"]): service for service in services}

    @cached_property
    def edges(self) -> list[Edge]:
        """Who talks to whom, sorted: the servers are the pods that the Services of the app select."""
        return sorted(self.in_order, key=sort_key)

    @cached_property
    def in_order(self) -> list[Edge]:
        """The same edges in the order in which they were recorded."""
        return self._edges_from(self.constructs)

    @cached_property
    def edges_of_client(self) -> Mapping[Peer, Sequence[Edge]]:
        """Those edges by who connects."""
        return _grouped(self.in_order, lambda edge: edge.client)

    @cached_property
    def edges_by_server(self) -> Mapping[tuple[str, str | None], Sequence[Edge]]:
        """Those edges by the namespace of who answers, and by the name that selects it; None where other labels do."""
        return _grouped(self.in_order, lambda edge: (edge.server.namespace, edge.server.selector.get(NAME_LABEL)))

    @cached_property
    def edges_let_in(self) -> Mapping[str, Sequence[Edge]]:
        """Those edges whose server names the client, by the client's namespace."""
        return _grouped((edge for edge in self.in_order if edge.let_in), lambda edge: edge.client.namespace)

    def edges_from(self, constructs: Iterable[IConstruct]) -> list[Edge]:
        """Those edges that these constructs have recorded, sorted."""
        return sorted(self._edges_from(constructs), key=sort_key)

    def _edges_from(self, constructs: Iterable[IConstruct]) -> list[Edge]:
        parts = {id(construct) for construct in constructs}
        return list(dict.fromkeys(self._resolved(item) for item in self.recorded if id(item.by) in parts))

    @property
    def _objects(self) -> list[ApiObject]:
        return [construct for construct in self.constructs if isinstance(construct, ApiObject)]

    def _resolved(self, item: Recorded) -> Edge:
        """The edge with the pods that its Service selects, and the port that they listen on."""
        edge = item.edge
        service = self.services.get((edge.server.namespace, item.to.service if item.to else edge.server.name))
        spec = spec_of(service or {})
        if not spec.get("selector"):
            return edge
        asked = (item.to.port if item.to else edge.port, edge.protocol)
        ports = {(port["port"], port.get("protocol", "TCP")): port for port in spec.get("ports") or ()}
        target = ports[asked].get("targetPort", asked[0]) if asked in ports else edge.port
        server = _peer(edge.server, spec["selector"])
        return replace(edge, server=server, port=target if isinstance(target, int) else self._port(server, target) or edge.port)

    @cached_property
    def _pods(self) -> Mapping[str | None, Pods]:
        # Jobs that make a database's users are completed by the edges, and a policy too: edges cannot wait for them.
        return pods([item.to_json() for item in self._objects if _kind(item) not in ("Service", "NetworkPolicy", "Job")])

    def _port(self, server: Peer, name: str) -> int | None:
        """The number of a port that the pods of this app name so."""
        for labels, ports in self._pods[server.namespace]:
            if name in ports and server.selector.items() <= labels.items():
                return ports[name]
        return None


def _grouped(edges: Iterable[Edge], key: Callable[[Edge], _Key]) -> Mapping[_Key, Sequence[Edge]]:
    groups: dict[_Key, list[Edge]] = {}
    for edge in edges:
        groups.setdefault(key(edge), []).append(edge)
    return groups


def _kind(item: ApiObject) -> str:
    return item.written_kind if isinstance(item, Manifest) else item.kind


def _peer(server: Peer, selector: Mapping[str, str]) -> Peer:
    if selector.keys() == {NAME_LABEL}:
        return Peer(server.namespace, selector[NAME_LABEL])
    return Peer(server.namespace, server.name, labels=selector)


@once_a_synth
def constructs_in(scope: IConstruct) -> Sequence[IConstruct]:
    """Every construct below an app or a chart, and itself, in the order in which they were made."""
    return [same(construct) for construct in scope.node.find_all()]


@once_a_synth
def _declared_below(root: IConstruct) -> Declared:
    return Declared(constructs_in(root), recorded(root))


def declared(scope: IConstruct) -> Declared:
    """What the app that ``scope`` belongs to declares now."""
    return _declared_below(scopes_of(scope)[0])


def edges_of(scope: Construct) -> list[Edge]:
    """All edges recorded so far in the app that ``scope`` belongs to, sorted.

    The server of an edge is the pods that its Service selects, where the app declares that.
    """
    return list(declared(scope).edges)
