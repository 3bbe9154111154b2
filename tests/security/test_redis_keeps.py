"""What metrics-redis has acknowledged is still there when memory is full, and after it was stopped or has crashed."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis

from tests.rig.redis_server import LISTS, Server, metrics_redis
from tests.rig.waiting import within

WRITE_SECONDS = 2.5


@dataclass
class Writers:
    """One writer for each list, which pushes 0, 1, 2, … and notes when each was acknowledged."""

    server: Server
    acknowledged: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in LISTS})

    def write_until(self, end: Callable[[], object], *, seconds: float) -> float:
        """Write for a while, then end the server while they write; returns when that was."""
        threads = [threading.Thread(target=self._write, args=(name,)) for name in LISTS]
        for thread in threads:
            thread.start()
        within(lambda: all(self.acknowledged.values()), missing=lambda: self.server.log[-500:])
        time.sleep(seconds)
        ended = time.monotonic()
        end()
        for thread in threads:
            thread.join()
        return ended

    def _write(self, name: str) -> None:
        client = self.server.client()
        times = self.acknowledged[name]
        while True:
            try:
                client.lpush(name, len(times))
            except redis.RedisError:
                return
            times.append(time.monotonic())

    def lost(self) -> list[float]:
        """When what is no longer there was acknowledged; what is there is in order and without a gap."""
        admin, lost = self.server.admin(), []
        for name, times in self.acknowledged.items():
            survived = [int(each) for each in reversed(admin.lrange(name, 0, -1))]
            assert survived == list(range(len(survived)))
            lost += times[len(survived) :]
        return lost


def crash(configuration: Callable[[str], str]) -> tuple[float, list[float]]:
    """Kill a Redis with this configuration while it is written to, and start it again."""
    with metrics_redis(configuration=configuration) as server:
        writers = Writers(server.start())
        killed = writers.write_until(lambda: server.stop(kill=True), seconds=WRITE_SECONDS)
        server.start()
        return killed, writers.lost()


def test_a_crash_loses_at_most_the_last_second() -> None:
    """Nothing that was acknowledged earlier, at whatever speed.

    Takes more than two seconds because it writes for longer than the second that may be lost.
    """
    killed, lost = crash(lambda text: text)
    assert [when for when in lost if when < killed - 1] == []


def test_without_the_append_only_file_a_crash_loses_more() -> None:
    """So the test before would notice.

    Takes more than two seconds because it writes for longer than the second that may be lost.
    """
    killed, lost = crash(lambda text: text.replace("appendonly yes", "appendonly no"))
    assert [when for when in lost if when < killed - 1]


def test_a_stop_loses_nothing() -> None:
    """Neither SIGTERM while it is written to, nor another one after its data were loaded."""
    with metrics_redis() as server:
        writers = Writers(server.start())
        writers.write_until(server.stop, seconds=0.5)
        for _ in range(2):
            server.start()
            assert writers.lost() == []
            assert server.stop() == 0


def small(configuration: str) -> str:
    """The configuration with memory for a few thousand messages."""
    lines = ["maxmemory 4mb" if line.startswith("maxmemory ") else line for line in configuration.splitlines()]
    assert "maxmemory 4mb" in lines
    return "\n".join([*lines, ""])


def fill(client: Any) -> Iterator[bytes]:
    """Push until Redis refuses; what it has acknowledged."""
    for number in range(100_000):
        message = b"%08d" % number + b"x" * 1000
        try:
            client.lpush("BLOCK_METRICS", message)
        except redis.exceptions.OutOfMemoryError:
            return
        yield message
    raise AssertionError("memory never gets full")


@pytest.fixture
def full() -> Iterator[tuple[Server, list[bytes]]]:
    """A Redis whose memory is full, and what it has acknowledged."""
    with metrics_redis(configuration=small) as server:
        yield server, list(fill(server.start().client()))


def test_full_memory_refuses_writers_and_loses_nothing(full: tuple[Server, list[bytes]]) -> None:
    """Readers go on, and find all that was acknowledged in its order."""
    server, acknowledged = full
    client = server.client()
    assert len(acknowledged) > 1000
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        client.lpush("CLUSTER_METRICS", b"x")
    assert client.llen("BLOCK_METRICS") == len(acknowledged)
    assert [client.brpop("BLOCK_METRICS", timeout=5)[1] for _ in acknowledged] == acknowledged


def test_full_memory_takes_writes_again_once_it_was_read(full: tuple[Server, list[bytes]]) -> None:
    """Without a restart."""
    server, acknowledged = full
    client = server.client()
    for _ in acknowledged:
        assert client.brpop("BLOCK_METRICS", timeout=5)
    assert client.lpush("CLUSTER_METRICS", b"x") == 1


def test_a_full_redis_starts_again_with_all_its_messages(full: tuple[Server, list[bytes]]) -> None:
    """Even after a crash: what is loaded may be as large as memory allows."""
    server, acknowledged = full
    time.sleep(1.1)  # so that none is of the last second
    server.stop(kill=True)
    assert server.start().client().llen("BLOCK_METRICS") == len(acknowledged)
