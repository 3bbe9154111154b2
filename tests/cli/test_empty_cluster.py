"""``mgmtcluster`` on a server of an older version."""

from __future__ import annotations

import json
from pathlib import Path

from .command import mgmtcluster
from .servers import empty_cluster, kubeconfig


def test_an_older_cluster_does_not_know_every_kind(tmp_path: Path) -> None:
    """It has none of what it does not know."""
    with empty_cluster("v1.27.0", refused={"servicecidrs": (404, "404 page not found")}) as server:
        done = mgmtcluster("preflight", "--json", "--kubeconfig", str(kubeconfig(tmp_path, server)))
    assert (done.returncode, done.stderr) == (1, "")
    assert "cluster.cidrs" in {row["check"] for row in json.loads(done.stdout)["checks"]}


def test_rights_are_asked_where_they_are_read(tmp_path: Path) -> None:
    """The preflight alone shows them."""
    asked: dict[str, int] = {}
    for command in ("preflight", "plan-migration", "status"):
        reviews: list[object] = []
        with empty_cluster("v1.36.0", reviews=reviews) as server:
            mgmtcluster(command, "--kubeconfig", str(kubeconfig(tmp_path, server)))
        asked[command] = len(reviews)
    assert asked.pop("preflight") > 50
    assert asked == {"plan-migration": 0, "status": 0}
