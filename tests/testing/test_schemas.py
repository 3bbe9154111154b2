"""Every object is valid, strictly, for every Kubernetes from 1.27 to 1.37; what is not is named."""

from copy import deepcopy

import pytest

from mgmtcluster import Init, InvalidInput, Worker
from mgmtcluster.testing import Manifests, assert_admitted
from tests.constructs.made_up import IMAGE
from tests.rendering import render_chart

MINORS = [f"1.{minor}" for minor in range(27, 38)]


@pytest.mark.parametrize("version", MINORS)
def test_dist_is_valid(version: str, objects: Manifests) -> None:
    """Against the schemas of one minor version."""
    assert_admitted(objects, version=version)


def test_every_object_with_a_fault_is_named(objects: Manifests) -> None:
    """A field that nobody knows, and a value of another type: a line each, with the field."""
    changed = Manifests(deepcopy(objects[:30]))
    changed.of_kind("Service")[0]["spec"]["nodeport"] = 30100
    changed.of_kind("StatefulSet")[0]["spec"]["replicas"] = "three"
    with pytest.raises(AssertionError) as error:
        assert_admitted(changed)
    first, second = sorted(str(error.value).splitlines())
    assert first.startswith("Service/registries/registry: spec: ")
    assert "'nodeport' was unexpected" in first
    assert second.startswith("StatefulSet/registries/registry: spec.replicas: 'three' is not of type 'integer'")


def test_a_kind_that_a_version_does_not_know_is_named() -> None:
    """One of Kubernetes' own; those of others have no schemas, and are passed over."""
    budget = {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "shop"}}
    monitor = {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "web"}, "spec": 1}
    with pytest.raises(AssertionError) as error:
        assert_admitted([budget, monitor], version="1.30")
    assert str(error.value) == "PodDisruptionBudget/shop/web: Kubernetes 1.30 has no PodDisruptionBudget of policy/v1beta1"


@pytest.mark.parametrize(("version", "said"), [("1.27", "restartPolicy"), ("1.28", "leaves it out"), ("1.29", None)])
def test_a_sidecar_that_starts_first_needs_a_version_that_keeps_it(version: str, said: str | None) -> None:
    """Servers of 1.28 know its field, and drop it without a word."""
    before = Init(name="proxy", image=IMAGE, restart_policy="Always")
    objects = render_chart(lambda chart: Worker(chart, "worker", image=IMAGE, init=[before]))
    if said is None:
        assert_admitted(objects, version=version)
        return
    with pytest.raises(AssertionError) as error:
        assert_admitted(objects, version=version)
    [line] = str(error.value).splitlines()
    assert line.startswith("Deployment/shop/worker: ")
    assert said in line


def test_a_version_without_schemas_is_refused() -> None:
    """An older one, and one that is none."""
    for version in ("1.10", "newest"):
        with pytest.raises(
            InvalidInput, match=rf"^assert_admitted: version: '{version}' has no schemas here; write one of 1\.\d+, "
        ):
            assert_admitted([], version=version)
