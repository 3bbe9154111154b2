"""Parts fail one at a time, and each recovers as docs/failure-modes.md says."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import redis

from mgmtcluster import catalog
from mgmtcluster.catalog.endpoints import BLOCKS_DB, METRICS_REDIS, PARSER
from tests.rig.kube import Json, Kubectl, is_ready
from tests.rig.workspace import blocks

from .asking import Answers, steady
from .command import ask
from .kept import metrics_redis
from .machines import NAMES
from .platform import Platform, restarts

_BLOCKS = f"--selector=app.kubernetes.io/name={BLOCKS_DB.service}"
_PARSER = f"--selector=app.kubernetes.io/name={PARSER.service}"
_REDIS_POD = (f"{METRICS_REDIS.service}-0", f"--namespace={METRICS_REDIS.namespace}")
_METRICS = catalog.METRICS_QUEUE.lists[0]
_MANY = 5000
_AGAIN_SECONDS = 60.0


@dataclass(frozen=True)
class Filled:
    """A pod of the parser whose /tmp holds more than its volume may.

    Attributes:
        pod: as it was then.
        answers: what came of steady requests to the service since.
    """

    pod: Json
    answers: dict[str, Answers]


@pytest.fixture(scope="module")
def filled(platform: Platform) -> Iterator[Filled]:
    """Filled before the first test, because the kubelet looks but once in one or two minutes."""
    pod = next(each for each in platform.pods(_PARSER) if is_ready(each))
    [container] = pod["spec"]["containers"]
    [name] = [each["name"] for each in container["volumeMounts"] if each["mountPath"] == "/tmp"]
    [limit] = [each["emptyDir"]["sizeLimit"] for each in pod["spec"]["volumes"] if each["name"] == name]
    assert limit.endswith("Mi")
    with steady(platform.machines.addresses().values(), [PARSER]) as answers:
        done = platform.exec(pod, "sh", "-c", f"head -c {int(limit[:-2]) + 50}M /dev/zero > /tmp/full")
        assert done.returncode == 0, done.stderr
        yield Filled(pod, answers)


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
        kubectl.until("the container to be Ready again", again, _AGAIN_SECONDS)
    _print("a killed process", answers)
    assert answers[BLOCKS_DB.service].gap < _AGAIN_SECONDS


def test_a_lost_password_is_replaced_as_documented(platform: Platform) -> None:
    """Its Secret is deleted: running pods go on; the documented commands make a new one, for the user and the pods."""
    name = f"{BLOCKS_DB.namespace}/registry-user-{BLOCKS_DB.service}"
    before = platform.secrets()
    platform.kubectl("delete", "secret", f"--namespace={BLOCKS_DB.namespace}", name.rpartition("/")[2])
    platform.reach_peers(_BLOCKS)
    user = f"user={BLOCKS_DB.service}\n"
    first, second = blocks("Rotate a password, or replace a lost one")
    assert user in first
    platform.workspace.run(first)
    platform.workspace.run(user + second)
    after = platform.secrets()
    assert {key for key in {*before, *after} if before.get(key) != after.get(key)} == {name}
    platform.reach_peers(_BLOCKS)


def test_a_lost_keyfile_is_taken_from_a_running_member(platform: Platform) -> None:
    """Its Secret is deleted, and the documented command makes it again as it was."""
    name = f"{BLOCKS_DB.namespace}/registry-keyfile"
    before = platform.secrets()[name]
    platform.kubectl("delete", "secret", f"--namespace={BLOCKS_DB.namespace}", "registry-keyfile")
    take, _ = blocks("Replace a lost keyfile")
    platform.workspace.run(take)
    made = platform.kubectl.item("secret", f"--namespace={BLOCKS_DB.namespace}", "registry-keyfile")
    assert made["data"] == before


def test_a_crash_under_load_costs_at_most_a_second(platform: Platform, kubectl: Kubectl) -> None:
    """`kill -9` while metrics are pushed: all that were acknowledged more than a second before it are there afterwards."""
    client = metrics_redis(platform.machines.addresses()[NAMES[0]])
    acknowledged: list[float] = []
    end = threading.Event()

    def write() -> None:
        while not end.is_set():
            try:
                client.lpush(_METRICS, f"load-{len(acknowledged)}")
            except redis.RedisError:
                return
            acknowledged.append(time.monotonic())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        kubectl.until(f"{_MANY} metrics", lambda: len(acknowledged) > _MANY)
        pod = kubectl.item("pod", *_REDIS_POD)
        killed = time.monotonic()
        platform.kill(pod)
        ended = time.monotonic()
        writer.join(120)
    finally:
        end.set()
    assert not writer.is_alive(), "it was not killed: the writer was answered all the time"

    def again() -> bool:
        now = kubectl.item("pod", *_REDIS_POD)
        return restarts(now) > restarts(pod) and is_ready(now)

    kubectl.until("Redis to be back", again)
    client = metrics_redis(platform.machines.addresses()[NAMES[0]])
    kept = 0
    while (popped := client.brpop(_METRICS, timeout=1)) is not None:
        assert popped[1] == f"load-{kept}".encode()
        kept += 1
    lost = acknowledged[kept:]
    age = ended - min(lost, default=ended)
    print(f"\nof {len(acknowledged)} acknowledged metrics {len(lost)} were lost, the oldest {age:.2f} s before")
    assert all(moment > killed - 1 for moment in lost)
    platform.settle()


def test_a_full_volume_costs_its_pod_alone(platform: Platform, kubectl: Kubectl, filled: Filled) -> None:
    """The kubelet evicts the pod, the service goes on with the other one, and a new pod takes its place."""
    name, namespace = filled.pod["metadata"]["name"], f"--namespace={PARSER.namespace}"

    def evicted() -> Json | None:
        found = kubectl.items("pod", name, namespace)
        return next((each for each in found if each["status"].get("reason") == "Evicted"), None)

    try:
        pod = kubectl.until("the eviction", evicted)
        platform.settle()
        assert "limit" in pod["status"]["message"]
        [trouble] = ask(platform.machines, "status").found["pods"]
        assert (trouble["pod"], trouble["reason"]) == (name, "Evicted")
        _print("an eviction", filled.answers)
        assert filled.answers[PARSER.service].gap < _AGAIN_SECONDS
    finally:
        kubectl("delete", "pod", name, namespace)


def _print(what: str, answers: dict[str, Answers]) -> None:
    """What was seen."""
    for service, found in answers.items():
        print(f"\n{what}: {service} failed {len(found.failures)} of {found.count} requests, for {found.gap:.1f} s at most")
