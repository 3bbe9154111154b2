"""Who dials an address: a pod of the service that holds it, or somebody in another cluster."""

import re
from collections.abc import Iterator

import pytest

from mgmtcluster import Cluster, catalog
from mgmtcluster.addresses import NODE_IP, service_names
from mgmtcluster.testing import Manifests
from tests.rendering import env_of

HANDED_ON = [(service, name) for service in catalog.ALL for name in service.handed_on]


def rendered(objects: Manifests, service: catalog.Service) -> dict[str, str]:
    """The variables of a service as its manifest holds them."""
    return dict(env_of(objects.container(service.endpoint.namespace, service.name)))


def hosts(text: str) -> Iterator[str]:
    """The host of every URL in a text."""
    yield from re.findall(r"://(?:[^/@\"]*@)?([^/:\",]+)", text)


def test_an_address_works_outside_where_it_is_handed_on_and_nowhere_else() -> None:
    """Over every address of the catalog: nobody in another cluster resolves ours, and no pod here needs the way round."""
    for service in catalog.ALL:
        for name, address in service.addresses.items():
            assert address.outside is (name.partition(".")[0] in service.handed_on), (service.name, name, str(address))


@pytest.mark.parametrize(("service", "name"), HANDED_ON, ids=[f"{service.name} {name}" for service, name in HANDED_ON])
def test_no_variable_that_is_handed_on_holds_an_address_of_this_cluster(
    service: catalog.Service, name: str, objects: Manifests
) -> None:
    """Neither a name of its DNS nor anything but its nodes."""
    value = service.env[name]
    if isinstance(value, catalog.Setting):  # An operator's, and absent by default.
        assert name not in rendered(objects, service)
        return
    text = rendered(objects, service)[name]
    assert not service_names(Cluster.domain).search(text), text
    assert {*hosts(text)} == {f"$({NODE_IP})"}
