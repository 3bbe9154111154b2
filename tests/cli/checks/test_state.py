"""The state of an installation: units that are ready, objects that are missing, members, troubles and warnings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mgmtcluster.cli.pods import Event, Trouble, last_warnings, troubles
from mgmtcluster.cli.state import Member, PhaseState, State, Workload, state_of
from mgmtcluster.cli.state_view import not_ready, summary

from .views import expecting, item, pod, workload

WEB = workload("Deployment", "web", "shop", replicas=3)
JOB = item("Job", "make", "shop", spec={"template": {}})
SERVICE = item("Service", "web", "shop")
DATABASES = [
    workload("StatefulSet", "registry", "registries", replicas=2),
    workload("StatefulSet", "metrics-db", "metrics-system"),
]


def state(*live: dict[str, Any], events: list[dict[str, Any]] | None = None, **phases: list[Any]) -> State:
    """The state of a platform of these phases, and of both databases after them."""
    return state_of(expecting(phases={**phases, "databases": DATABASES}), live, events or [])


def deployed(generation: int = 1, scaled: int = 3, **status: int) -> dict[str, Any]:
    """The Deployment as the server has it."""
    seen = {"observedGeneration": 1, **status}
    return {**WEB, **item("Deployment", "web", "shop", generation=generation), "spec": {"replicas": scaled}, "status": seen}


@pytest.mark.parametrize(
    ("found", "ready", "note"),
    [
        (deployed(availableReplicas=3, updatedReplicas=3), 3, ""),
        (deployed(availableReplicas=2, updatedReplicas=3), 2, ""),
        (deployed(), 0, ""),
        (deployed() | {"status": None}, 0, "was changed just now"),
        (deployed(generation=2, availableReplicas=3, updatedReplicas=3), 0, "was changed just now"),
        (deployed(scaled=1, availableReplicas=1, updatedReplicas=1), 1, "was scaled to 1"),
        (deployed(scaled=5, availableReplicas=5, updatedReplicas=5), 3, ""),
        (item("Deployment", "web", "shop", deletionTimestamp="now", generation=1), 0, "is being deleted"),
        (item("Deployment", "other", "shop"), 0, "is not there"),
    ],
)
def test_a_deployment(found: dict[str, Any], ready: int, note: str) -> None:
    """Pods that are available count, as far as they are asked for; why others do not is told where it is known."""
    [phase, _] = state(found, phase=[WEB]).phases
    assert phase.workloads == [Workload("Deployment/shop/web", ready, 3, note)]
    assert (phase.ready, phase.asked, phase.whole) == (ready, 3, ready == 3)


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        ({"replicas": 3, "availableReplicas": 3, "updatedReplicas": 3}, 3),
        ({"replicas": 4, "availableReplicas": 3, "updatedReplicas": 1}, 0),
        ({"replicas": 4, "availableReplicas": 4, "updatedReplicas": 1}, 1),
        ({"replicas": 4, "availableReplicas": 4, "updatedReplicas": 3}, 3),
        ({"replicas": 3, "availableReplicas": 1, "updatedReplicas": 0}, 0),
    ],
)
def test_pods_of_an_earlier_template_do_not_count(status: dict[str, int], ready: int) -> None:
    """While a Deployment is rolled out the server does not say which of the available pods are new: as few as it can be."""
    assert state(deployed(**status), phase=[WEB]).phases[0].ready == ready


@pytest.mark.parametrize(
    ("conditions", "ready", "note"),
    [
        ([], 0, ""),
        ([{"type": "Complete", "status": "True"}], 1, ""),
        ([{"type": "Complete", "status": "False"}], 0, ""),
        ([{"type": "Failed", "status": "True", "message": "too often"}], 0, "failed: too often"),
        ([{"type": "Failed", "status": "False", "message": "too often"}], 0, ""),
    ],
)
def test_a_job(conditions: list[dict[str, str]], ready: int, note: str) -> None:
    """One unit, which is ready when it is complete."""
    found = {**JOB, "status": {"conditions": conditions}}
    assert state(found, phase=[JOB]).phases[0].workloads == [Workload("Job/shop/make", ready, 1, note)]


def test_objects_without_units() -> None:
    """They are there, or missing, or on their way out."""
    gone = item("Namespace", "shop", deletionTimestamp="now")
    [first, second, _] = state(
        SERVICE, gone, first=[SERVICE], second=[item("Namespace", "shop"), item("Secret", "key", "shop")]
    ).phases
    assert (first.missing, first.whole, first.asked) == ([], True, 0)
    assert (second.missing, second.whole) == (["Namespace/shop (is being deleted)", "Secret/shop/key"], False)


def member(name: str, namespace: str, *, ready: bool, node: str | None = None) -> dict[str, Any]:
    """The pod of a member."""
    conditions = [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": str(ready)}]
    return pod(name, namespace, status={"conditions": conditions}, nodeName=node)


def test_members() -> None:
    """Of both databases, as many as they should have; one that is Ready is primary or secondary."""
    live = [member("registry-0", "registries", ready=True, node="node-1"), member("registry-1", "registries", ready=False)]
    registry, metrics = state(*live, member("metrics-db-0", "elsewhere", ready=True)).databases
    assert registry.members == [
        Member("registry-0", "node-1", True, "primary or secondary"),
        Member("registry-1", None, False, None),
    ]
    assert (metrics.namespace, metrics.database, metrics.members) == (
        "metrics-system",
        "metrics-db",
        [Member("metrics-db-0", None, False, None)],
    )


def test_everything_is_there() -> None:
    """All phases are whole."""
    live = [
        {**database, "status": {"observedGeneration": 1, "availableReplicas": 9, "updatedReplicas": 9}} for database in DATABASES
    ]
    for one in live:
        one["metadata"] = {**one["metadata"], "generation": 1}
    assert state(*live, SERVICE, phase=[SERVICE]).whole
    assert not state(*live, phase=[SERVICE]).whole
    assert not state(live[0], SERVICE, phase=[SERVICE]).whole


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        ({}, None),
        ({"phase": "Running", "containerStatuses": [{"name": "one", "state": {"running": {}}}]}, None),
        ({"containerStatuses": [{"name": "one", "state": {"waiting": {"reason": "ContainerCreating"}}}]}, None),
        ({"initContainerStatuses": [{"name": "one", "state": {"waiting": {"reason": "PodInitializing"}}}]}, None),
        ({"conditions": [{"type": "PodScheduled", "status": "True"}]}, None),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node"}]},
            ("Unschedulable", "no node"),
        ),
        ({"conditions": [{"type": "PodScheduled", "status": "False"}]}, ("Unschedulable", "")),
        (
            {"containerStatuses": [{"name": "one", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no image"}}}]},
            ("ImagePullBackOff", "one: no image"),
        ),
        (
            {
                "initContainerStatuses": [{"name": "wait", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
                "containerStatuses": [{"name": "one", "state": {"waiting": {"reason": "PodInitializing"}}}],
            },
            ("CrashLoopBackOff", "wait: "),
        ),
        ({"phase": "Failed", "reason": "Evicted", "message": "no disk"}, ("Evicted", "no disk")),
        ({"phase": "Failed"}, ("Failed", "")),
    ],
)
def test_pods_that_cannot_run(status: dict[str, Any], trouble: tuple[str, str] | None) -> None:
    """In the words of the scheduler or the kubelet; one that starts is no trouble."""
    assert [*troubles([pod("web", "shop", status=status)])] == ([Trouble("shop", "web", *trouble)] if trouble else [])


def event(time: str, **fields: Any) -> dict[str, Any]:
    """A warning of this time."""
    about = {"kind": "Pod", "name": "web"}
    made = item(
        "Event", f"at-{time}", "shop", creationTimestamp="0", involvedObject=about, reason="Failed", message="no\n  image"
    )
    return {**made, **({"lastTimestamp": time} if time else {}), **fields}


def test_the_last_warnings() -> None:
    """Eight of them, the last one last, in a line each."""
    found = last_warnings([event(f"{number}") for number in (3, 1, 9, 2, 4, 5, 8, 7, 6)])
    assert [warning.time for warning in found] == ["2", "3", "4", "5", "6", "7", "8", "9"]
    assert found[0] == Event("2", "shop", "Pod/web", "Failed", "no image", 1)


@pytest.mark.parametrize(
    ("fields", "time", "count"),
    [
        ({}, "5", 1),
        ({"count": 7}, "5", 7),
        ({"series": {"lastObservedTime": "6", "count": 3}, "count": 1}, "6", 3),
        ({"lastTimestamp": None, "eventTime": "4"}, "4", 1),
        ({"lastTimestamp": None, "eventTime": None, "firstTimestamp": "3"}, "3", 1),
        ({"lastTimestamp": None}, "0", 1),
    ],
)
def test_when_and_how_often_a_warning_was_said(fields: dict[str, Any], time: str, count: int) -> None:
    """Wherever its reporter has written it."""
    [found] = last_warnings([event("5", **fields)])
    assert (found.time, found.count) == (time, count)


def test_the_state_has_troubles_and_warnings() -> None:
    """Of what is there."""
    found = state(pod("web", "shop", status={"phase": "Failed"}), events=[event("1")])
    assert (found.pods, [warning.time for warning in found.events]) == ([Trouble("shop", "web", "Failed", "")], ["1"])


PHASE = PhaseState(
    "60-services",
    ready=3,
    asked=5,
    missing=["Service/shop/web", "Namespace/shop (is being deleted)"],
    workloads=[
        Workload("Deployment/shop/web", 3, 3, ""),
        Workload("Deployment/shop/cart", 0, 1, ""),
        Workload("Job/shop/make", 0, 1, "failed: too often"),
    ],
)


def test_a_phase_in_a_line_and_in_a_cell() -> None:
    """Numbers, and what it waits for."""
    assert summary(PHASE) == "60-services: 3 of 5 ready, 2 missing"
    assert summary(replace(PHASE, missing=[])) == "60-services: 3 of 5 ready"
    assert not_ready(PHASE).splitlines() == [
        "Deployment/shop/cart: 0 of 1",
        "Job/shop/make: failed: too often",
        "Service/shop/web: is not there",
        "Namespace/shop (is being deleted)",
    ]
    assert not_ready(replace(PHASE, ready=0, missing=["a", "b", "c", "d"])) == "everything"
    assert not_ready(PhaseState("00-platform", 0, 0, [], [])) == ""
