"""The list of edges as a diagram in Mermaid's language, which docs/map.md shows."""

from collections.abc import Iterator, Sequence

from mgmtcluster.edges import Edge
from mgmtcluster.kinds.peers import Peer

_HEADING = """# Map

Who calls whom. `make map` draws this from the list of edges; NetworkPolicies and database users come from the same list.
An arrow has the port as its label. A thick arrow is a user of the database that it names. [The same as a picture](map.svg).

"""


def mermaid(edges: Sequence[Edge]) -> Iterator[str]:
    """The lines of a Mermaid flowchart: namespaces as rooms, workloads in them, an arrow a client, server and port."""
    yield "flowchart LR"
    peers = sorted({peer for edge in edges for peer in (edge.client, edge.server)})
    for namespace in sorted({peer.namespace for peer in peers}):
        yield f"  subgraph {namespace}"
        yield from (f"    {_id(peer)}[{peer.name}]" for peer in peers if peer.namespace == namespace)
        yield "  end"
    arrows = {(edge.client, edge.server, edge.port, edge.database or ""): edge for edge in edges}
    for (client, server, _, database), edge in sorted(arrows.items()):
        arrow = f"== {database} ==>" if database else f"-- {edge.port_text} -->"
        yield f"  {_id(client)} {arrow} {_id(server)}"


def _id(peer: Peer) -> str:
    return f"{peer.namespace}/{peer.name}".replace("/", "_").replace("-", "_")


def mermaid_page(edges: Sequence[Edge]) -> str:
    """Return docs/map.md: the diagram of these edges."""
    return "\n".join([_HEADING + "```mermaid", *mermaid(edges), "```", ""])
