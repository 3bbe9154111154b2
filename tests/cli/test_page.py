"""docs/command-line.md names what the command has: every command, option, check and key of its JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rendering import ROOT

from .command import mgmtcluster
from .servers import empty_cluster, kubeconfig

_HEAD, *_SECTIONS = re.split(r"^## ", (ROOT / "docs" / "command-line.md").read_text(), flags=re.MULTILINE)
SECTIONS = {section.partition("\n")[0].strip("`"): section for section in _SECTIONS}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The kubeconfig of an empty cluster."""
    with empty_cluster("v1.36.0") as server:
        yield str(kubeconfig(tmp_path_factory.mktemp("home"), server))


def first_cells(text: str) -> list[str]:
    """The names in the first column of a section's tables."""
    return [name for cell in re.findall(r"^\| (`.+?`) \|", text, re.MULTILINE) for name in re.findall(r"`(.+?)`", cell)]


def keys(value: Any) -> set[str]:
    """Every key in a JSON document."""
    if isinstance(value, dict):
        return {*value}.union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


def test_the_page_has_every_command() -> None:
    """A section each."""
    listed = re.findall(r"^  ([a-z-]+) {2,}\w", mgmtcluster("--help").stdout.partition("Commands:")[2], re.MULTILINE)
    assert sorted(listed) == sorted(SECTIONS)


@pytest.mark.parametrize("command", SECTIONS)
def test_the_page_has_every_option(command: str) -> None:
    """In the table of all commands, or in that of its own; there is no other in its own."""
    options = {*re.findall(r"^  (--[a-z-]+)", mgmtcluster(command, "--help").stdout, re.MULTILINE)} - {"--help"}
    common, own = ({name.split()[0] for name in first_cells(text)} for text in (_HEAD, SECTIONS[command]))
    assert options - common == {name for name in own if name.startswith("--")}


@pytest.mark.parametrize("command", SECTIONS)
def test_the_page_has_every_key_of_the_json(command: str, file: str) -> None:
    """As far as a cluster has something to say."""
    arguments = [] if command in ("images", "map") else ["--kubeconfig", file]
    [described] = re.findall(r"^JSON: (.+?)\n\n", SECTIONS[command] + "\n\n", re.MULTILINE | re.DOTALL)
    assert keys(json.loads(mgmtcluster(command, "--json", *arguments).stdout)) <= {*re.findall(r"`(\w+)`", described)}


def test_the_page_has_every_check(file: str) -> None:
    """By the names in its output."""
    rows = json.loads(mgmtcluster("preflight", "--dry-run", "--json", "--kubeconfig", file).stdout)["checks"]
    named = {name for name in first_cells(SECTIONS["preflight"]) if not name.startswith("--")}
    assert {row["check"] for row in rows} == named
