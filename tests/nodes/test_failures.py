"""Parts fail one at a time, and each recovers as docs/failure-modes.md says."""

from __future__ import annotations

import time

import pytest

from mgmtcluster.catalog.endpoints import BLOCKS_DB, PARSER
from tests.cluster.kube import Json, Kubectl, is_ready
from tests.cluster.workspace import blocks

from .asking import EXPOSED, Answers, steady
from .command import ask, run
from .platform import Platform, restarts

_BLOCKS = f"--selector=app.kubernetes.io/name={BLOCKS_DB.service}"
_PARSER = f"--selector=app.kubernetes.io/name={PARSER.service}"
_NO_API_SECONDS = 60.0
#: By then the control plane has looked at the nodes again, and given up those that could not tell it of themselves.
_LOOKED_AGAIN_SECONDS = 10.0


@pytest.fixture(scope="module")
def filled(platform: Platform) -> Json:
    """A pod of the parser whose /tmp holds more than its volume may; the kubelet looks about once a minute."""
    pod = next(each for each in platform.pods(_PARSER) if is_ready(each))
    [container] = pod["spec"]["containers"]
    [name] = [each["name"] for each in container["volumeMounts"] if each["mountPath"] == "/tmp"]
    [limit] = [each["emptyDir"]["sizeLimit"] for each in pod["spec"]["volumes"] if each["name"] == name]
    assert limit.endswith("Mi")
    done = platform.exec(pod, "sh", "-c", f"head -c {int(limit[:-2]) + 50}M /dev/zero > /tmp/full")
    assert done.returncode == 0, done.stderr
    return pod


@pytest.mark.usefixtures("filled")
def test_a_killed_service_is_started_again(platform: Platform, kubectl: Kubectl) -> None:
    """Its process is killed: the other pod goes on, and this one answers again within a minute, in the same place."""
    pod = next(each for each in platform.pods(_BLOCKS) if is_ready(each))
    name, namespace = pod["metadata"]["name"], f"--namespace={BLOCKS_DB.namespace}"

    def again() -> bool:
        now = kubectl.item("pod", name, namespace)
        return restarts(now) == restarts(pod) + 1 and is_ready(now)

    with steady(platform.machines.addresses().values(), [BLOCKS_DB]) as answers:
        platform.kill(pod)
        kubectl.until("the container to be Ready again", again, 60)
    _print("a killed process", answers)
    assert answers[BLOCKS_DB.service].gap < 60


@pytest.mark.usefixtures("filled")
def test_a_lost_password_is_replaced_as_documented(platform: Platform) -> None:
    """Its Secret is deleted: running pods go on; the documented commands make a new one, for the user and the pods."""
    name = f"{BLOCKS_DB.namespace}/registry-user-{BLOCKS_DB.service}"
    before = platform.secrets()
    platform.kubectl("delete", "secret", f"--namespace={BLOCKS_DB.namespace}", name.rpartition("/")[2])
    assert platform.wrong_peers(_BLOCKS) == []
    user = f"user={BLOCKS_DB.service}\n"
    first, second = blocks("Rotate a password, or replace a lost one")
    assert user in first
    platform.workspace.run(first)
    platform.workspace.run(user + second)
    after = platform.secrets()
    assert {key for key in {*before, *after} if before.get(key) != after.get(key)} == {name}
    platform.kubectl.until("the service to log in", lambda: not platform.wrong_peers(_BLOCKS))


def test_a_lost_keyfile_is_taken_from_a_running_member(platform: Platform) -> None:
    """Its Secret is deleted, and the documented command makes it again as it was."""
    name = f"{BLOCKS_DB.namespace}/registry-keyfile"
    before = platform.secrets()[name]
    platform.kubectl("delete", "secret", f"--namespace={BLOCKS_DB.namespace}", "registry-keyfile")
    take, _ = blocks("Replace a lost keyfile")
    platform.workspace.run(take)
    made = platform.kubectl.item("secret", f"--namespace={BLOCKS_DB.namespace}", "registry-keyfile")
    assert made["data"] == before


def test_a_full_volume_costs_its_pod_alone(platform: Platform, kubectl: Kubectl, filled: Json) -> None:
    """The kubelet evicts the pod, the service answers all the time, and a new pod takes its place."""
    name, namespace = filled["metadata"]["name"], f"--namespace={PARSER.namespace}"

    def evicted() -> Json | None:
        found = kubectl.items("pod", name, namespace)
        return next((each for each in found if each["status"].get("reason") == "Evicted"), None)

    with steady(platform.machines.addresses().values(), [PARSER]) as answers:
        pod = kubectl.until("the eviction", evicted, 180)
        platform.settle()
    assert "limit" in pod["status"]["message"]
    [trouble] = ask(platform.machines, "status").found["pods"]
    assert (trouble["pod"], trouble["reason"]) == (name, "Evicted")
    _print("an eviction", answers)
    kubectl("delete", "pod", name, namespace)


def test_services_go_on_without_the_api_server(platform: Platform, kubectl: Kubectl) -> None:
    """Its process is frozen for a minute: nobody who asks a service notices, and afterwards all is well without a hand."""
    before = _running(platform)
    with steady(platform.machines.addresses().values()) as answers:
        with platform.machines.without_api_server():
            began = time.monotonic()
            said = run(platform.machines, "status")
            time.sleep(_NO_API_SECONDS - (time.monotonic() - began))
        while_frozen = {name: [*found.failures] for name, found in answers.items()}
        time.sleep(_LOOKED_AGAIN_SECONDS)
        kubectl.until("every node to be well", lambda: all(map(platform.machines.is_ready, platform.machines.addresses())))
        platform.settle()
    assert (said.returncode, said.stdout) == (2, "")
    assert "no answer" in said.stderr
    assert {name: found for name, found in while_frozen.items() if found} == {}
    _print("the API server's return", answers)
    assert _running(platform) == before


def _running(platform: Platform) -> dict[str, int]:
    """How often each pod that is Ready and stays was started again."""
    return {pod["metadata"]["uid"]: restarts(pod) for pod in platform.pods() if is_ready(pod)}


def _print(what: str, answers: dict[str, Answers]) -> None:
    """What was seen."""
    assert {*answers} <= {endpoint.service for endpoint in EXPOSED}
    for service, found in answers.items():
        print(f"\n{what}: {service} failed {len(found.failures)} of {found.count} requests, for {found.gap:.1f} s at most")
