"""State that a test leaves in every database and in metrics-redis, to find it again."""

from __future__ import annotations

import json
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mgmtcluster import catalog
from mgmtcluster.catalog.endpoints import METRICS_REDIS
from tests.nodes.asking import answer
from tests.rig.waiting import within

_STORES = [each for each in catalog.ALL if each.database and each.endpoint.node_port]
_ALL: Set[str] = {service.name for service in _STORES}
_AGAIN_SECONDS = 60.0
_LIST = catalog.METRICS_QUEUE.lists[-1]


@dataclass(frozen=True)
class Kept:
    """What is kept.

    Attributes:
        texts: by the service that keeps it in its database.
        metrics: the length of a list of metrics-redis.
    """

    texts: dict[str, str]
    metrics: int


def keep(address: str, text: str) -> Kept:
    """Write a text through every service with a database, and a metric; each is acknowledged as the service's own writes are."""
    return Kept(write(address, text), metrics_redis(address).lpush(_LIST, text))


def kept(address: str) -> Kept:
    """Read all of it."""
    return Kept(read(address), metrics_redis(address).llen(_LIST))


def write(address: str, text: str, through: Set[str] = _ALL) -> dict[str, str]:
    """Write a text to the databases alone. Default: through every service that has one."""
    return {service.name: _ask("PUT", address, service, text) for service in _STORES if service.name in through}


def read(address: str, through: Set[str] = _ALL) -> dict[str, str]:
    """Read what is in the databases."""
    return {service.name: _ask("GET", address, service) for service in _STORES if service.name in through}


def metrics_redis(address: str) -> Any:
    """A client as writers in other clusters are: through a node port, without a password; it sends a command once.

    The node port answers: its rules may come later than the pods.
    """
    assert METRICS_REDIS.node_port
    client: Any = redis.Redis(
        address, METRICS_REDIS.node_port, socket_timeout=30, socket_connect_timeout=5, retry=Retry(NoBackoff(), 0)
    )

    def answers() -> bool:
        with suppress(redis.RedisError):
            return bool(client.ping())
        return False

    within(answers)
    return client


def _ask(method: str, address: str, service: catalog.Service, text: str | None = None) -> str:
    """What a service says once it says anything: an answer that there is nothing is one."""

    def request() -> tuple[int, str]:
        return answer(address, service.endpoint.node_port, "/kept/by-a-test", method=method, text=text)

    status, said = within(lambda: got if 0 < (got := request())[0] < 500 else None, _AGAIN_SECONDS, missing=request)
    assert status == 200, f"{service.name}: HTTP {status}: {said}"
    found: str = json.loads(said)
    return found
