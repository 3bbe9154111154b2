"""``mgmtcluster`` on servers that have nothing, or nearly so, of this version and others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .command import mgmtcluster
from .servers import empty_cluster, kubeconfig


@pytest.mark.parametrize(
    ("version", "verdict"),
    [("v1.26.15", "fail"), ("v1.27.0", "ok"), ("v1.31.4+k3s1", "ok"), ("v1.99.0", "warn"), ("unknown", "fail")],
)
def test_the_version_of_the_server(version: str, verdict: str, tmp_path: Path) -> None:
    """Older than 1.27 fails, newer than what was tried warns."""
    with empty_cluster(version) as server:
        done = mgmtcluster("preflight", "--json", "--kubeconfig", str(kubeconfig(tmp_path, server)))
    assert done.returncode == 1
    [row] = [row for row in json.loads(done.stdout)["checks"] if row["check"] == "version"]
    assert row["verdict"] == verdict
    assert version in row["found"]


def test_an_older_cluster_does_not_know_every_kind(tmp_path: Path) -> None:
    """It has none of what it does not know."""
    with empty_cluster("v1.27.0", refused={"servicecidrs": (404, "404 page not found")}) as server:
        done = mgmtcluster("preflight", "--json", "--kubeconfig", str(kubeconfig(tmp_path, server)))
    assert (done.returncode, done.stderr) == (1, "")
    assert "cluster_cidrs" in {row["check"] for row in json.loads(done.stdout)["checks"]}


def test_a_deployment_that_the_controller_has_not_seen_yet(tmp_path: Path) -> None:
    """What its status says is of the time before the change: none of its pods counts."""
    deployment = {
        "metadata": {"namespace": "services", "name": "parser", "generation": 2},
        "spec": {"replicas": 2},
        "status": {"observedGeneration": 1, "availableReplicas": 2, "updatedReplicas": 2},
    }
    with empty_cluster("v1.36.0", but={"deployments": [deployment]}) as server:
        done = mgmtcluster("status", "--json", "--kubeconfig", str(kubeconfig(tmp_path, server)))
    [found] = [
        workload
        for phase in json.loads(done.stdout)["phases"]
        for workload in phase["workloads"]
        if workload["object"] == "Deployment/services/parser"
    ]
    assert (found["ready"], found["note"]) == (0, "was changed just now")


def test_a_cluster_that_shows_no_range_of_addresses(tmp_path: Path) -> None:
    """Whether ``cluster_cidrs`` holds them cannot be told."""
    with empty_cluster("v1.36.0") as server:
        done = mgmtcluster("preflight", "--json", "--kubeconfig", str(kubeconfig(tmp_path, server)))
    [found] = [row for row in json.loads(done.stdout)["checks"] if row["check"] == "cluster_cidrs"]
    assert (found["verdict"], found["found"]) == ("warn", "the cluster shows no range of pods or Services")
