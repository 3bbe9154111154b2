"""What the reasons of the waivers claim is so."""

from typing import Any

import pytest

from mgmtcluster import images
from mgmtcluster.testing import Manifests, load
from tests.rendering import DIST, containers_of, name_of, pod_spec

HIGH_UID = 10_000


@pytest.fixture(scope="module")
def workloads() -> Manifests:
    """Everything of dist/ that has pods."""
    objects = Manifests(each for file in sorted(DIST.iterdir()) for each in load(file.read_text()))
    return Manifests(objects.workloads())


def test_only_pinned_images_of_other_projects_are_not_pulled_anew(workloads: Manifests) -> None:
    """By a tag with three numbers; our own images are, because their tag is pushed again."""
    kept = {
        container["image"]
        for workload in workloads
        for container in containers_of(workload)
        if container["imagePullPolicy"] != "Always"
    }
    assert {images.MONGO, images.REDIS} <= kept <= set(images.THIRD_PARTY.values())
    assert all(image.rpartition(":")[2].lstrip("v").replace(".", "").isdigit() and image.count(".") == 2 for image in kept)


def test_only_members_of_a_database_run_as_a_low_user(workloads: Manifests) -> None:
    """And none as root."""
    low = {}
    for workload in workloads:
        for container in containers_of(workload):
            context = pod_spec(workload)["securityContext"] | container["securityContext"]
            if context["runAsUser"] < HIGH_UID:
                low[name_of(workload)] = context["runAsUser"]
    assert low == {"StatefulSet/registries/registry": 999, "StatefulSet/metrics-system/metrics-db": 999}


def test_the_only_secret_that_a_service_is_given_is_its_own_password(workloads: Manifests) -> None:
    """One variable, from the Secret of its own user."""
    given = [
        (each["name"], name_of(workload).rpartition("/")[2], each["valueFrom"]["secretKeyRef"]["name"])
        for workload in workloads
        for container in containers_of(workload)
        for each in container.get("env", ())
        if "secretKeyRef" in each.get("valueFrom", {})
    ]
    assert len(given) > 15
    assert {variable for variable, _, _ in given} == {"DATABASE_PASSWORD"}
    assert [each for each in given if not each[2].endswith(f"-user-{each[1]}")] == []


def patience(probe: dict[str, Any]) -> int:
    """Seconds until a probe that fails has a consequence."""
    return int(probe["periodSeconds"]) * int(probe["failureThreshold"])


def test_liveness_acts_later_than_readiness(workloads: Manifests) -> None:
    """At least three times as late where both ask the same."""
    same = 0
    for workload in workloads:
        for container in containers_of(workload):
            ready, live = container.get("readinessProbe"), container.get("livenessProbe")
            if ready and live and any(ready.get(how, 0) == live.get(how) for how in ("httpGet", "tcpSocket", "exec")):
                same += 1
                assert patience(live) >= 3 * patience(ready), name_of(workload)
    assert same
