"""What NetworkPolicies close, asked by the platform's own pods on a network that enforces them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from mgmtcluster import catalog, testing
from mgmtcluster.addresses import Endpoint
from mgmtcluster.kinds.peers import NAME_LABEL
from mgmtcluster.testing import Manifests
from tests.rig.kube import Kubectl, documents, is_ready

from .asker import Name, ask_from, names_of_services, pods_by_place
from .machines import NAMES
from .platform import Platform

_API_SERVER = ("kubernetes.default.svc.cluster.local", Endpoint("kubernetes", "default", 443, scheme="https"))


def test_the_nodes_enforce_policies(platform: Platform) -> None:
    """Otherwise nothing here would say anything."""
    assert [name for name in NAMES if not platform.machines.enforces_policies(name)] == []


def test_a_service_reaches_what_policies_open_and_nothing_else(platform: Platform, kubectl: Kubectl) -> None:
    """Every service asks every other one, and the API server: who answers is who the policies of both let through.

    Not itself: that is nobody's policy to close. The API server is outside: services that may call what is there can ask it too.
    """
    objects = Manifests(documents(*platform.installation.files))
    network, pods = testing.Network(objects), pods_by_place(objects)
    api_server = kubectl.item("endpointslices", "kubernetes", "--namespace=default")
    [address], port = api_server["endpoints"][0]["addresses"], api_server["ports"][0]["port"]

    def others(service: catalog.Service) -> list[Name]:
        return [name for name in names_of_services() if name[1].service != service.name]

    running = {each["metadata"]["labels"][NAME_LABEL]: each["metadata"]["name"] for each in platform.pods() if is_ready(each)}

    def reached(service: catalog.Service) -> set[str]:
        names = [*others(service), _API_SERVER]
        said = ask_from(platform, service.endpoint.namespace, running[service.name], names, service.name)
        return {f"{host}:{endpoint.port}" for (host, endpoint), why in zip(names, said, strict=True) if not why}

    def expected(service: catalog.Service) -> set[str]:
        me = pods[service.endpoint.namespace, service.name]
        inside = {
            f"{host}:{endpoint.port}"
            for host, endpoint in others(service)
            if network.may_connect(me, pods[endpoint.namespace, endpoint.service], endpoint.port)
        }
        outside = network.lets_out(me, testing.Host(address), port)
        return inside | ({f"{_API_SERVER[0]}:{_API_SERVER[1].port}"} if outside else set())

    wanted = {each.name: expected(each) for each in catalog.ALL}
    assert any(wanted.values())
    wrong: dict[str, set[str]] = {name: set() for name in wanted}

    def is_right() -> bool:
        """Ask all who were not right yet: so many at once on a slow machine, an answer may come too late."""
        asking = [each for each in catalog.ALL if each.name in wrong]
        # All at once, since most of the time is spent waiting for those who do not answer.
        with ThreadPoolExecutor(len(asking)) as pool:
            for each, found in zip(asking, pool.map(reached, asking), strict=True):
                wrong[each.name] = found ^ wanted[each.name]
        for each in asking:
            if not wrong[each.name]:
                del wrong[each.name]
        return not wrong

    kubectl.until("who answers to be who the policies let through", is_right, missing=lambda: wrong)
