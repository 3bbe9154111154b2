"""pymongo and mongoose in the pods of services, with the connection strings of dist/, while the primary's pod goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from mgmtcluster import catalog
from mgmtcluster.catalog import REGISTRY
from mgmtcluster.catalog.endpoints import BLOCKS_DB, VDAG_DB
from mgmtcluster.databases.replica_set import TIMEOUTS
from tests.rig.kube import is_ready

from .images.build import DRIVERS_PLACE
from .images.driving import Driver, Went, driving
from .machines import NAMES, Machines
from .platform import Platform

#: Each as a service that has it: what starts it, and whose variable it reads.
_PROGRAMS = {
    "pymongo": ("python3", "with_pymongo.py", VDAG_DB),
    "mongoose": ("node", "with_mongoose.js", BLOCKS_DB),
}
_SELECT_SECONDS = int(TIMEOUTS["serverSelectionTimeoutMS"]) / 1000


@pytest.fixture(scope="module")
def went(platform: Platform) -> dict[str, Went]:
    """How calls went while the primary ended without a word, its address answered nothing, and its pod got another."""
    primary = platform.primary(REGISTRY)
    namespace, _, name = primary.partition("/")
    where = (f"--namespace={namespace}", name)
    pod = platform.kubectl.item("pod", *where)

    def another_leads() -> bool:
        return len(platform.primaries(REGISTRY) - {primary}) == 1

    def is_elsewhere() -> bool:
        found = platform.kubectl.items("pod", *where)
        return any(each["status"].get("podIP", "") not in ("", pod["status"]["podIP"]) for each in found)

    with ExitStack() as stack:
        drivers = {each: stack.enter_context(_driver(platform, each)) for each in _PROGRAMS}
        with _silent(platform.machines, pod["status"]["podIP"]):
            platform.kill(pod)
            platform.kubectl.until("another primary", another_leads)
            platform.kubectl("delete", "pod", *where, "--wait=false")
            platform.kubectl.until("the pod to have another address", is_elsewhere)
            found = {each: driver.end() for each, driver in drivers.items()}
    platform.settle()
    return found


@pytest.mark.parametrize("driver", _PROGRAMS)
def test_a_driver_gives_up_an_address_that_does_not_answer(driver: str, went: dict[str, Went]) -> None:
    """It tried to connect to it, and not for longer than the connection string says."""
    print(f"\n{driver}: waited {went[driver].unanswered} s for the pod that was gone")
    assert went[driver].gave_up_in_time()


@pytest.mark.parametrize("driver", _PROGRAMS)
def test_every_call_of_a_driver_returns(driver: str, went: dict[str, Went]) -> None:
    """Each is done once, at most the one under way at the crash fails, and none waits longer than the connection string says."""
    found = went[driver]
    print(f"\n{driver}: {found.calls} calls, the longest took {found.longest:.1f} s, failed: {found.failures}")
    assert found.lost_at_most_one(), found
    assert found.longest < _SELECT_SECONDS


@contextmanager
def _driver(platform: Platform, name: str) -> Iterator[Driver]:
    """Start it in a pod of its service, which does what every driver must do there."""
    interpreter, program, endpoint = _PROGRAMS[name]
    [database] = [each.database for each in catalog.ALL if each.endpoint == endpoint]
    assert database
    pods = platform.pods(f"--selector=app.kubernetes.io/name={endpoint.service}")
    pod = next(each for each in pods if is_ready(each))["metadata"]["name"]
    where = (f"--namespace={endpoint.namespace}", pod, f"--container={endpoint.service}")
    command = ("kubectl", "exec", "--stdin", *where, "--", interpreter, f"{DRIVERS_PLACE}/{program}", database.env)
    with driving(command, platform.kubectl.environment) as driver:
        yield driver


@contextmanager
def _silent(machines: Machines, address: str) -> Iterator[None]:
    """Let every node drop whoever wants to connect to an address; connections that are there go on until they end."""
    rule = ("PREROUTING", "--table", "raw", "--protocol", "tcp", "--syn", "--destination", address, "--jump", "DROP")
    try:
        for node in NAMES:
            done = machines.attempt(node, "iptables", "--wait", "--insert", *rule)
            assert done.returncode == 0, done.stderr
        yield
    finally:
        for node in NAMES:
            machines.attempt(node, "iptables", "--wait", "--delete", *rule)
