"""metrics-redis in its pod: what everybody may do, and what nobody may."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from mgmtcluster import catalog

from .kept import metrics_redis
from .machines import NAMES
from .platform import Platform


@pytest.fixture
def client(platform: Platform) -> Any:
    """A client as writers in other clusters are."""
    return metrics_redis(platform.machines.addresses()[NAMES[0]])


@pytest.mark.parametrize("name", catalog.METRICS_QUEUE.lists)
def test_metrics_are_written_and_read_without_a_password(name: str, client: Any) -> None:
    """What a writer pushes to a list, a reader pops."""
    assert client.lpush(name, "{}") >= 1
    assert client.brpop(name, timeout=2) == (name.encode(), b"{}")


@pytest.mark.parametrize(
    "command", ["FLUSHALL", "CONFIG GET *", "KEYS *", "SHUTDOWN", "ACL LIST", "REPLICAOF NO ONE", "SET other 1", "LPUSH other 1"]
)
def test_administration_is_refused(command: str, client: Any) -> None:
    """Whoever has no password may do nothing else."""
    with pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*command.split())
