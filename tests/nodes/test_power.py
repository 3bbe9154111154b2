"""The API server stops, nodes are cut off and powered off: what can go on goes on, and everything comes back without a hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from mgmtcluster import catalog
from mgmtcluster.catalog import REGISTRY
from tests.rig.kube import Kubectl, is_ready

from .asking import EXPOSED, PATIENT_SECONDS, Answers, steady
from .command import ask, run, unready_members
from .kept import keep, kept, read, write
from .machines import NAMES
from .platform import Platform, restarts

_NO_API_SECONDS = 60.0
#: By then the control plane has looked at the nodes again, and no longer gives up one that could not tell it of itself before.
_LOOKED_AGAIN_SECONDS = 10.0
_QUIET_SECONDS = 8.0
_AGAIN_SECONDS = 60.0


def test_services_go_on_without_the_api_server(platform: Platform, kubectl: Kubectl) -> None:
    """Its process is frozen for a minute: nobody who asks a service notices, and afterwards all is well without a hand."""
    before = _running(platform)
    with steady(platform.machines.addresses().values(), seconds=PATIENT_SECONDS) as answers:
        with platform.machines.without_api_server():
            began = time.monotonic()
            said = run(platform.machines, "status")
            time.sleep(_NO_API_SECONDS - (time.monotonic() - began))
        returned = datetime.now(UTC)
        while_frozen = {name: [*found.failures] for name, found in answers.items()}
        kubectl.until("every node to tell of itself again", lambda: _last_told(kubectl) > returned)
        time.sleep(_LOOKED_AGAIN_SECONDS)
        kubectl.until("every node to be well", lambda: all(map(platform.machines.is_ready, platform.machines.addresses())))
        platform.settle()
    assert (said.returncode, said.stdout) == (2, "")
    assert "no answer" in said.stderr
    assert {name: found for name, found in while_frozen.items() if found} == {}
    for service, found in answers.items():
        print(f"\nthe API server's return: {service} failed {len(found.failures)} requests, for {found.gap:.1f} s at most")
    kubectl.until("the same pods to be Ready", lambda: _running(platform) == before, missing=lambda: (before, _running(platform)))


def test_a_cut_off_primary_is_replaced_and_comes_back(platform: Platform, kubectl: Kubectl) -> None:
    """The node of the registry's primary is cut off: the others read and write again within a minute; joined, all is well."""
    machines, member = platform.machines, platform.primary(REGISTRY)
    node = _node_of(platform, member)
    placed = platform.members()
    outside = next(address for name, address in machines.addresses().items() if name != node)
    try:
        answering = _go_without(platform, node, machines.cut, "cut off")
        written = write(outside, "written while a node was cut off", answering)
        assert read(outside, answering) == written
        assert platform.members() == placed
    finally:
        machines.join(node)
    began = time.monotonic()
    kubectl.until("the node to be well", lambda: machines.is_ready(node))
    platform.settle()
    print(f"\nall was well {time.monotonic() - began:.0f} s after {node} was joined again")
    assert read(outside, answering) == written
    assert platform.members() == placed


def test_a_node_without_power_is_waited_for(platform: Platform) -> None:
    """Services answer again within a minute, members wait for their node, and when it is on again all is well."""
    machines, member = platform.machines, platform.primary(catalog.METRICS_DB)
    node = _node_of(platform, member)
    outside = next(address for name, address in machines.addresses().items() if name != node)
    placed = platform.members()
    before = keep(outside, "written before a node was off")
    try:
        _go_without(platform, node, machines.off, "powered off")
        assert platform.members() == placed
        said = ask(machines, "preflight")
        assert said.code == 1
        assert said.checks()["workers"][0] == "fail"
        assert said.checks()["workers"][1].startswith(f"{len(NAMES) - 1} nodes are Ready")
    finally:
        began = time.monotonic()
        machines.on(node)
    platform.settle()
    print(f"\nall was well {time.monotonic() - began:.0f} s after {node} was switched on")
    assert kept(outside) == before
    assert platform.members() == placed


def test_all_nodes_without_power_come_back_with_their_state(platform: Platform) -> None:
    """All three are switched off and on again: every text in the databases and every metric in Redis is there."""
    machines = platform.machines
    address = machines.addresses()[NAMES[0]]
    placed = platform.members()
    before = keep(address, "written before the power failed")
    time.sleep(1.1)  # metrics-redis writes to its disk once a second
    try:
        for name in NAMES:
            machines.off(name)
        _given_up(platform, *NAMES)
    finally:
        began = time.monotonic()
        with ThreadPoolExecutor() as pool:
            [*pool.map(machines.on, NAMES)]
    platform.settle()
    print(f"\nall was well {time.monotonic() - began:.0f} s after the nodes were switched on")
    assert kept(address) == before
    assert platform.members() == placed


def _last_told(kubectl: Kubectl) -> datetime:
    """When the node that is behind all others told last that it is there."""
    leases = kubectl.items("leases", "--namespace=kube-node-lease")
    return min(datetime.fromisoformat(each["spec"]["renewTime"]) for each in leases)


def _running(platform: Platform) -> dict[str, int]:
    """How often each pod that is Ready and stays was started again."""
    return {pod["metadata"]["uid"]: restarts(pod) for pod in platform.pods() if is_ready(pod)}


def _go_without(platform: Platform, node: str, lose: Callable[[str], None], how: str) -> set[str]:
    """Lose a node, wait until every service that has a pod elsewhere answers all the time, and name those services."""
    machines = platform.machines
    addresses = [address for name, address in machines.addresses().items() if name != node]
    elsewhere = {
        pod["metadata"]["labels"]["app.kubernetes.io/name"] for pod in platform.pods() if pod["spec"]["nodeName"] != node
    }
    with steady(addresses, [endpoint for endpoint in EXPOSED if endpoint.service in elsewhere]) as answers:
        began = time.monotonic()
        lose(node)
        _given_up(platform, node)
        platform.kubectl.until(
            "no failure any more", lambda: not _lately(answers, began), missing=lambda: _lately(answers, began)
        )
    worst = max(answers.items(), key=lambda each: each[1].gap)
    last = max((failure[0] for found in answers.values() for failure in found.failures), default=0)
    print(f"\n{node} {how}: no answer for at most {worst[1].gap:.1f} s ({worst[0]}), the last failure after {last:.0f} s")
    alone = sorted({each.service for each in EXPOSED} - elsewhere)
    print(f"with their only pod there: {', '.join(alone) or 'none'}")
    assert last < _AGAIN_SECONDS
    return elsewhere


def _given_up(platform: Platform, *nodes: str) -> None:
    """Wait until `status` shows the members on these nodes, and no other, as not Ready.

    The control plane gives up a node first and the pods on it one by one.
    """
    databases = {each.name for each in catalog.DATABASES}
    placed = {member.partition("/")[2]: node for member, node in platform.members().items()}
    lost = {pod: node for pod, node in placed.items() if node in nodes and pod.rpartition("-")[0] in databases}
    said = platform.kubectl.until(
        f"{', '.join(nodes)} to be given up",
        lambda: said if unready_members(said := ask(platform.machines, "status")) == lost else None,
    )
    assert (said.code, said.found["whole"]) == (1, False)


def _lately(answers: dict[str, Answers], began: float) -> dict[str, tuple[float, str]]:
    """The last failure of every service that failed within the last seconds."""
    since = time.monotonic() - began - _QUIET_SECONDS
    last = {name: found.failures[-1] for name, found in answers.items() if found.failures}
    return {name: failure for name, failure in last.items() if failure[0] > since}


def _node_of(platform: Platform, member: str) -> str:
    node = platform.members()[member]
    assert node
    return node
