"""Namespaces, names and Jobs that are there already."""

from __future__ import annotations

from typing import Any

import pytest

from mgmtcluster.cli.checks import objects

from .views import expecting, item, pod, rows, the_row, view

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}
NAMES = item("Namespace", "registry")
SHOP = item("Namespace", "shop", labels=RESTRICTED)
PLATFORM = expecting(SHOP, NAMES, item("Service", "web", "shop"), item("ClusterRole", "maker"))


@pytest.mark.parametrize(
    "there",
    [
        [],
        [item("Namespace", "elsewhere"), pod("web", "elsewhere")],
        [item("Namespace", "shop", ours=True, labels=RESTRICTED), pod("web", "shop", ours=True)],
        [item("Namespace", "registry", ours=True)],
    ],
)
def test_namespaces_of_the_platform(there: list[dict[str, Any]]) -> None:
    """They are not there yet, or its own as it makes them."""
    row = the_row(objects.namespaces, view(*there, expected=PLATFORM))
    assert (row.verdict, row.found) == ("ok", "the platform's own, or made by the installation")


def test_a_namespace_that_is_being_deleted() -> None:
    """One waits for its end."""
    row = the_row(objects.namespaces, view(item("Namespace", "shop", deletionTimestamp="now"), expected=PLATFORM))
    assert (row.verdict, row.found) == ("fail", "shop is being deleted")
    assert row.fix == ["kubectl wait --for=delete namespace/shop --timeout=5m"]


@pytest.mark.parametrize(
    ("there", "verdict", "found"),
    [
        (
            [item("Namespace", "shop"), pod("a", "shop"), pod("b", "shop"), pod("c", "shop", ours=True)],
            "fail",
            "shop has 2 pods that the platform does not own; Pod Security becomes restricted",
        ),
        (
            [item("Namespace", "shop", ours=True, labels=RESTRICTED), pod("a", "shop")],
            "fail",
            "shop has 1 pod that the platform does not own; Pod Security becomes restricted, it is restricted now",
        ),
        (
            [item("Namespace", "shop")],
            "warn",
            "shop is not the platform's and has no pod; Pod Security becomes restricted",
        ),
        (
            [item("Namespace", "shop", ours=True, labels={**RESTRICTED, "pod-security.kubernetes.io/enforce": "baseline"})],
            "warn",
            "shop was changed; Pod Security becomes restricted, it is baseline now",
        ),
    ],
)
def test_a_namespace_of_somebody_else(there: list[dict[str, Any]], verdict: str, found: str) -> None:
    """Pods of others are in the way, since they are closed off; labels alone are told."""
    row = the_row(objects.namespaces, view(*there, expected=PLATFORM))
    assert (row.verdict, row.found) == (verdict, found)
    command = "kubectl get pods -n shop   # move them" if verdict == "fail" else "kubectl get namespace shop --show-labels"
    assert row.fix[0].startswith(command)


def test_a_namespace_in_which_nothing_is_closed_off() -> None:
    """Pods of others stay there as they are: it says that they are there, and no more."""
    row = the_row(objects.namespaces, view(item("Namespace", "registry"), pod("a", "registry"), expected=PLATFORM))
    text = "the platform adds names there and closes nothing off"
    assert (row.verdict, row.found) == ("ok", f"registry has 1 pod that the platform does not own; {text}")
    row = the_row(objects.namespaces, view(item("Namespace", "registry"), expected=PLATFORM))
    assert (row.verdict, row.found) == ("ok", f"registry is not the platform's and has no pod; {text}")


def test_a_namespace_with_a_policy_over_all_pods_is_closed_off() -> None:
    """Whatever its Pod Security; one over some pods is not."""
    seen = [item("Namespace", "registry"), pod("a", "registry")]
    for selector, verdict in (({}, "fail"), ({"matchLabels": {"app": "web"}}, "ok")):
        policy = item("NetworkPolicy", "default-deny", "registry", spec={"podSelector": selector})
        row = the_row(objects.namespaces, view(*seen, expected=expecting(NAMES, policy)))
        assert row.verdict == verdict
    assert row.found.startswith("registry has 1 pod that the platform does not own")


def test_every_namespace_has_its_row() -> None:
    """Where something is to be said."""
    seen = view(item("Namespace", "shop"), item("Namespace", "registry"), expected=PLATFORM)
    assert [row.verdict for row in rows(objects.namespaces, seen)] == ["warn", "ok"]


def test_names_that_are_free() -> None:
    """Or the platform's own; a namespace has its own check, and the same name elsewhere is another."""
    others = [item("Service", "web", "elsewhere"), item("Service", "web", "shop", ours=True), SHOP]
    assert the_row(objects.foreign, view(*others, expected=PLATFORM)).verdict == "ok"


def test_names_that_others_hold() -> None:
    """They are named, and so are the commands that delete them, once somebody has looked."""
    row = the_row(objects.foreign, view(item("Service", "web", "shop"), item("ClusterRole", "maker"), expected=PLATFORM))
    assert (row.verdict, row.found) == ("fail", "2 objects are not the platform's: Service/shop/web, ClusterRole/maker")
    assert row.fix[0].startswith("mgmtcluster plan-migration   # if they are of the shell installer")
    assert row.fix[1:] == ["kubectl delete service web -n shop", "kubectl delete clusterrole maker"]
    row = the_row(objects.foreign, view(item("Service", "web", "shop"), expected=PLATFORM))
    assert row.found.startswith("1 object is not the platform's")


def job(name: str, *conditions: str, ours: bool = True) -> dict[str, Any]:
    """A Job whose conditions say this."""
    return item("Job", name, "shop", ours=ours, status={"conditions": [{"type": text, "status": "True"} for text in conditions]})


JOBS = expecting(item("Job", "make-1", "shop"))


@pytest.mark.parametrize(
    "there",
    [
        [],
        [job("make-1", "Complete")],
        [job("make-1")],
        [job("make-0")],
        [job("other", "Failed", ours=False)],
        [item("Job", "make-0", "shop", ours=True, status={"conditions": [{"type": "Failed", "status": "False"}]})],
    ],
)
def test_jobs_that_are_well(there: list[dict[str, Any]]) -> None:
    """Complete, running, or of others."""
    assert the_row(objects.jobs, view(*there, expected=JOBS)).verdict == "ok"


def test_jobs_that_failed_and_old_ones() -> None:
    """The first are deleted before the next apply, the second at any time."""
    failed, old = rows(objects.jobs, view(job("make-1", "Failed"), job("make-0", "Complete"), expected=JOBS))
    assert (failed.verdict, failed.found) == ("fail", "failed: Job/shop/make-1")
    assert failed.fix == ["kubectl delete job make-1 -n shop   # then apply again"]
    assert (old.verdict, old.found) == ("warn", "finished, of earlier settings: Job/shop/make-0")
    assert old.fix == ["kubectl delete job make-0 -n shop"]
