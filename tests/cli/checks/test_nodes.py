"""Nodes: how many, how large, labelled for what, and how full."""

from __future__ import annotations

from typing import Any

import pytest

from mgmtcluster.cli.checks import nodes

from .views import THREE, expecting, node, pod, requests, rows, the_row, view, workload

JOIN = "kubeadm token create --print-join-command"


def test_three_workers() -> None:
    """As many as it takes, large enough."""
    assert [(row.check, row.verdict) for row in rows(nodes.workers, view(*THREE))] == [
        ("workers", "ok"),
        ("memory", "ok"),
        ("disk", "ok"),
    ]


@pytest.mark.parametrize(
    "away",
    [
        node("node-3", ready=False),
        node("node-3", spec={"unschedulable": True}),
        node("node-3") | {"status": {}},
    ],
)
def test_nodes_that_take_no_pods(away: dict[str, Any]) -> None:
    """They are no workers, and another has to be joined."""
    row = the_row(nodes.workers, view(*THREE[:2], away), "workers")
    assert (row.verdict, row.found) == ("fail", "2 nodes are Ready and take pods; 3 are needed")
    assert row.fix == [f"{JOIN}   # and run what it prints on 1 more"]


def test_one_worker_and_none() -> None:
    """The number and its noun agree."""
    assert the_row(nodes.workers, view(THREE[0]), "workers").found.startswith("1 node is Ready")
    assert the_row(nodes.workers, view(), "workers").found.startswith("0 nodes are Ready")


@pytest.mark.parametrize(
    ("check", "resource", "small", "large"),
    [("memory", "memory", "6900Mi", "7Gi"), ("disk", "ephemeral-storage", "34Gi", "36Gi")],
)
def test_small_workers(check: str, resource: str, small: str, large: str) -> None:
    """What firmware, kernel and file system keep is not counted as missing."""
    seen = view(*THREE[:2], node("node-3", capacity={**THREE[0]["status"]["capacity"], resource: small}))
    row = the_row(nodes.workers, seen, check)
    assert (row.verdict, "too small: node-3" in row.found, row.found[:9]) == ("fail", True, "2 workers")
    assert row.fix[0].startswith(f"{JOIN}   # and run what it prints on a node with ")
    seen = view(*THREE[:2], node("node-3", capacity={**THREE[0]["status"]["capacity"], resource: large}))
    assert the_row(nodes.workers, seen, check).verdict == "ok"


@pytest.mark.parametrize(("check", "command"), [("memory", "free -g"), ("disk", "df -h /var/lib")])
def test_workers_that_do_not_tell_their_size(check: str, command: str) -> None:
    """One looks oneself."""
    row = the_row(nodes.workers, view(*THREE[:2], node("node-3", capacity={})), check)
    assert (row.verdict, row.fix) == ("warn", [f"ssh node-3 {command}   # and the others"])
    assert row.found.endswith("not told by the nodes: node-3")


def test_labels() -> None:
    """Of each database as many as it has members."""
    both = {"registry": "yes", "metrics-db": "yes"}
    labelled = [node(f"node-{number}", labels=both) for number in (1, 2, 3)]
    assert [(row.check, row.verdict) for row in rows(nodes.labels, view(*labelled))] == [
        ("labels registry", "ok"),
        ("labels metrics-db", "ok"),
    ]


def test_labels_that_are_missing() -> None:
    """The command labels as many of the other workers as are missing; another value is another label."""
    seen = view(
        node("node-1", labels={"registry": "yes"}),
        node("node-3", labels={"registry": "no"}),
        node("node-2"),
        node("node-4", ready=False),
    )
    row = the_row(nodes.labels, seen, "labels registry")
    assert (row.verdict, row.found) == ("fail", "1 worker with registry=yes, for 3 members")
    assert row.fix == ["kubectl label node node-2 node-3 registry=yes"]


def test_labels_follow_the_settings() -> None:
    """Members and label of each database; where no node is left, its name is to be filled in."""
    expected = expecting(settings={"registry_database": {"members": 5, "node_label": "disk=fast"}})
    row = the_row(nodes.labels, view(node("node-1", labels={"disk": "fast"}), expected=expected), "labels registry")
    assert (row.found, row.fix) == ("1 worker with disk=fast, for 5 members", ["kubectl label node NODE disk=fast"])


#: A container that starts first and stays.
BESIDE = {**requests(cpu="3"), "restartPolicy": "Always"}

PLATFORM = expecting(
    workload("Deployment", "web", "shop", requests(cpu="500m", memory="1Gi"), replicas=2),
    workload("StatefulSet", "db", "shop", requests(cpu="1", memory="512Mi"), replicas=3),
)


def test_room() -> None:
    """The sum of requests over all pods, against what is allocatable."""
    row = the_row(nodes.room, view(*THREE, expected=PLATFORM), "room cpu")
    assert (row.verdict, row.found) == ("ok", "4.0 CPUs are asked for, 24.0 are left on the workers")
    row = the_row(nodes.room, view(*THREE, expected=PLATFORM), "room memory")
    assert (row.verdict, row.found) == ("ok", "3.5 GiB of memory are asked for, 45.0 are left on the workers")


@pytest.mark.parametrize(
    ("others", "left"),
    [
        ([pod("a", "x", requests(cpu="21"), nodeName="node-1")], "3.0"),
        ([pod("a", "x", requests(cpu="21"), nodeName="elsewhere")], "24.0"),
        ([pod("a", "x", requests(cpu="21"))], "24.0"),
        ([pod("a", "x", requests(cpu="21"), nodeName="node-1", ours=True)], "24.0"),
        ([pod("a", "x", {"name": "one"}, nodeName="node-1")], "24.0"),
        ([pod("a", "x", requests(cpu="1"), requests(cpu="2"), nodeName="node-1")], "21.0"),
        ([pod("a", "x", requests(cpu="1"), nodeName="node-1", initContainers=[requests(cpu="3")])], "21.0"),
        ([pod("a", "x", requests(cpu="4"), nodeName="node-1", initContainers=[requests(cpu="3")])], "20.0"),
        (
            [
                pod(
                    "a",
                    "x",
                    requests(cpu="4"),
                    nodeName="node-1",
                    initContainers=[BESIDE],
                )
            ],
            "17.0",
        ),
    ],
)
def test_what_others_take(others: list[dict[str, Any]], left: str) -> None:
    """Pods on workers, not the platform's: as the scheduler counts them."""
    row = the_row(nodes.room, view(*THREE, *others, expected=PLATFORM), "room cpu")
    assert row.found == f"4.0 CPUs are asked for, {left} are left on the workers"
    assert row.verdict == ("ok" if float(left) >= 4 else "fail")
    assert row.fix == ([] if float(left) >= 4 else [f"{JOIN}   # and run what it prints on more nodes"])


def test_room_on_no_worker() -> None:
    """Nothing is left."""
    assert {row.verdict for row in rows(nodes.room, view(expected=PLATFORM))} == {"fail"}
