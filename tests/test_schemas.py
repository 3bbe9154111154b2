"""Every object is valid, strictly, for every Kubernetes from 1.27 to 1.37."""

from copy import deepcopy
from functools import cache

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
from kubernetes_validate import utils

from tests.rendering import Manifests

MINORS = [f"1.{minor}" for minor in range(27, 38)]


@pytest.fixture(autouse=True)
def _read_each_schema_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The definitions of a version are parsed anew for every object otherwise."""
    monkeypatch.setattr(utils, "schema_contents", cache(utils.schema_contents))


def invalid(objects: Manifests, version: str) -> list[str]:
    """What is wrong with these objects for this version, unknown fields included."""
    problems = []
    for each in objects:
        try:
            kubernetes_validate.validate(each, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{each['kind']}/{each['metadata']['name']}: {error.message}")
    return problems


@pytest.mark.parametrize("version", MINORS)
def test_dist_is_valid(version: str, objects: Manifests) -> None:
    """Against the schemas of one minor version."""
    assert invalid(objects, version) == []


def test_a_field_that_nobody_knows_is_found(objects: Manifests) -> None:
    """The validation is strict, and so is this test of it."""
    changed = Manifests(deepcopy(objects[:30]))
    changed.of_kind("Service")[0]["spec"]["nodeport"] = 30100
    changed.of_kind("StatefulSet")[0]["spec"]["replicas"] = "three"
    assert len(invalid(changed, "1.37")) == 2
