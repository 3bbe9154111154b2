"""The Redis beside a service, started with exactly its arguments, is for its own pod alone."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rendering import pod_spec
from tests.rig.redis_server import Server, manifest, metrics_redis, sidecar

SIDECARS = {
    "tasks-db-svc": ("20-registries.k8s.yaml", "registries", "tasks-db-svc"),
    "vdag-processor": ("30-utils.k8s.yaml", "utils", "vdag-processor"),
}
_LISTENS = "0A"


@pytest.fixture(params=SIDECARS, scope="module")
def beside(request: pytest.FixtureRequest) -> Iterator[tuple[str, Server]]:
    """The name of a service, and its running Redis."""
    with sidecar(*SIDECARS[request.param]) as server:
        yield request.param, server.start()


def listening(port: int) -> set[str]:
    """The addresses on which somebody listens on a port, IPv6 ones in hexadecimal."""
    found = set()
    for family in ("tcp", "tcp6"):
        for line in Path("/proc/net", family).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, hexadecimal = local.partition(":")
            if state == _LISTENS and int(hexadecimal, 16) == port:
                ipv4 = socket.inet_ntoa(bytes.fromhex(address)[::-1]) if family == "tcp" else address
                found.add(ipv4)
    return found


def test_it_listens_on_localhost_alone(beside: tuple[str, Server]) -> None:
    """The containers of its pod share that address, and nobody else."""
    _, server = beside
    assert listening(server.port) == {"127.0.0.1"}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port), timeout=5)


def test_a_redis_for_everybody_is_seen_to_listen_everywhere() -> None:
    """So the test before would notice."""
    with metrics_redis() as server:
        assert "0.0.0.0" in listening(server.start().port)


def test_it_has_a_limit_and_evicts_nothing(beside: tuple[str, Server]) -> None:
    """Memory for data is below the container's limit, and nothing is written to disk."""
    name, server = beside
    client = server.client()
    settings = {key: client.config_get(key)[key] for key in ("maxmemory", "maxmemory-policy", "save", "appendonly")}
    [container] = [
        each
        for each in pod_spec(manifest(SIDECARS[name][0], "Deployment", *SIDECARS[name][1:]))["containers"]
        if each["name"] == "redis"
    ]
    limit = int(container["resources"]["limits"]["memory"].removesuffix("Mi")) * 1024**2
    assert 0 < int(settings.pop("maxmemory")) <= 0.75 * limit
    assert settings == {"maxmemory-policy": "noeviction", "save": "", "appendonly": "no"}


def test_its_services_find_what_they_need(beside: tuple[str, Server]) -> None:
    """Pushes and pops, without a password."""
    _, server = beside
    client = server.client()
    client.lpush("queue", "task")
    assert client.brpop("queue", timeout=5) == (b"queue", b"task")


@pytest.mark.parametrize("name", SIDECARS)
@pytest.mark.parametrize("kind", ["readinessProbe", "livenessProbe"])
def test_its_probes_tell_a_running_redis_from_a_stopped_one(name: str, kind: str) -> None:
    """By their very commands."""
    spec = pod_spec(manifest(SIDECARS[name][0], "Deployment", *SIDECARS[name][1:]))
    [probe] = [each[kind]["exec"]["command"] for each in spec["containers"] if each["name"] == "redis"]
    with sidecar(*SIDECARS[name]) as server:
        command = [probe[0], "-p", str(server.port), *probe[1:]]
        assert command[0] == "redis-cli"
        server.start()
        assert subprocess.run(command, check=False, capture_output=True).returncode == 0
        server.stop()
        assert subprocess.run(command, check=False, capture_output=True).returncode != 0
