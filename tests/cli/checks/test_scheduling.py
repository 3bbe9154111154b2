"""Which nodes take which pods: taints, selectors, affinity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from mgmtcluster import Settings
from mgmtcluster.cli.checks import nodes

from .views import THREE, expecting, node, the_row, view, workload


@pytest.mark.parametrize(
    ("taint", "written"),
    [
        ({"key": "control-plane", "effect": "NoSchedule"}, "control-plane:NoSchedule"),
        ({"key": "disk", "value": "full", "effect": "NoExecute"}, "disk=full:NoExecute"),
    ],
)
def test_a_taint_that_nothing_tolerates(taint: dict[str, str], written: str) -> None:
    """It is named, whether it matters or not; a line of the settings tolerates it, a command removes it."""
    seen = view(*THREE[:2], node("node-3", spec={"taints": [taint]}))
    row = the_row(nodes.workers, seen, "workers")
    assert row.found == f"2 nodes are Ready and take pods; 3 are needed; not tolerated: node-3 ({written})"
    assert row.fix[2:] == [f"kubectl taint nodes node-3 {written}-   # removes it"]
    written_down = Settings.of(yaml.safe_load(row.fix[1].removeprefix("settings.yaml: ")))
    tolerating = {"tolerations": [*written_down.pods.tolerations]}
    expected = expecting(workload("Deployment", "web", "shop", pod=tolerating))
    assert the_row(nodes.workers, replace(seen, expected=expected), "workers").verdict == "ok"
    row = the_row(nodes.workers, view(*THREE, node("node-4", spec={"taints": [taint]})), "workers")
    assert (row.verdict, row.found) == ("ok", f"3 nodes are Ready and take pods; not tolerated: node-4 ({written})")


DEDICATED = {"key": "dedicated", "value": "aios", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"key": "dedicated", "operator": "Equal", "value": "aios", "effect": "NoSchedule"}, True),
        ({"key": "dedicated", "value": "aios"}, True),
        ({"key": "dedicated", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "dedicated", "value": "shop"}, False),
        ({"key": "dedicated"}, False),
        ({"key": "other", "operator": "Exists"}, False),
        ({"key": "dedicated", "value": "aios", "effect": "NoExecute"}, False),
    ],
)
def test_a_taint_that_pods_tolerate(toleration: dict[str, str], tolerated: bool) -> None:
    """Such a node is a worker, as the scheduler decides."""
    expected = expecting(workload("Deployment", "web", "shop", pod={"tolerations": [toleration]}))
    tainted = [node(f"node-{number}", spec={"taints": [DEDICATED]}) for number in (1, 2, 3)]
    row = the_row(nodes.workers, view(*tainted, expected=expected), "workers")
    assert row.found.startswith(f"{3 * tolerated} nodes")


def test_nodes_that_pods_select() -> None:
    """Nodes that no pod selects are no workers."""
    expected = expecting(workload("Deployment", "web", "shop", pod={"nodeSelector": {"pool": "aios"}}))
    pool = [node(f"node-{number}", labels={"pool": "aios"}) for number in (4, 5)]
    row = the_row(nodes.workers, view(*THREE, *pool, expected=expected), "workers")
    assert (row.verdict, row.found) == ("fail", "2 nodes are Ready and take pods; 3 are needed")


MEMBER = {
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "registry", "operator": "In", "values": ["yes"]}]}]
            }
        }
    },
}


def test_nodes_that_only_members_of_a_database_tolerate() -> None:
    """They are proposed for its label, and count for it, but for no other."""
    expected = expecting(workload("Deployment", "web", "shop"), workload("StatefulSet", "registry", "registries", pod=MEMBER))
    tainted = [node(f"db-{number}", spec={"taints": [DEDICATED]}) for number in (1, 2, 3)]
    row = the_row(nodes.labels, view(*tainted, expected=expected), "labels registry")
    assert row.fix == ["kubectl label node db-1 db-2 db-3 registry=yes"]
    labelled = [node(f"db-{number}", labels={"registry": "yes"}, spec={"taints": [DEDICATED]}) for number in (1, 2, 3)]
    assert the_row(nodes.labels, view(*labelled, expected=expected), "labels registry").verdict == "ok"
    assert the_row(nodes.workers, view(*labelled, expected=expected), "workers").verdict == "ok"
    assert the_row(nodes.placement, view(*labelled, expected=expected)).verdict == "fail"


@pytest.mark.parametrize(
    ("operator", "values", "fits"),
    [
        ("In", ["yes"], True),
        ("In", ["no"], False),
        ("NotIn", ["no"], True),
        ("NotIn", ["yes"], False),
        ("Exists", None, True),
        ("DoesNotExist", None, False),
    ],
)
def test_affinity(operator: str, values: list[str] | None, fits: bool) -> None:
    """As the scheduler reads it: one term that holds is enough."""
    expression = {"key": "registry", "operator": operator, **({"values": values} if values else {})}
    terms = [{"matchExpressions": [{"key": "never", "operator": "Exists"}]}, {"matchExpressions": [expression]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    expected = expecting(workload("Deployment", "web", "shop", pod={"affinity": {"nodeAffinity": required}}))
    seen = view(node("node-1", labels={"registry": "yes"}), expected=expected)
    assert bool(seen.workers) == fits


def test_every_pod_finds_a_node() -> None:
    """One is enough."""
    row = the_row(nodes.placement, view(THREE[0]))
    assert (row.verdict, row.found) == ("ok", "for every pod there is a node that takes it")


@pytest.mark.parametrize(
    ("there", "pod_spec", "why"),
    [
        ([], {}, "no node is Ready"),
        (THREE, {"nodeSelector": {"gpu": "yes", "disk": "fast"}}, "no node that is Ready has disk=fast, gpu=yes"),
        ([node("a", spec={"taints": [DEDICATED]})], {}, "they do not tolerate dedicated=aios:NoSchedule"),
        (
            [node("a", spec={"taints": [DEDICATED]}, labels={"gpu": "yes"}), THREE[0]],
            {"nodeSelector": {"gpu": "yes"}},
            "they do not tolerate dedicated=aios:NoSchedule",
        ),
    ],
)
def test_pods_that_find_no_node(there: list[dict[str, Any]], pod_spec: dict[str, Any], why: str) -> None:
    """They are named, with the reason."""
    lost = [workload("Deployment", name, "shop", pod=pod_spec) for name in ("one", "two")]
    rest = workload("Deployment", "rest", "shop", pod={"tolerations": [{"operator": "Exists"}]})
    seen = view(*there, expected=expecting(*lost, *([rest] if there else [])))
    row = the_row(nodes.placement, seen)
    assert (row.verdict, row.found) == ("fail", f"no node takes pods of Deployment/shop/one, Deployment/shop/two: {why}")


def test_members_of_a_database_are_no_pods_that_find_no_node() -> None:
    """Their label has a row of its own."""
    expected = expecting(workload("Deployment", "web", "shop"), workload("StatefulSet", "registry", "registries", pod=MEMBER))
    assert the_row(nodes.placement, view(*THREE, expected=expected)).verdict == "ok"


def test_a_preference_keeps_no_pod_away() -> None:
    """PreferNoSchedule is no taint that counts."""
    soft = node("node-3", spec={"taints": [{"key": "slow", "effect": "PreferNoSchedule"}]})
    assert the_row(nodes.workers, view(*THREE[:2], soft), "workers").verdict == "ok"
