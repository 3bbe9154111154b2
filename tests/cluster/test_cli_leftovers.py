"""``mgmtcluster preflight`` on clusters with the platform, or with what an earlier installation left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.installations import Installations
from tests.rig.installation import Installation
from tests.rig.kube import Json, Kubectl, condition

from .test_cli_dry_run import tried, versions
from .test_cli_preflight import carry_out, preflight, row, rows


@pytest.mark.usefixtures("platform")
def test_the_platform_itself_is_in_the_way_of_nothing(kubectl: Kubectl) -> None:
    """On a cluster with the platform nothing fails; a Job of earlier settings is told, and its command removes it."""
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
    pods = ("pods", "--namespace=registries", "--selector=batch.kubernetes.io/job-name=registry-bootstrap-0ld")
    kubectl.until("its pods to be gone", lambda: not kubectl.items(*pods))


@pytest.mark.usefixtures("platform")
def test_what_is_installed_is_admitted_again(kubectl: Kubectl) -> None:
    """Objects that are there are changed in the dry run, and in it alone."""
    before = versions(kubectl)
    [found] = tried()
    assert found["verdict"] == "ok", found
    assert versions(kubectl) == before


def test_pod_security_that_was_changed(platform: Installation, kubectl: Kubectl) -> None:
    """It says what an apply makes of it."""
    kubectl("label", "--overwrite", "namespace", "utils", "pod-security.kubernetes.io/enforce=privileged")
    try:
        found = row(preflight(), "namespaces")
    finally:
        kubectl("apply", f"--filename={platform.folder / '00-platform.k8s.yaml'}")
    assert (found["verdict"], found["found"]) == (
        "warn",
        "utils was changed; Pod Security becomes restricted, it is privileged now",
    )
    assert row(preflight(), "namespaces")["verdict"] == "ok"


@pytest.fixture
def of_two_times(installations: Installations, kubectl: Kubectl) -> Iterator[None]:
    """Nothing installed; Released volumes, one of a member of registry, two of another."""
    installations.clear()
    volumes = [_volume("old-0", "data-registry-1"), _volume("old-1", "data-registry-0"), _volume("old-2", "data-registry-0")]
    try:
        kubectl.apply(*volumes)
        kubectl.until("volumes", lambda: {each["status"]["phase"] for each in kubectl.items("pv")} == {"Released"})
        yield
    finally:
        kubectl("delete", "--ignore-not-found", "pv", "old-0", "old-1", "old-2")
        kubectl("delete", "--ignore-not-found", "namespace", "registries")


def _volume(name: str, claim: str) -> Json:
    """A volume that was bound to a claim which is no more."""
    spec = {
        "capacity": {"storage": "10Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "mgmtcluster-local-path",
        "hostPath": {"path": f"/var/lib/mgmtcluster/volumes/{name}"},
        "claimRef": {"namespace": "registries", "name": claim, "uid": "00000000-0000-0000-0000-000000000000"},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec}


@pytest.mark.usefixtures("of_two_times")
def test_two_volumes_of_the_same_claim(kubectl: Kubectl) -> None:
    """It asks to choose one and adopts none; the one that is left is adopted as any. It tells of one that came too late."""
    alone, choice = rows(preflight())["volumes"]
    assert (alone["verdict"], choice["verdict"]) == ("fail", "fail")
    assert "kubectl patch pv old-0" in alone["fix"][-1]
    assert "2 Released volumes were of registries/data-registry-0 (data of the database registry)" in choice["found"]
    assert [line.partition("   #")[0] for line in choice["fix"]] == [
        "kubectl describe pv old-1",
        "kubectl describe pv old-2",
        "kubectl delete pv NAME",
        "mgmtcluster preflight",
    ]
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data-registry-1", "namespace": "registries"},
    }
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "none"}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "registries"}}, {**claim, "spec": spec})
    again, late = rows(preflight())["volumes"]
    assert again == choice
    assert (late["verdict"], late["fix"][0].partition("   #")[0]) == ("warn", "kubectl delete pv old-0")
    kubectl("delete", "pv", "old-1")
    left = rows(preflight())["volumes"][0]
    assert (left["verdict"], "kubectl patch pv old-2" in left["fix"][-1]) == ("fail", True)
