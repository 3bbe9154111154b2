"""What the constructs of one app know of each other: who talks to whom, and which names are taken.

Policies, database users and the map are projected from the one list of edges.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from mgmtcluster.addresses import Endpoint
from mgmtcluster.kinds.errors import InvalidInput

if TYPE_CHECKING:
    from constructs import Construct, IConstruct

#: The one label that selectors use: the workload's own name, unique in its namespace, never changed.
NAME_LABEL: Final = "app.kubernetes.io/name"


@dataclass(frozen=True, order=True)
class Peer:
    """The pods of one workload, by what a NetworkPolicy selects them with.

    Attributes:
        namespace: their namespace.
        name: their label ``app.kubernetes.io/name``.
    """

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, order=True)
class Edge:
    """A client that opens connections to a server.

    Attributes:
        client: the pods that connect.
        server: the pods that answer.
        port: the port they answer on.
        why: what asks for it: the environment variable that holds the address, or the role of the client.
        database: the database the client is a user of, where the server is a replicated database.
        user: the user it is there, where that is not named like the client.
        roles: the user's roles, each with the database it holds in, where it has no database of its own.
    """

    client: Peer
    server: Peer
    port: int
    why: str
    database: str | None = None
    user: str | None = None
    roles: tuple[tuple[str, str], ...] = ()


@dataclass
class Registry:
    """What one app has recorded.

    Attributes:
        edges: who talks to whom.
        owners: the path of the construct that holds a Service's name or a node port.
    """

    edges: set[Edge] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)


# By root, and by every construct that has asked: finding the root takes two calls to the Node.js that runs cdk8s.
_registries: "WeakKeyDictionary[IConstruct, Registry]" = WeakKeyDictionary()


def _registry_of(scope: "Construct") -> Registry:
    """The registry of the app that ``scope`` belongs to."""
    if scope not in _registries:
        root = scope.node.root
        _registries[scope] = _registries.setdefault(root, Registry())
    return _registries[scope]


def record(scope: "Construct", edge: Edge) -> None:
    """Add an edge to the list of the app that ``scope`` belongs to."""
    _registry_of(scope).edges.add(edge)


def edges_of(scope: "Construct") -> list[Edge]:
    """All edges recorded so far in the app that ``scope`` belongs to, sorted."""
    return sorted(_registry_of(scope).edges, key=lambda edge: (edge.client, edge.server, edge.port, edge.why))


def reserve(scope: "Construct", *, namespace: str, services: Iterable[str], endpoints: Iterable[Endpoint] = ()) -> None:
    """Reserve names of Services in a namespace, and the node ports of endpoints, for one construct of an app.

    Raises:
        InvalidInput: another construct of the app holds one of them.
    """
    owners = _registry_of(scope).owners
    wanted = {f"Service {namespace}/{service}": "write another name" for service in services}
    wanted |= {f"node port {endpoint.node_port}": "write another one" for endpoint in endpoints if endpoint.node_port}
    taken = [name for name in wanted if name in owners]
    path = scope.node.path
    if taken:
        raise InvalidInput(f"{path}: endpoint: {name} is taken by {owners[name]}; {wanted[name]}" for name in taken)
    owners.update(dict.fromkeys(wanted, path))
