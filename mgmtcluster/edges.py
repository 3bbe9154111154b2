"""What the constructs of one app know of each other: who talks to whom, and which names are taken.

Policies, database users and the map are projected from the one list of edges.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar, cast
from weakref import WeakKeyDictionary, WeakValueDictionary

from mgmtcluster.addresses import Endpoint
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.network import Protocol
from mgmtcluster.kinds.peers import Peer

if TYPE_CHECKING:
    from constructs import Construct, IConstruct

_Construct = TypeVar("_Construct", bound="IConstruct")


@dataclass(frozen=True, order=True)
class Edge:
    """A client that opens connections to a server.

    Attributes:
        client: who connects: pods, a range of addresses, or everybody.
        server: who answers: pods, a range of addresses outside the cluster, or the API server.
        port: the port they answer on, or the first one of a range.
        why: what asks for it: the environment variable that holds the address, the reason that an option gives, or the role of
            the client.
        database: the database the client is a user of, where the server is a replicated database.
        user: the user it is there, where that is not named like the client.
        roles: the user's roles, each with the database it holds in, where it may do something else than read and write its own.
        protocol: what the port speaks below everything else.
        let_in: the server names the client, as one that the app does not make.
        last_port: the last port of the range. Default: it is one port.
    """

    client: Peer
    server: Peer
    port: int
    why: str
    database: str | None = None
    user: str | None = None
    roles: tuple[tuple[str, str], ...] = ()
    protocol: Protocol = "TCP"
    let_in: bool = False
    last_port: int | None = None

    @property
    def port_text(self) -> int | str:
        """The ports as a reader sees them, with their protocol where that is not TCP: ``443``, ``1-1023``, ``2152/UDP``."""
        ports = self.port if self.last_port is None else f"{self.port}-{self.last_port}"
        return ports if self.protocol == "TCP" else f"{ports}/{self.protocol}"


def sort_key(edge: Edge) -> tuple[object, ...]:
    """What edges are sorted by, which no two of them share: else their order, and what is written, would be a chance."""
    user = (edge.user or "", edge.database or "", edge.roles)
    return (edge.client, edge.server, edge.port, edge.why, edge.protocol, user, edge.let_in, edge.last_port or edge.port)


@dataclass(frozen=True)
class Claim:
    """A name that one construct of an app may have.

    Attributes:
        name: the name, with its kind and its place: ``Service shop/orders``.
        argument: the argument of the construct that asks for it.
        advice: what to write where another construct has it.
    """

    name: str
    argument: str
    advice: str = "write another name"


@dataclass(frozen=True)
class Recorded:
    """An edge as a construct has recorded it.

    Attributes:
        by: the construct.
        edge: the edge.
        to: the endpoint that leads to the server. Default: a Service of the server's name and port.
    """

    by: "IConstruct"
    edge: Edge
    to: Endpoint | None = None


@dataclass
class Registry:
    """What one app has recorded.

    Attributes:
        edges: who talks to whom, each with the construct that recorded it, and the endpoint that leads to the server.
        holders: the construct that holds a name, and how it is called in errors where not by its path.
    """

    edges: "list[Recorded]" = field(default_factory=list)
    holders: "dict[str, tuple[IConstruct, str | None]]" = field(default_factory=dict)


_scopes: "WeakKeyDictionary[IConstruct, list[IConstruct]]" = WeakKeyDictionary()
_registries: "WeakKeyDictionary[IConstruct, Registry]" = WeakKeyDictionary()

# By jsii's own reference, which is private to it.
_constructs: "WeakValueDictionary[str, IConstruct]" = WeakValueDictionary()


def same(construct: _Construct) -> _Construct:
    """The one object that stands for a construct: of one that Node.js made, as ``Testing.app()`` is, jsii makes one an answer."""
    reference: str = cast(Any, construct).__jsii_ref__.ref
    return cast(_Construct, _constructs.setdefault(reference, construct))


def place(construct: "IConstruct", scope: "IConstruct") -> None:
    """Keep what a new construct was made in, so that nobody asks Node.js for it."""
    _scopes[construct] = [*scopes_of(scope), construct]


def scopes_of(scope: "IConstruct") -> "list[IConstruct]":
    """The constructs from the root of the app to this one; kept, because asking takes two calls to Node.js."""
    known = same(scope)
    if known not in _scopes:
        scopes = [same(level) for level in scope.node.scopes]
        _scopes.update({level: scopes[:depth] for depth, level in enumerate(scopes, start=1)})
    return _scopes[known]


def _registry_of(scope: "IConstruct") -> Registry:
    """The registry of the app that ``scope`` belongs to."""
    return _registries.setdefault(scopes_of(scope)[0], Registry())


def record(scope: "Construct", edge: Edge) -> None:
    """Add an edge to the list of the app that ``scope`` belongs to; it goes when ``scope`` is removed from the app."""
    _registry_of(scope).edges.append(Recorded(scope, edge))


def record_call(scope: "Construct", client: Peer, endpoint: Endpoint, *, why: str) -> None:
    """Add the edge from a client to what answers at an endpoint; see ``record``."""
    edge = Edge(client, endpoint.peer, endpoint.container_port, why=why, protocol=endpoint.protocol)
    _registry_of(scope).edges.append(Recorded(scope, edge, endpoint))


def recorded(scope: "IConstruct") -> list[Recorded]:
    """All edges recorded so far in the app that ``scope`` belongs to, those of removed constructs included."""
    return list(_registry_of(scope).edges)


def reserve(scope: "Construct", claims: Iterable[Claim], *, holder: str | None = None) -> None:
    """Reserve names for one construct of an app, as long as it is part of it.

    Args:
        scope: the construct that gets them.
        claims: the names.
        holder: how it is called in errors. Default: its path.

    Raises:
        InvalidInput: another construct of the app holds one of them.
    """
    holders = _registry_of(scope).holders
    wanted = list(claims)
    taken = [(claim, *holders[claim.name]) for claim in wanted if claim.name in holders]
    problems = [
        f"{scope.node.path}: {claim.argument}: {claim.name} is taken by {name or construct.node.path}; {claim.advice}"
        for claim, construct, name in taken
        if _is_in_tree(construct)
    ]
    if problems:
        raise InvalidInput(problems)
    holders.update({claim.name: (scope, holder) for claim in wanted})


def service_claims(namespace: str, services: Iterable[str], endpoints: Iterable[Endpoint] = ()) -> list[Claim]:
    """The names of Services in a namespace, and the node ports of endpoints."""
    names = [Claim(f"Service {namespace}/{service}", "endpoint") for service in services]
    node_ports = [endpoint.node_port for endpoint in endpoints if endpoint.node_port]
    return names + [Claim(f"node port {node_port}", "endpoint", "write another one") for node_port in node_ports]


def user_claim(server: Peer, user: str, *, argument: str) -> Claim:
    """The name of a user of a database."""
    return Claim(f"user {user} of {server}", argument)


def _is_in_tree(construct: "IConstruct") -> bool:
    """Whether it is still part of its app: a construct that was removed knows its parent, but its parent not it."""
    scopes = construct.node.scopes
    return all(parent.node.try_find_child(child.node.id) is child for parent, child in pairwise(scopes))
