"""``mgmtcluster status`` on a cluster where something of the platform does not go well."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.rig.installation import Installation
from tests.rig.kube import Json, Kubectl, condition, documents, is_ready

from .test_cli_preflight import carry_out, preflight, row
from .test_cli_status import seen, status


@pytest.fixture
def failed_job(platform: Installation, kubectl: Kubectl) -> Iterator[str]:
    """A Job of the platform that has failed, because no node is one for its pod."""
    jobs = [each for each in documents(*platform.files) if each["kind"] == "Job"]
    [job] = [json.loads(json.dumps(each)) for each in jobs if each["metadata"]["name"].startswith("registry-init-client")]
    name, home = job["metadata"]["name"], "--namespace=registries"
    job["spec"]["activeDeadlineSeconds"] = 1
    job["spec"]["template"]["spec"]["nodeSelector"] = {"example.test/nowhere": "yes"}
    try:
        kubectl("delete", "job", name, home)
        kubectl.apply(job)
        kubectl.until("the Job to fail", lambda: condition(kubectl.item("job", name, home), "Failed"))
        yield name
    finally:
        kubectl("delete", "--ignore-not-found", "job", name, home)
        kubectl("apply", f"--filename={platform.folder}")
        platform.settle()


def test_a_job_has_failed(failed_job: str, platform: Installation, kubectl: Kubectl) -> None:
    """Its row has Kubernetes' own reason, and the commands of preflight's row make it run anew."""
    done = status()
    assert done.returncode == 1
    workloads = [each for phase in seen(done)["phases"] for each in phase["workloads"] if each["ready"] < each["asked"]]
    assert [(each["object"], each["note"]) for each in workloads] == [
        (f"Job/registries/{failed_job}", "failed: Job was active longer than specified deadline")
    ]
    found = row(preflight(), "jobs")
    assert (found["verdict"], failed_job in found["found"]) == ("fail", True)
    carry_out(kubectl, found["fix"])
    kubectl("apply", f"--filename={platform.folder}")
    platform.settle()
    assert status().returncode == 0


def test_pods_that_do_not_stay_up(platform: Installation, kubectl: Kubectl) -> None:
    """In the words of the kubelet."""
    waits = {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}
    container = {"name": "parser", "image": "", "imageID": "", "ready": False, "restartCount": 9, "state": {"waiting": waits}}
    evicted = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}
    pods = kubectl.items("pods", "--namespace=services", "--selector=app.kubernetes.io/name=parser")
    first, second = (pod["metadata"]["name"] for pod in pods if is_ready(pod))
    try:
        _report(kubectl, first, {"containerStatuses": [container]})
        _report(kubectl, second, evicted)
        found = {each["pod"]: (each["reason"], each["message"]) for each in seen(status())["pods"]}
    finally:
        kubectl("delete", "pods", "--namespace=services", first, second)
        platform.settle()
    assert found[first] == ("CrashLoopBackOff", f"parser: {waits['message']}")
    assert found[second] == ("Evicted", evicted["message"])


def test_a_rollout_that_does_not_end(platform: Installation, kubectl: Kubectl) -> None:
    """Pods of the old template answer, and do not count."""
    parser = ("deployment/parser", "--namespace=services")
    patch = {"spec": {"template": {"spec": {"nodeSelector": {"example.test/nowhere": "yes"}}}}}
    try:
        kubectl("patch", *parser, f"--patch={json.dumps(patch)}")
        kubectl.until("a new pod", lambda: _begun(kubectl.item(*parser)))
        done = status()
    finally:
        kubectl("rollout", "undo", *parser)
        platform.settle()
    assert done.returncode == 1
    [found] = [each for each in seen(done)["phases"][-1]["workloads"] if each["object"] == "Deployment/services/parser"]
    assert (found["ready"], found["asked"]) == (0, 2)


def _begun(deployment: Json) -> bool:
    """Whether the controller has seen a change and made one pod for it, beside all the old ones."""
    status = deployment["status"]
    seen_it = status["observedGeneration"] == deployment["metadata"]["generation"]
    return seen_it and (status.get("updatedReplicas"), status.get("availableReplicas")) == (1, 2)


def _report(kubectl: Kubectl, pod: str, status: Json) -> None:
    """Say this of a pod, as a kubelet does."""
    patch = json.dumps({"status": status})
    kubectl("patch", "pod", pod, "--namespace=services", "--subresource=status", "--type=merge", f"--patch={patch}")


def test_objects_that_are_being_deleted(platform: Installation, kubectl: Kubectl) -> None:
    """They are there still, and do not count."""
    things = ("service/parser", "deployment/parser", "--namespace=services")
    try:
        kubectl("patch", *things, "--type=merge", '--patch={"metadata": {"finalizers": ["example.test/hold"]}}')
        kubectl("delete", *things, "--wait=false", "--cascade=orphan")
        done = status()
    finally:
        kubectl("patch", *things, "--type=merge", '--patch={"metadata": {"finalizers": null}}')
        kubectl("apply", f"--filename={platform.folder}")
        platform.settle()
    assert done.returncode == 1
    last = seen(done)["phases"][-1]
    assert last["missing"] == ["Service/services/parser (is being deleted)"]
    assert "is being deleted" in [workload["note"] for workload in last["workloads"]]
