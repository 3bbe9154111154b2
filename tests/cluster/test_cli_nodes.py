"""What ``mgmtcluster preflight`` says of the nodes' machines."""

from __future__ import annotations

import pytest

from tests.cluster.installations import Installations
from tests.rig.kube import Json, Kubectl

from .nodes import Nodes
from .test_cli_preflight import preflight, row, rows

_BOTH = ("registry=yes", "metrics-db=yes")
_LARGE: Json = {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "100Gi", "pods": "110"}


@pytest.fixture
def two(installations: Installations, nodes: Nodes) -> None:
    """Two nodes that are large enough, and nothing installed."""
    installations.clear()
    nodes.only(node_1=_BOTH, node_2=_BOTH)


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
def test_avx_as_node_feature_discovery_tells_it(kubectl: Kubectl) -> None:
    """It is well where every worker has the label, and cannot be told where one has not."""
    kubectl("label", "node", "node-1", "feature.node.kubernetes.io/cpu-cpuid.AVX=true")
    assert row(preflight(), "avx")["verdict"] == "warn"
    kubectl("label", "node", "node-2", "feature.node.kubernetes.io/cpu-cpuid.AVX=true")
    found = rows(preflight())
    assert (found["avx"][0]["verdict"], found["workers"][0]["verdict"]) == ("ok", "fail")
