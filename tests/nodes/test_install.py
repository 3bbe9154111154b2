"""Installing the committed dist/ on three nodes: everything runs, by its own probes, and a second apply changes nothing."""

from __future__ import annotations

import time

from mgmtcluster import catalog
from tests.rig.kube import Kubectl, documents, key

from .command import UNTOLD, ask
from .machines import NAMES
from .platform import Platform, restarts

#: How long everything may take after dist/ is applied.
_INSTALL_SECONDS = 300.0

#: Warnings that an installation leaves, by reason and a part of the message, and why nobody need act on them.
_EXPECTED_WARNINGS = {
    ("Failed", "pull QPS exceeded"): "a kubelet pulls five images a second at most, and tries again",
    ("Failed", "Error: ErrImagePull"): "the same; what cannot be pulled at all is never Ready",
    ("Failed", "Error: ImagePullBackOff"): "the same, while it waits to try again",
    ("Failed", " not found"): "everything is applied at once: a pod may look for its Secret before the bootstrap Job has made it",
    ("FailedMount", " not found"): "the same, of a Secret that is mounted",
    ("FailedMount", "timed out waiting for the condition"): "a busy kubelet has not read the object yet, and tries again",
    ("FailedMount", "no relationship found"): "the API server learns a moment later that the claim's pod is on the node",
    ("FailedScheduling", " not found"): "a pod is made right after its claim, and the scheduler hears of it first",
    ("FailedToCreateEndpoint", "already exists"): "Kubernetes' own controller made it twice at a time",
    ("Unhealthy", "Startup probe failed"): "a process has not opened its port at the first look",
    ("Unhealthy", "Readiness probe failed"): "until its set is initiated a member is not Ready, nor a service that asks the set",
}


def test_everything_is_well_within_five_minutes(platform: Platform) -> None:
    """After one apply every Deployment and StatefulSet is available by its own probes, and every Job complete; `status` says
    so, and not before.
    """
    assert (platform.installation.applied.returncode, platform.installation.applied.stderr) == (0, "")
    first = ask(platform.machines, "status")
    assert (first.code, first.found["whole"]) == (1, False)
    platform.settle()
    took = time.monotonic() - platform.began
    print(f"\nall is well {took:.0f} s after the apply began")
    assert took < _INSTALL_SECONDS
    assert {pod["spec"]["nodeName"] for pod in platform.pods()} == {*NAMES}


def test_no_container_was_restarted(platform: Platform) -> None:
    """Everything waits for what it needs; nothing crashes until it is there."""
    pods = platform.pods()
    assert pods
    assert {key(pod): count for pod in pods if (count := restarts(pod))} == {}


def test_no_warning_is_left(platform: Platform, kubectl: Kubectl) -> None:
    """The events of the platform's namespaces hold no warning but the listed ones; those of nodes are this machine's."""
    platform.get_well()
    namespaces = {item["metadata"]["name"] for item in documents(*platform.installation.files) if item["kind"] == "Namespace"}
    events = kubectl.items("events", "--all-namespaces", "--field-selector=type=Warning")
    warnings = [each for each in events if each["involvedObject"].get("namespace") in namespaces]
    assert warnings
    unexpected = [
        f"{each['involvedObject']['kind']}/{each['involvedObject']['name']}: {each['reason']}: {each['message']}"
        for each in warnings
        if not any(each["reason"] == reason and part in each["message"] for reason, part in _EXPECTED_WARNINGS)
    ]
    assert unexpected == []


def test_preflight_takes_the_installation_for_its_own(platform: Platform) -> None:
    """Node ports, namespaces, Jobs and volumes of the platform itself are in nobody's way."""
    said = ask(platform.machines, "preflight")
    assert said.code == 0, said.checks()
    assert {check for check, (verdict, _) in said.checks().items() if verdict != "ok"} <= UNTOLD


def test_every_secret_exists_once_and_every_service_has_its_own(platform: Platform) -> None:
    """A keyfile, a password of root and one of each service for a database, an administrator's for Redis; no two are equal."""
    secrets = platform.secrets()
    expected = {
        f"{database.namespace}/{database.name}-{what}" for database in catalog.DATABASES for what in ("keyfile", "user-root")
    }
    users = {
        f"{database.namespace}/{database.name}-user-{service.name}"
        for database in catalog.DATABASES
        for service in catalog.ALL
        if service.database and service.endpoint.namespace == database.namespace
    }
    assert {*secrets} == expected | users | {"metrics-system/metrics-redis-user-admin"}
    values = [value for data in secrets.values() for value in data.values()]
    assert len({*values}) == len(values)


def test_the_second_apply_changes_nothing(platform: Platform) -> None:
    """It says `unchanged` of every object but a PodDisruptionBudget, and touches no generation and no pod."""
    before, pods = platform.installation.generations(), {pod["metadata"]["uid"] for pod in platform.pods()}
    again = platform.installation.apply()
    assert (again.returncode, again.stderr) == (0, "")
    changed = [line for line in again.stdout.splitlines() if not line.endswith(" unchanged")]
    assert [line for line in changed if not line.startswith("poddisruptionbudget.policy/")] == []
    assert {*platform.installation.objects()} == {key(each) for each in documents(*platform.installation.files)}
    assert platform.installation.generations() == before
    assert {pod["metadata"]["uid"] for pod in platform.pods()} == pods
