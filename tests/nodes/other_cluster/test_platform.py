"""The platform where names end in another domain and every node answers DNS on a link-local address, with policies enforced."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mgmtcluster import catalog
from tests.nodes.command import UNTOLD, ask
from tests.nodes.machines import NAMES
from tests.nodes.platform import Platform
from tests.rendering import render
from tests.rig.kube import Json, Kubectl

from .facts import DOMAIN, LOCAL_DNS, SETTINGS, WITHOUT_DNS

#: Both are installed side by side: most of the time something waits.
pytestmark = pytest.mark.usefixtures("shop_objects")

#: A service, and one that it calls.
_CLIENT, _SERVER = catalog.endpoints.POLICIES_SYSTEM, catalog.endpoints.RESOURCE_ALLOCATOR_API

#: Prints why a name is not resolved and why an address is not reached, null where it is.
_PROGRAM = """
import json, socket, sys
name, address, port = sys.argv[1:]
def why(ask):
    try:
        ask()
    except OSError as error:
        return f"{type(error).__name__}: {error}"
print(json.dumps({
    "name": why(lambda: socket.getaddrinfo(name, int(port))),
    "address": why(lambda: socket.create_connection((address, int(port)), 5).close()),
}))
"""

#: A question that nobody answers is asked once, for three seconds.
_ASK = ("env", "RES_OPTIONS=timeout:3 attempts:1", "python3", "-c", _PROGRAM)


def test_every_peer_answers(platform: Platform) -> None:
    """After one apply everything is available or complete, and every container reaches every address it was given."""
    assert (platform.installation.applied.returncode, platform.installation.applied.stderr) == (0, "")
    assert [name for name in NAMES if not platform.machines.enforces_policies(name)] == []
    platform.get_well()
    said = {name: peers for name, peers in platform.peers() if peers}
    addresses = {each["address"] for peers in said.values() for each in peers.values() if not each["outside"]}
    assert {service.name for service in catalog.ALL if service.addresses} <= {name.split("/")[2] for name in said}
    assert {each for each in addresses if f".svc.{DOMAIN}" not in each} == {"redis://localhost:6379/0"}


def test_preflight_finds_what_the_settings_say(platform: Platform) -> None:
    """It compares both facts with the cluster's own, and what the defaults say is refused."""
    found = ask(platform.machines, "preflight", f"--settings={platform.workspace.folder / 'settings.yaml'}")
    assert {check for check, (verdict, _) in found.checks().items() if verdict != "ok"} <= UNTOLD
    assert found.checks()["cluster domain"] == ("ok", f"it is {DOMAIN}")
    assert LOCAL_DNS in found.checks()["dns"][1]
    by_default = ask(platform.machines, "preflight").checks()
    assert by_default["cluster domain"][0] == "fail"
    assert LOCAL_DNS in by_default["dns"][1]
    assert by_default["dns"][0] != "ok"


def test_without_the_address_in_the_settings_no_name_is_resolved(platform: Platform, kubectl: Kubectl) -> None:
    """With the policy that the settings without `cluster.dns` render, a service reaches addresses still, and finds no name."""
    address = kubectl.item("service", _SERVER.service, f"--namespace={_SERVER.namespace}")["spec"]["clusterIP"]
    question = (f"{_SERVER.service}.{_SERVER.namespace}.svc.{DOMAIN}.", address, str(_SERVER.port))

    def said() -> Json:
        [pod] = platform.pods(f"--selector=app.kubernetes.io/name={_CLIENT.service}")
        done = platform.exec(pod, *_ASK, *question, container=_CLIENT.service)
        found: Json = json.loads(done.stdout)
        return found

    def name_is_lost() -> bool:
        found = said()
        return (found["name"] or "").startswith("gaierror") and not found["address"]

    def all_is_well() -> bool:
        return said() == {"name": None, "address": None}

    kubectl.until("name and address to be found", all_is_well, missing=said)
    kubectl.apply(_policy(WITHOUT_DNS))
    try:
        kubectl.until("the name not to be resolved, and the address to be reached", name_is_lost, missing=said)
    finally:
        kubectl.apply(_policy(SETTINGS))
    kubectl.until("name and address to be found again", all_is_well, missing=said)


def _policy(settings: dict[str, Any]) -> Json:
    """The policy of the client as these settings render it."""
    place = {"name": _CLIENT.service, "namespace": _CLIENT.namespace}
    policies = render(settings).objects.of_kind("NetworkPolicy")
    [found] = [each for each in policies if place.items() <= each["metadata"].items()]
    return dict(found)
