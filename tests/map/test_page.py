"""The page is one file, the same every time, and asks nobody for anything."""

import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from mgmtcluster import Peer, catalog
from mgmtcluster.map import page, page_of, platform_graph
from mgmtcluster.map.graph import graph_of
from tests.rendering import ROOT, Platform, render

LIBRARY = ROOT / "node_modules" / "elkjs"


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Remember a tag."""
        self.attributes += [(tag, name, value) for name, value in attributes]
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, text: str) -> None:
        """Remember the text of a script."""
        if self.lasttag == "script":
            self.scripts[-1] += text


def test_the_same_settings_give_the_same_bytes(html: str) -> None:
    """And others give others.

    Takes more than two seconds because the page is laid out twice, in processes of their own.
    """
    again, other = render({"registry_database": {"members": 3}}), render({"registry_database": {"members": 5}})
    assert page_of(platform_graph(again.edges, again.objects)) == html
    assert page_of(platform_graph(other.edges, other.objects)) != html


def test_the_graph_stands_in_the_page_as_it_is(html: str, platform: Platform) -> None:
    """With the catalog's description of each service."""
    graph = json.loads(Tags(html).scripts[0])
    plain = graph_of(platform.edges, platform.objects, about={})
    assert graph["edges"] == plain["edges"]
    assert [{**node, "about": ""} for node in graph["nodes"]] == plain["nodes"]
    services = {str(Peer(service.endpoint.namespace, service.name)) for service in catalog.ALL}
    assert {node["id"] for node in graph["nodes"] if node["about"]} >= services


def test_nothing_is_loaded_from_elsewhere(html: str) -> None:
    """No attribute names another file, and the page's own policy forbids every request."""
    tags = Tags(html)
    assert not [attribute for attribute in tags.attributes if attribute[1] in {"src", "href", "srcset", "action"}]
    [policy] = [
        value for tag, name, value in tags.attributes if tag == "meta" and name == "content" and value and "-src" in value
    ]
    assert policy == "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
    for sheet in ("page.css", "drawing.css"):
        assert not re.search(r"@import|url\(", (ROOT / "mgmtcluster" / "map" / sheet).read_text())


def test_text_of_the_graph_cannot_end_its_script() -> None:
    """Whatever a name or a reason says."""
    evil = "</script><script>alert(1)</script>"
    tags = Tags(page_of({"nodes": [], "edges": [{"client": "a/b", "server": "a/c", "port": 1, "whys": [evil]}]}))
    assert json.loads(tags.scripts[0])["edges"][0]["whys"] == [evil]
    assert len(tags.scripts) == 5


@pytest.mark.parametrize(
    ("name", "origin"), [("elk.bundled.js", "lib/elk.bundled.js"), ("LICENSE.md",) * 2, ("package.json",) * 2]
)
def test_the_layout_library_is_the_pinned_package(name: str, origin: str) -> None:
    """Byte for byte the locked version, with its licence."""
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]["node_modules/elkjs"]
    assert json.loads((LIBRARY / "package.json").read_text())["version"] == locked["version"]
    assert files("mgmtcluster.map").joinpath("elkjs", name).read_bytes() == (LIBRARY / origin).read_bytes()


def test_the_page_says_whose_layout_it_is(html: str) -> None:
    """Name, version and licence, as that licence asks."""
    version = json.loads((LIBRARY / "package.json").read_text())["version"]
    assert f"elkjs {version} (EPL-2.0" in html


def test_without_the_library_there_is_one_line_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in an installation that was built without it."""
    monkeypatch.setattr(page, "_FILES", tmp_path)
    with pytest.raises(page.LayoutMissing, match=r"^mgmtcluster/map/elkjs/elk.bundled.js is not in this installation; run `make"):
        page_of({"nodes": [], "edges": []})
