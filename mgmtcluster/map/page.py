"""The map's files put into one."""

import json
import re
from importlib.resources import files
from importlib.resources.abc import Traversable

from cdk8s import App

from mgmtcluster import catalog, rules
from mgmtcluster.cluster import ManagementCluster
from mgmtcluster.edges import Peer, edges_of
from mgmtcluster.map.graph import Graph, graph_of
from mgmtcluster.settings import Settings

_FILES = files("mgmtcluster.map")


class LayoutMissing(Exception):
    """This installation has no elkjs, which lays out the map."""


def map_page(*, settings: Settings) -> str:
    """The HTML page with the map of the platform; the same bytes for the same settings.

    Args:
        settings: what differs for this cluster.

    Raises:
        LayoutMissing: the installation was built without the library that lays out the map.
    """
    return page_of(platform_graph(settings=settings))


def platform_graph(*, settings: Settings) -> Graph:
    """What the map of the platform shows, with these settings."""
    app = App()
    ManagementCluster(app, settings=settings)
    about = {Peer(service.endpoint.namespace, service.name): service.about for service in catalog.ALL}
    redis = catalog.endpoints.METRICS_REDIS
    about[Peer(redis.namespace, redis.service)] = catalog.METRICS_QUEUE.about
    return graph_of(edges_of(app), rules.objects_of(app), about=about)


def page_of(graph: Graph) -> str:
    """The HTML page with any graph."""
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
