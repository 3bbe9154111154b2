"""The map's files put into one."""

import json
import re
from importlib.resources import files
from importlib.resources.abc import Traversable

from mgmtcluster.map.graph import Graph

_FILES = files("mgmtcluster.map")


class LayoutMissing(Exception):
    """This installation has no elkjs, which lays out the map."""


def page_of(graph: Graph) -> str:
    """Return the HTML page with the map of a graph; the same bytes for the same graph.

    Raises:
        LayoutMissing: the installation was built without the library that lays out the map.
    """
    parts = {
        "data": json.dumps(graph, separators=(",", ":")).replace("<", "\\u003c"),
        "layout": _library("elk.bundled.js"),
        "version": json.loads(_library("package.json"))["version"],
        "drawing": _text("drawing.css"),
        "style": _text("page.css"),
        "draw": _text("draw.js"),
        "shapes": _text("shapes.js"),
        "behave": _text("behave.js"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _text("page.html"))


def _library(name: str) -> str:
    try:
        return _text("elkjs", name)
    except FileNotFoundError:
        raise LayoutMissing(
            f"mgmtcluster/map/elkjs/{name} is not in this installation; "
            "run `make node_modules/.installed` in its checkout, install a wheel that `make wheel` built, or write --mermaid"
        ) from None


def _text(*path: str) -> str:
    file: Traversable = _FILES.joinpath(*path)
    return file.read_text(encoding="utf-8")
