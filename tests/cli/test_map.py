"""``mgmtcluster map`` draws what the settings ask for, for a browser, a document or a program."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from mgmtcluster.kinds.peers import EVERYBODY
from mgmtcluster.map import page, page_of, platform_graph
from tests.cli.command import mgmtcluster
from tests.rendering import ROOT, Platform


def test_the_page_is_printed_whole(platform: Platform) -> None:
    """Standard output is the file."""
    done = mgmtcluster("map")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == page_of(platform_graph(platform.edges, platform.objects))


def test_mermaid_is_the_committed_page() -> None:
    """docs/map.md again."""
    assert mgmtcluster("map", "--mermaid").stdout == (ROOT / "docs" / "map.md").read_text()


def test_json_holds_every_edge_as_the_settings_make_it(platform: Platform, tmp_path: Path) -> None:
    """Of the settings that are named."""
    (tmp_path / "mine.yaml").write_text("registry_database: {members: 5}\n")
    graph = json.loads(mgmtcluster("map", "--json", "--settings", "mine.yaml", cwd=tmp_path).stdout)
    assert {(edge["client"], edge["server"]) for edge in graph["edges"]} == {
        (str(e.client), str(e.server)) for e in platform.edges if e.client != EVERYBODY
    }
    assert [node["members"][-1] for node in graph["nodes"] if node["id"] == "registries/registry"] == ["registry-4"]


def test_a_terminal_is_not_filled_with_the_page() -> None:
    """One line says what to write instead."""
    terminal, standard_output = pty.openpty()
    command = [sys.executable, "-m", "mgmtcluster.cli", "map"]
    done = subprocess.run(command, stdout=standard_output, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    os.close(standard_output)
    os.close(terminal)
    assert done.returncode == 2
    assert done.stderr == "mgmtcluster: map: the page would fill the terminal; write: mgmtcluster map > map.html\n"


def test_without_the_layout_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And nothing is printed that looks like a page."""
    monkeypatch.setattr(page, "_FILES", tmp_path)
    done = mgmtcluster("map")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mgmtcluster: map: mgmtcluster/map/elkjs/elk.bundled.js is not in this installation; run ")
    assert done.stderr.count("\n") == 1
