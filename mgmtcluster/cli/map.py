"""``mgmtcluster map``: the platform drawn."""

import sys

from mgmtcluster.cli import expected as expectations
from mgmtcluster.cli.errors import CouldNotLook
from mgmtcluster.cli.output import print_json
from mgmtcluster.map import LayoutMissing, page_of, platform_graph
from mgmtcluster.map.mermaid import mermaid_page


def run(*, json: bool, mermaid: bool, settings: str | None, cached: bool) -> None:
    """Print the map."""
    if not (json or mermaid) and sys.stdout.isatty():
        raise CouldNotLook("map: the page would fill the terminal; write: mgmtcluster map > map.html")
    expected = expectations.load(settings, cached=cached)
    graph = platform_graph(expected.edges, expected.objects)
    if json:
        print_json(graph)
    elif mermaid:
        print(mermaid_page(expected.edges), end="")
    else:
        try:
            print(page_of(graph), end="")
        except LayoutMissing as error:
            raise CouldNotLook(f"map: {error}") from None
