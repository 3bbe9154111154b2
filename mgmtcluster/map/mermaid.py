"""The list of edges as a diagram in Mermaid's language, which docs/map.md shows."""

import re
from collections.abc import Iterator, Sequence

from mgmtcluster.edges import Edge
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.map.graph import OUTSIDE, drawn

_HEADING = """# Map

Who calls whom. `make map` draws this from the list of edges; NetworkPolicies and database users come from the same list.
An arrow has the port as its label. A thick arrow is a user of the database that it names. Ports that are open to everybody
are in the table of [services](services.md). [The same as a picture](map.svg).

"""


def mermaid(edges: Sequence[Edge]) -> Iterator[str]:
    """The lines of a Mermaid flowchart: namespaces as rooms, workloads in them, an arrow a client, server and port."""
    edges = drawn(edges)
    yield "flowchart LR"
    peers = sorted({peer for edge in edges for peer in (edge.client, edge.server)})
    for namespace in sorted({peer.namespace for peer in peers}):
        yield f"  subgraph {namespace or OUTSIDE}"
        yield from (f"    {_id(peer)}[{peer.short}]" for peer in peers if peer.namespace == namespace)
        yield "  end"
    arrows = {(edge.client, edge.server, edge.port, str(edge.port_text), edge.database or ""): edge for edge in edges}
    for (client, server, *_, database), edge in sorted(arrows.items()):
        arrow = f"== {database} ==>" if database else f"-- {edge.port_text} -->"
        yield f"  {_id(client)} {arrow} {_id(server)}"


def _id(peer: Peer) -> str:
    return re.sub("[^A-Za-z0-9_]", "_", f"{peer.namespace or OUTSIDE}/{peer.short}")


def mermaid_page(edges: Sequence[Edge]) -> str:
    """Return docs/map.md: the diagram of these edges."""
    return "\n".join([_HEADING + "```mermaid", *mermaid(edges), "```", ""])
