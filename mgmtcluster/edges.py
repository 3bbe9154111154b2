"""Who talks to whom: the one list that policies, database users and diagrams are projected from."""

from dataclasses import dataclass

from constructs import Construct

from mgmtcluster._registry import registry_of


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


def record(scope: Construct, edge: Edge) -> None:
    """Add an edge to the list of the app that ``scope`` belongs to."""
    registry_of(scope).edges.add(edge)


def edges_of(scope: Construct) -> list[Edge]:
    """All edges recorded so far in the app that ``scope`` belongs to, sorted."""
    return sorted(registry_of(scope).edges, key=lambda edge: (edge.client, edge.server, edge.port, edge.why))
