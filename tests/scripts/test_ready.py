"""The readiness probe against a server in every state."""

from __future__ import annotations

import resource
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.mongo.members import Mongod, replica_set
from tests.rig.scripts import SCRIPTS

HOST = "db-0.db:27017"
PROBE = SCRIPTS / "ready.sh"


@pytest.fixture
def member() -> Iterator[Mongod]:
    """One server, not initiated."""
    with replica_set([HOST], ["a2V5IG9mIHRoZSBzZXQ="]) as set_:
        yield set_.members[HOST]


def probe(port: int) -> subprocess.CompletedProcess[str]:
    """Run the probe as the kubelet does."""
    return subprocess.run(["bash", str(PROBE), str(port)], capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("state", "code"), [("PRIMARY", 0), ("SECONDARY", 0), ("", 1), ("RECOVERING", 1), ("STARTUP2", 1), ("REMOVED", 1)]
)
def test_a_member_is_ready_in_a_role(state: str, code: int, member: Mongod) -> None:
    """Primary and secondary are ready, any other state is not, and nothing is printed."""
    member.state = state
    result = probe(member.port)
    assert (result.returncode, result.stdout, result.stderr) == (code, "", "")


def test_a_slow_member_is_not_ready(member: Mongod) -> None:
    """The probe has a limit of its own.

    Takes more than two seconds because it waits for the probe's own limit.
    """
    member.state, member.delay = "PRIMARY", 20
    result = probe(member.port)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", "")


def test_a_member_that_no_longer_accepts_is_not_ready() -> None:
    """Its queue of connections is full: even to connect would hang.

    Takes more than two seconds because it waits for the probe's own limit.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(8)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        result = probe(port)
        for client in waiting:
            client.close()
    assert (result.returncode, result.stdout, result.stderr) == (1, "", "")


def test_a_closed_port_is_not_ready(member: Mongod) -> None:
    """A member that is down."""
    member.state = "PRIMARY"
    member.stop()
    result = probe(member.port)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", "")


def test_it_needs_nothing_but_bash_and_coreutils(member: Mongod, tmp_path: Path) -> None:
    """Every program it starts is one the image has."""
    for program in ("bash", "timeout"):
        found = subprocess.run(["which", program], capture_output=True, text=True, check=True).stdout.strip()
        (tmp_path / program).symlink_to(found)
    member.state = "SECONDARY"
    bash = str(tmp_path / "bash")
    result = subprocess.run([bash, str(PROBE), str(member.port)], env={"PATH": str(tmp_path)}, timeout=120, check=False)
    assert result.returncode == 0


def cpu_milliseconds(runs: int = 50) -> list[float]:
    """The CPU time of each of these probes of a primary, for the project's benchmarks."""
    figures = []
    with replica_set([HOST], ["a2V5IG9mIHRoZSBzZXQ="]) as set_:
        member = set_.members[HOST]
        member.state = "PRIMARY"
        for _ in range(runs):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            assert probe(member.port).returncode == 0
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            figures.append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return figures
