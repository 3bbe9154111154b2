"""The rule that every row of the seed is exact finds each way in which one is not."""

from copy import deepcopy

import pytest

from mgmtcluster import Endpoint, rules
from mgmtcluster.charts.contract import contract_rows, contract_rule
from mgmtcluster.settings import Settings
from mgmtcluster.testing import Manifest, Manifests

SERVICES: tuple[Manifest, ...] = (
    {
        "kind": "Service",
        "metadata": {"namespace": "shop", "name": "orders"},
        "spec": {
            "type": "NodePort",
            "selector": {"app.kubernetes.io/name": "orders"},
            "ports": [{"port": 8080, "targetPort": 8080, "nodePort": 30400}],
        },
    },
)
ORDERS = Endpoint("orders", "shop", 8080, node_port=30400)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (Endpoint("orders", "shop", 8080, node_port=30401), "has node port 30400; the contract says 30401"),
        (Endpoint("orders", "shop", 8080), "has node port 30400; the contract says None"),
        (Endpoint("orders", "shop", 8081, node_port=30400), "does not answer on port 8081"),
        (Endpoint("order", "shop", 8080, node_port=30400), "Service/shop/order: does not answer on port 8080"),
    ],
)
def test_a_row_of_the_seed_is_exact(row: Endpoint, expected: str) -> None:
    """A change of name, port or node port is found."""
    assert rules.check(SERVICES, [contract_rows([ORDERS], {})]) == []
    assert any(expected in each for each in rules.check(SERVICES, [contract_rows([row], {})]))


def test_an_alias_of_a_row_answers() -> None:
    """The second name of a row is a Service too."""
    assert rules.check(SERVICES, [contract_rows([], {"orders": ORDERS})]) == []
    assert rules.check(SERVICES, [contract_rows([], {"order": ORDERS})])


def test_the_platform_has_every_row(objects: Manifests) -> None:
    """With all defaults, nothing is found."""
    assert rules.check(objects, [contract_rule(Settings.of({}))]) == []


@pytest.mark.parametrize(
    ("service", "change"),
    [
        ("parser", {"nodePort": 30501}),
        ("parser", {"port": 8001}),
        ("metrics-redis", {"nodePort": 30300}),
        ("resource-allocator-external", {"port": 7777}),
        ("adhoc-serviers-registry-svc", {"port": 6001}),
    ],
)
def test_a_changed_service_of_the_platform_is_found(service: str, change: Manifest, objects: Manifests) -> None:
    """A node port or a port that is another one than the seed's."""
    changed = deepcopy(objects)
    for each in changed:
        if each["kind"] == "Service" and each["metadata"]["name"] == service:
            each["spec"]["ports"][0].update(change)
    assert rules.check(changed, [contract_rule(Settings.of({}))])


def test_a_disabled_service_has_no_row(objects: Manifests) -> None:
    """What is not installed is not asked for, its second name included; what is enabled still is."""
    left = [each for each in objects if "adhoc-server" not in each["metadata"]["name"]]
    left = [each for each in left if "adhoc-serviers" not in each["metadata"]["name"]]
    assert rules.check(left, [contract_rule(Settings.of({}))])
    disabled = Settings.of({"services": {"adhoc-server-registry-svc": {"enabled": False}}})
    assert rules.check(left, [contract_rule(disabled)]) == []
