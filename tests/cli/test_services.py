"""``mgmtcluster services`` without a cluster."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from mgmtcluster import catalog
from tests.rendering import DATA, ROOT

from .command import Done, mgmtcluster

with (DATA / "seed-services.csv").open() as table:
    SEED = list(csv.DictReader(table))


@pytest.fixture(scope="module")
def listed() -> Done:
    """The default settings, as JSON."""
    return mgmtcluster("services", "--json")


def test_it_lists_the_seeds_table(listed: Done) -> None:
    """Service, address inside, port and node port of every row, in the seed's order."""
    assert (listed.returncode, listed.stderr) == (0, "")
    rows = json.loads(listed.stdout)["services"][: len(SEED)]
    assert [(row["service"], row["port"], row["node_port"]) for row in rows] == [
        (seed["service"], int(seed["port"]), int(seed["node_port"]) if seed["node_port"] else None) for seed in SEED
    ]
    for row, seed in zip(rows, SEED, strict=True):
        assert f"{seed['internal_host']}:{seed['port']}" in [address.partition("://")[2] for address in row["internal"]]
        outside = (row["external"] or "").partition("://")[2]
        assert outside == (f"NODE:{seed['node_port']}" if seed["node_port"] else "")


def test_what_is_beyond_the_seed_comes_after_it(listed: Done) -> None:
    """A row per endpoint of the catalog, in its order."""
    rows = json.loads(listed.stdout)["services"]
    assert [(row["service"], row["port"]) for row in rows] == [(row.service, row.port) for row in catalog.ENDPOINTS]


def test_the_page_has_the_table_that_it_prints() -> None:
    """docs/services.md holds the output of ``--markdown``."""
    done = mgmtcluster("services", "--markdown")
    assert done.returncode == 0
    assert f"\n\n{done.stdout}" in (ROOT / "docs" / "services.md").read_text()


def test_it_follows_the_settings(tmp_path: Path) -> None:
    """An address of the nodes, a number of pods, and a service that is left out."""
    (tmp_path / "settings.yaml").write_text(
        "node_address: nodes.example.test\nservices: {parser: {replicas: 5}, failure-notifier: {enabled: false}}\n"
    )
    rows = json.loads(mgmtcluster("services", "--json", cwd=tmp_path).stdout)["services"]
    [parser] = [row for row in rows if row["service"] == "parser"]
    assert (parser["external"], parser["replicas"]) == ("http://nodes.example.test:30500", 5)
    assert len(rows) == len(catalog.ENDPOINTS) - 1
    assert "failure-notifier" not in {row["service"] for row in rows}


def test_elsewhere_than_on_a_terminal_a_row_is_a_line() -> None:
    """Whatever the width that COLUMNS says, nothing is cut, folded or coloured."""
    done = mgmtcluster("services", COLUMNS="40")
    lines = done.stdout.splitlines()
    assert len(lines) == len(catalog.ENDPOINTS) + 1
    assert "\x1b" not in done.stdout
    assert all(seed["description"][-20:] in done.stdout for seed in SEED if seed["node_port"])
