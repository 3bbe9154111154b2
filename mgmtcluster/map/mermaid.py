"""The list of edges as a diagram in Mermaid's language, which docs/map.md shows."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from mgmtcluster.edges import Edge
from mgmtcluster.kinds.peers import Peer

#: The room of clients that are addresses.
_OUTSIDE: Final = "outside"

_HEADING = """# Map

Who calls whom. `make map` draws this from the list of edges; NetworkPolicies and database users come from the same list.
An arrow has the port as its label. A thick arrow is a user of the database that it names. [The same as a picture](map.svg).

"""


def mermaid(edges: Sequence[Edge]) -> Iterator[str]:
    """The lines of a Mermaid flowchart: namespaces as rooms, workloads in them, an arrow a client, server and port."""
    yield "flowchart LR"
    peers = sorted({peer for edge in edges for peer in (edge.client, edge.server)})
    for namespace in sorted({peer.namespace for peer in peers}):
        yield f"  subgraph {namespace or _OUTSIDE}"
        yield from (f"    {_id(peer)}[{_text(peer)}]" for peer in peers if peer.namespace == namespace)
        yield "  end"
    arrows = {(edge.client, edge.server, edge.port, edge.database or ""): edge for edge in edges}
    for (client, server, _, database), edge in sorted(arrows.items()):
        arrow = f"== {database} ==>" if database else f"-- {edge.port_text} -->"
        yield f"  {_id(client)} {arrow} {_id(server)}"


def _id(peer: Peer) -> str:
    return re.sub("[^A-Za-z0-9_]", "_", f"{peer.namespace or _OUTSIDE}/{peer.name or _text(peer)}")


def _text(peer: Peer) -> str:
    """What a node of the diagram says."""
    return peer.name or str(peer).partition("/")[2]


def mermaid_page(edges: Sequence[Edge]) -> str:
    """Return docs/map.md: the diagram of these edges."""
    return "\n".join([_HEADING + "```mermaid", *mermaid(edges), "```", ""])
