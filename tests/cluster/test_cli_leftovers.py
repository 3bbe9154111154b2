"""``mgmtcluster preflight`` on clusters with the platform, or with what an earlier installation left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .installation import Installation
from .kube import Kubectl, condition
from .test_cli_preflight import carry_out, preflight, row
from .workspace import Workspace


def test_the_platform_itself_is_in_the_way_of_nothing(platform: Installation, kubectl: Kubectl) -> None:
    """On a cluster with the platform nothing fails; a Job of earlier settings is told, and its command removes it."""
    platform.settle()
    [job] = kubectl.items("jobs", "--namespace=registries", "--selector=app.kubernetes.io/name=registry-bootstrap")
    old = {"apiVersion": job["apiVersion"], "kind": "Job", "spec": {"template": job["spec"]["template"]}}
    labels = {"app.kubernetes.io/part-of": "mgmtcluster"}
    old["metadata"] = {"name": "registry-bootstrap-0ld", "namespace": "registries", "labels": labels}
    for label in ("controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name"):
        old["spec"]["template"]["metadata"]["labels"].pop(label, None)
    assert preflight().returncode == 0
    kubectl.apply(old)
    kubectl.until(
        "the Job to end",
        lambda: condition(kubectl.item("job", "registry-bootstrap-0ld", "--namespace=registries"), "Complete"),
    )
    found = row(preflight(), "jobs")
    assert (found["verdict"], found["fix"]) == ("warn", ["kubectl delete job registry-bootstrap-0ld -n registries"])
    carry_out(kubectl, found["fix"])
    assert row(preflight(), "jobs")["verdict"] == "ok"


@pytest.fixture
def released(databases: Installation, workspace: Workspace, kubectl: Kubectl) -> Iterator[dict[str, str]]:
    """The claims of the databases and their volumes, which were left when the namespaces were deleted."""
    claims = databases.claims()
    assert len(claims) == 6 or "metrics-system/data-metrics-redis-0" in claims
    kubectl("delete", "statefulsets,jobs,deployments", "--all", "--namespace=registries", "--wait=false")
    kubectl("delete", "namespace", "registries", "metrics-system")
    yield claims
    kubectl("apply", f"--filename={workspace.manifests}")
    databases.settle()


def test_volumes_of_an_earlier_installation(released: dict[str, str], workspace: Workspace, kubectl: Kubectl) -> None:
    """It fails before new volumes are made, and its commands bind the old ones to the same claims again."""
    found = row(preflight(cwd=workspace.folder), "volumes")
    assert found["verdict"] == "fail"
    assert all(volume in "\n".join(found["fix"]) for volume in released.values())
    carry_out(kubectl, found["fix"], cwd=workspace.folder)
    kubectl.until(
        "the volumes to be bound",
        lambda: {each["status"]["phase"] for each in kubectl.items("pv", *released.values())} == {"Bound"},
    )
    claims = kubectl.items("pvc", "--all-namespaces")
    again = {f"{each['metadata']['namespace']}/{each['metadata']['name']}": each["spec"]["volumeName"] for each in claims}
    assert again == released
    assert row(preflight(cwd=workspace.folder), "volumes")["verdict"] == "ok"
