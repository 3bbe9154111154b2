"""``mgmtcluster map``: the platform drawn."""

import sys
from typing import Annotated

import typer

from mgmtcluster.cli.errors import CouldNotLook
from mgmtcluster.cli.expected import settings_of
from mgmtcluster.cli.options import JsonOption, SettingsOption
from mgmtcluster.cli.output import print_json
from mgmtcluster.map import LayoutMissing, map_page, platform_graph
from mgmtcluster.map import mermaid as mermaid_page
from mgmtcluster.settings import Settings


def draw_map(
    json: JsonOption = False,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print the page of docs/map.md.")] = False,
    settings: SettingsOption = None,
) -> None:
    """Draw who calls whom, as a page for a browser: mgmtcluster map > map.html."""
    given = settings_of(settings)
    if json:
        print_json(platform_graph(settings=given))
    elif mermaid:
        print(mermaid_page.page(settings=given), end="")
    elif sys.stdout.isatty():
        raise CouldNotLook("map: the page would fill the terminal; write: mgmtcluster map > map.html")
    else:
        _print_page(given)


def _print_page(settings: Settings) -> None:
    try:
        print(map_page(settings=settings), end="")
    except LayoutMissing as error:
        raise CouldNotLook(f"map: {error}") from None
