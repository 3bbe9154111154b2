"""Whether everything that is installed in a namespace fits its quotas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from mgmtcluster.cli.checks.quotas import quotas
from mgmtcluster.cli.checks.row import Row
from mgmtcluster.cli.checks.told import Told
from mgmtcluster.manifests import Object

from .views import expecting, item, rows, the_row, view, workload

_WEB = {
    "name": "one",
    "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": "500m", "memory": "2Gi"}},
}
_APPS = {"apiVersion": "apps/v1"}
_CLAIM = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "5Gi"}}}}
PLATFORM = expecting(
    item("Namespace", "shop"),
    workload("Deployment", "web", "shop", _WEB, replicas=2) | _APPS,
    workload("StatefulSet", "db", "shop", _WEB, replicas=3, volumeClaimTemplates=[_CLAIM]) | _APPS,
    item("Service", "web", "shop", spec={"type": "NodePort", "ports": [{"port": 80}, {"port": 81}]}),
    item("Service", "db", "shop", spec={"ports": [{"port": 80}]}),
)


def quota(name: str = "all", namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    """A quota as a server lists it, without its kind."""
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec}


def compared(there: Sequence[Object] | None) -> Row:
    """The one row of the check on a cluster that has these quotas."""
    return the_row(quotas, replace(view(expected=PLATFORM), told=Told(quotas=there)))


#: Five pods and one more, with which the Deployment rolls; claims and Services.
_EXACT = {
    "pods": "6",
    "count/pods": "6",
    "cpu": "600m",
    "requests.cpu": "0.6",
    "limits.cpu": "3",
    "memory": "6Gi",
    "requests.memory": "6Gi",
    "limits.memory": "12Gi",
    "persistentvolumeclaims": "3",
    "count/persistentvolumeclaims": "3",
    "requests.storage": "15Gi",
    "services": "2",
    "count/services": "2",
    "services.nodeports": "2",
    "services.loadbalancers": "0",
    "count/deployments.apps": "1",
    "count/statefulsets.apps": "1",
    "count/configmaps": "1",
    "count/jobs.batch": "0",
}


def test_a_quota_that_is_just_large_enough() -> None:
    """Of every resource that is known; one that is not is no problem."""
    row = compared([quota(hard={**_EXACT, "requests.nvidia.com/gpu": "0"})])
    assert (row.verdict, row.found) == ("ok", "the platform fits shop/all")


@pytest.mark.parametrize("resource", [resource for resource, hard in _EXACT.items() if hard != "0"])
def test_a_quota_that_is_too_small(resource: str) -> None:
    """Even by a little: the row says what is asked for."""
    smaller = {"6": "5", "3": "2", "2": "1", "1": "0", "6Gi": "6143Mi", "12Gi": "12287Mi", "15Gi": "14Gi"}
    hard = {"600m": "599m", "0.6": "0.5", **smaller}[_EXACT[resource]]
    row = compared([quota(hard={**_EXACT, resource: hard})])
    assert row.verdict == "fail"
    assert row.found.startswith(f"shop/all: {resource} is {hard}, and ")
    assert row.found.endswith(" is asked for")


def test_the_largest_of_all_pods_may_roll() -> None:
    """Of each resource, whichever Deployment asks for most of it, and in whatever order they are."""
    heavy = {"name": "one", "resources": {"requests": {"cpu": "200m", "memory": "1Gi"}, "limits": {"memory": "4Gi"}}}
    pair = [workload("Deployment", name, "shop", each, replicas=1) | _APPS for name, each in (("a", _WEB), ("b", heavy))]
    for deployments in (pair, pair[::-1]):
        expected = expecting(item("Namespace", "shop"), *deployments)
        there = [quota(hard={"cpu": "0", "limits.cpu": "0", "limits.memory": "0"})]
        row = the_row(quotas, replace(view(expected=expected), told=Told(quotas=there)))
        assert row.found == (
            "shop/all: cpu is 0, and 0.5 is asked for; limits.cpu is 0, and 1 is asked for; "
            "limits.memory is 0, and 10240Mi is asked for"
        )


def test_every_quota_that_is_too_small_is_told() -> None:
    """In a row of its own, with everything that it lacks."""
    there = [quota("one", hard={"pods": "1", "limits.memory": "1Gi"}), quota("two", hard={"cpu": "0"}), quota("large", hard={})]
    found = [*rows(quotas, replace(view(expected=PLATFORM), told=Told(quotas=there)))]
    assert [row.found for row in found] == [
        "shop/one: pods is 1, and 6 is asked for; limits.memory is 1Gi, and 12288Mi is asked for",
        "shop/two: cpu is 0, and 0.6 is asked for",
    ]


def test_quotas_elsewhere_and_none() -> None:
    """Other namespaces are not the platform's."""
    for there in ([], [quota(namespace="other", hard={"pods": "0"})]):
        row = compared(there)
        assert (row.verdict, row.found) == ("ok", "none is in the platform's namespaces")


@pytest.mark.parametrize("scope", [{"scopes": ["BestEffort"]}, {"scopeSelector": {"matchExpressions": []}}])
def test_a_quota_for_some_pods(scope: dict[str, Any]) -> None:
    """Is named, so that nobody takes it for compared."""
    row = compared([quota(hard={"pods": "0"}, **scope)])
    assert (row.verdict, row.found) == ("warn", "not compared, since it is for some pods alone: shop/all")


def test_quotas_that_may_not_be_listed() -> None:
    """Is no failure."""
    row = compared(None)
    assert (row.verdict, row.found) == ("warn", "cannot be told from here: you may not list ResourceQuotas")
