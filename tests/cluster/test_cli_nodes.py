"""What ``mgmtcluster preflight`` says of the nodes' machines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.installations import Installations
from tests.rig.kube import Json, Kubectl

from .nodes import Nodes
from .test_cli_preflight import carry_out, preflight, row, rows

_BOTH = ("registry=yes", "metrics-db=yes")
_LARGE: Json = {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "100Gi", "pods": "110"}


@pytest.fixture
def two(installations: Installations, nodes: Nodes) -> Iterator[None]:
    """Two nodes that are large enough, and nothing installed; whatever a test makes of a third one is gone in the end."""
    installations.clear()
    nodes.only(node_1=_BOTH, node_2=_BOTH)
    yield
    nodes.remove("node-3")


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("capacity", "check", "verdict", "said"),
    [
        ({**_LARGE, "memory": "7000Mi"}, "memory", "fail", "2 workers have 8 GB of memory; too small: node-3"),
        ({**_LARGE, "ephemeral-storage": "30Gi"}, "disk", "fail", "2 workers have 40 GB of disk; too small: node-3"),
        ({**_LARGE, "memory": "7200Mi"}, "memory", "ok", "3 workers have 8 GB of memory"),
        ({"cpu": "4", "memory": "8Gi", "pods": "110"}, "disk", "warn", "not told by the nodes: node-3"),
    ],
)
def test_the_size_of_a_third_node(capacity: Json, check: str, verdict: str, said: str, nodes: Nodes) -> None:
    """One that is too small is no third one; of one that does not tell its size it warns."""
    nodes.add("node-3", *_BOTH, capacity=capacity)
    found = row(preflight(), check)
    assert found["verdict"] == verdict
    assert said in found["found"]


@pytest.mark.usefixtures("two")
def test_a_third_node_that_takes_no_pods(nodes: Nodes, kubectl: Kubectl) -> None:
    """A taint makes it no worker; one that only asks does not."""
    nodes.add("node-3", *_BOTH)
    kubectl("taint", "node", "node-3", "example.test/reserved:PreferNoSchedule")
    assert row(preflight(), "workers")["verdict"] == "ok"
    kubectl("taint", "node", "node-3", "example.test/reserved:NoSchedule")
    assert row(preflight(), "workers")["found"].startswith("2 nodes")


@pytest.mark.usefixtures("two")
def test_a_taint_that_nothing_tolerates(nodes: Nodes, kubectl: Kubectl) -> None:
    """The node is no worker, nor one for a database; the taint is named, and a command removes it."""
    nodes.add("node-3", *_BOTH)
    kubectl("taint", "nodes", "node-3", "dedicated=aios:NoSchedule")
    found = rows(preflight())
    assert found["workers"][0]["verdict"] == "fail"
    assert found["workers"][0]["found"].endswith("3 are needed; not tolerated: node-3 (dedicated=aios:NoSchedule)")
    assert found["labels registry"][0]["found"].startswith("2 workers with registry=yes")
    carry_out(kubectl, found["workers"][0]["fix"][2:])
    assert row(preflight(), "labels registry")["verdict"] == "ok"
    assert rows(preflight())["workers"][0]["verdict"] == "ok"


@pytest.mark.usefixtures("two")
def test_nodes_that_are_other_machines(nodes: Nodes, tmp_path: Path) -> None:
    """By default all pods select Linux, so a Windows node takes none. preflight names arm64 nodes."""
    nodes.add("node-3", *_BOTH, "kubernetes.io/arch=arm64")
    nodes.add("node-4", "kubernetes.io/os=windows")
    selecting = rows(preflight())
    (tmp_path / "settings.yaml").write_text("pods: {node_selector: {kubernetes.io/hostname: node-4}}")
    found = row(preflight(cwd=tmp_path), "operating systems")
    nodes.remove("node-4")
    assert selecting["architectures"][0]["found"].startswith("amd64: node-1, node-2; arm64: node-3.")
    assert selecting["operating systems"][0]["verdict"] == "ok"
    assert selecting["workers"][0]["found"].startswith("3 nodes are Ready")
    assert (found["verdict"], found["found"].endswith("may go to node-4 (windows)")) == ("fail", True)


@pytest.mark.usefixtures("two")
def test_what_node_feature_discovery_finds(nodes: Nodes) -> None:
    """On the nodes of the databases: all have AVX, one has not, nothing is known."""
    discovered = "feature.node.kubernetes.io/cpu-cpuid"
    nodes.add("node-3", "gpu=yes")
    assert row(preflight(), "avx")["found"].startswith("cannot be told from here")
    for name in ("node-1", "node-2"):
        nodes.add(name, *_BOTH, f"{discovered}.AVX=true")
    assert row(preflight(), "avx")["verdict"] == "ok"
    nodes.add("node-3", *_BOTH, f"{discovered}.SSE4A=true")
    found = row(preflight(), "avx")
    assert (found["verdict"], found["found"].rpartition(" ")[2]) == ("fail", "node-3")
