"""Every documented address answers: from pods, from outside, and in what the services say of each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mgmtcluster import catalog
from mgmtcluster.addresses import NODE_IP
from mgmtcluster.catalog import JsonMap
from mgmtcluster.options import REPLICAS

from .asker import Asker, Name, askers, names_of_databases, names_of_services
from .asking import EXPOSED, HIDDEN, open_ports, refusal
from .machines import NAMES
from .platform import Platform

_NODE_PORTS = range(30000, 32768)


@pytest.fixture(scope="module")
def pods(platform: Platform) -> Iterator[list[Asker]]:
    """A pod in each namespace of ours."""
    with askers(platform) as made:
        yield made


def test_every_url_answers_from_every_namespace(pods: list[Asker], platform: Platform) -> None:
    """All Services of the documented table, their second names too, answer where a policy lets the pod in, and no other."""
    assert {pod.namespace for pod in pods} >= {"registries", "utils", "metrics-system", "services"}
    _wait_for_answers(platform, pods, names_of_services())


def test_a_database_answers_under_every_name_of_its_members(pods: list[Asker], platform: Platform) -> None:
    """The name below the headless Service, the one of a member's own Service, and the shorter one of the registry."""
    names = names_of_databases(platform.installation.files)
    for member in range(3):
        hosts = {host for host, _ in names if host.startswith(f"registry-{member}.")}
        assert len(hosts) == 3
    _wait_for_answers(platform, pods, names)


@pytest.mark.parametrize("node", NAMES)
def test_a_node_answers_on_the_documented_ports_and_no_other(node: str, platform: Platform) -> None:
    """Every exposed row answers on its node port; nothing else of the whole range is open, nor a port that is not exposed."""
    address = platform.machines.addresses()[node]

    def silent() -> dict[str, str]:
        return {str(each): why for each in EXPOSED if (why := refusal(address, each))}

    def other_ports() -> set[int | None]:
        return open_ports(address, _NODE_PORTS) ^ {endpoint.node_port for endpoint in EXPOSED}

    platform.kubectl.until("every exposed row to answer", lambda: not silent(), missing=silent)
    platform.kubectl.until("the documented ports and no other", lambda: not other_ports(), missing=other_ports)
    assert open_ports(address, [endpoint.port for endpoint in HIDDEN]) == set()


def test_every_service_reaches_all_addresses_it_was_given(platform: Platform) -> None:
    """HTTP, Redis and MongoDB with its own user, as every container says of each address in its environment."""
    platform.get_well()
    platform.kubectl.until("every address to be asked", lambda: not _unasked(platform), missing=lambda: _unasked(platform))


def test_the_address_of_the_node_arrives_resolved(platform: Platform) -> None:
    """`$(NODE_IP)` is the address of the pod's own node in every variable that holds it, inside a JSON text as well."""
    addresses = platform.machines.addresses()
    looked = 0
    for service in catalog.ALL:
        expected = {name: str(address) for name, address in service.addresses.items() if address.outside}
        if not expected:
            continue
        for pod in platform.pods(f"--selector=app.kubernetes.io/name={service.name}"):
            found = _values(platform.exec(pod, "env").stdout, service.env)
            resolved = {
                name: text.replace(f"$({NODE_IP})", addresses[pod["spec"]["nodeName"]]) for name, text in expected.items()
            }
            assert {name: found[name] for name in expected} == resolved
            looked += 1
    assert looked >= 6


def _unasked(platform: Platform) -> dict[str, list[set[str]]]:
    """By service, what each of its containers asks, where that is not all of its addresses in all of its pods."""
    said = {name: {*peers} for name, peers in platform.peers()}
    found = {}
    for service in catalog.ALL:
        expected = {*service.addresses} | ({service.database.env} if service.database else set())
        mine = [
            peers
            for name, peers in said.items()
            if name.split("/")[1].startswith(f"{service.name}-") and name.endswith(f"/{service.name}")
        ]
        if len(mine) != (service.options.get("replicas") or REPLICAS) or not all(peers >= expected for peers in mine):
            found[service.name] = mine
    return found


def _wait_for_answers(platform: Platform, pods: list[Asker], names: list[Name]) -> None:
    """Wait until exactly those answer who should: the nodes hear of a pod that asks, and of its policy, a moment later."""
    platform.kubectl.until("the right answers", lambda: not _wrong(pods, names), missing=lambda: _wrong(pods, names))


def _wrong(pods: list[Asker], names: list[Name]) -> dict[str, list[str]]:
    """By namespace: the names that answer although they should not, or do not although they should."""
    with ThreadPoolExecutor(len(pods)) as pool:
        found = pool.map(lambda pod: (pod.namespace, pod.wrong_about(names)), pods)
    return {namespace: wrong for namespace, wrong in found if wrong}


def _values(printed: str, declared: object) -> dict[str, str]:
    """A container's variables, those inside a JSON text by ``VARIABLE.key`` too."""
    assert isinstance(declared, dict)
    values = dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)
    for name, value in declared.items():
        if isinstance(value, JsonMap):
            values |= {f"{name}.{key}": inner for key, inner in json.loads(values[name]).items()}
    return values
