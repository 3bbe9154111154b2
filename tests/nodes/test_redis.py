"""metrics-redis in its pod: what everybody may do, what nobody may, and what a crash costs."""

from __future__ import annotations

import threading
import time

import pytest
import redis  # type: ignore[import-untyped]

from mgmtcluster import catalog
from mgmtcluster.catalog.endpoints import METRICS_REDIS
from tests.cluster.kube import Kubectl, is_ready

from .kept import metrics_redis
from .platform import Platform, restarts

_POD = (f"{METRICS_REDIS.service}-0", f"--namespace={METRICS_REDIS.namespace}")
_LIST = catalog.METRICS_LISTS[0]
_LOAD = 5000


@pytest.fixture
def client(platform: Platform) -> redis.Redis:
    """A client as writers in other clusters are."""
    return metrics_redis(platform.machines.addresses()["node-1"])


@pytest.mark.parametrize("name", catalog.METRICS_LISTS)
def test_metrics_are_written_and_read_without_a_password(name: str, client: redis.Redis) -> None:
    """What a writer pushes to a list, a reader pops."""
    assert client.lpush(name, "{}") >= 1
    assert client.brpop(name, timeout=2) == (name.encode(), b"{}")


@pytest.mark.parametrize(
    "command", ["FLUSHALL", "CONFIG GET *", "KEYS *", "SHUTDOWN", "ACL LIST", "REPLICAOF NO ONE", "SET other 1", "LPUSH other 1"]
)
def test_administration_is_refused(command: str, client: redis.Redis) -> None:
    """Whoever has no password may do nothing else."""
    with pytest.raises(redis.RedisError, match=r"(?i)no ?perm"):
        client.execute_command(*command.split())


def test_a_crash_under_load_costs_at_most_a_second(platform: Platform, kubectl: Kubectl, client: redis.Redis) -> None:
    """`kill -9` while metrics are pushed: all that were acknowledged more than a second before it are there afterwards."""
    acknowledged: list[float] = []
    end = threading.Event()

    def write() -> None:
        while not end.is_set():
            try:
                client.lpush(_LIST, f"load-{len(acknowledged)}")
            except redis.RedisError:
                return
            acknowledged.append(time.monotonic())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        kubectl.until(f"{_LOAD} metrics", lambda: len(acknowledged) > _LOAD)
        pod = kubectl.item("pod", *_POD)
        killed = time.monotonic()
        platform.kill(pod)
        ended = time.monotonic()
        writer.join(30)
    finally:
        end.set()
    assert not writer.is_alive(), "it was not killed: the writer was answered all the time"

    def again() -> bool:
        now = kubectl.item("pod", *_POD)
        return restarts(now) > restarts(pod) and is_ready(now)

    kubectl.until("Redis to be back", again)
    kept = 0
    while (popped := client.brpop(_LIST, timeout=1)) is not None:
        assert popped[1] == f"load-{kept}".encode()
        kept += 1
    lost = acknowledged[kept:]
    age = ended - min(lost, default=ended)
    print(f"\nof {len(acknowledged)} acknowledged metrics {len(lost)} were lost, the oldest {age:.2f} s before")
    assert all(moment > killed - 1 for moment in lost)
    platform.settle()
