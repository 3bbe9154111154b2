"""An endpoint is where a service answers; addresses are projected from it."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from mgmtcluster import Cluster, Endpoint
from mgmtcluster.addresses import Address, address_of, foreign_domain, service_names

LOCAL = "cluster.local"
CORP = "corp.example"
ORDERS = Endpoint("orders", "shop", 8080, node_port=30400)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (ORDERS.host, "orders.shop.svc.cluster.local"),
        (ORDERS.url, "http://orders.shop.svc.cluster.local:8080"),
        (ORDERS.path("/api"), "http://orders.shop.svc.cluster.local:8080/api"),
        (ORDERS.of_pod(2).host, "orders-2.orders-pods.shop.svc.cluster.local"),
        (
            Endpoint("orders", "shop", 80, target_port=8000).of_pod(0).url,
            "http://orders-0.orders-pods.shop.svc.cluster.local:8000",
        ),
        (Endpoint("q", "shop", 6379, pod="q-0").host, "q-0.q.shop.svc.cluster.local"),
        (ORDERS.external_url, "http://$(NODE_IP):30400"),
        (ORDERS.external_path("/0"), "http://$(NODE_IP):30400/0"),
        (Endpoint("q", "shop", 6379, scheme="redis").path("/0"), "redis://q.shop.svc.cluster.local:6379/0"),
    ],
)
def test_an_address_is_text_that_knows_its_endpoint(address: Address, text: str) -> None:
    """A host, a URL, one with a path; and the same for clients outside."""
    assert address.text(Cluster()) == text
    assert address.endpoint.service in ("orders", "orders-pods", "q")
    assert address.outside is ("NODE_IP" in text)


def test_an_address_holds_no_domain() -> None:
    """It is written for a cluster; by itself, it is the name that pods of every cluster resolve."""
    assert ORDERS.url.text(Cluster(domain=CORP)) == "http://orders.shop.svc.corp.example:8080"
    assert ORDERS.host.text(Cluster(domain=CORP)) == "orders.shop.svc.corp.example"
    assert (str(ORDERS.url), f"{ORDERS.host}") == ("http://orders.shop.svc:8080", "orders.shop.svc")
    assert ORDERS.external_url.text(Cluster(domain=CORP)) == str(ORDERS.external_url) == "http://$(NODE_IP):30400"


def test_what_is_not_exposed_has_no_address_outside() -> None:
    """It says so where it is asked, not in the cluster."""
    with pytest.raises(ValueError, match="orders:8080 has no node_port, so it has no address outside"):
        _ = Endpoint("orders", "shop", 8080).external_url


@pytest.mark.parametrize("ordinal", [-1, True, "0"])
def test_a_pod_has_a_number(ordinal: Any) -> None:
    """From nought on."""
    with pytest.raises(ValueError, match=r"Endpoint 'orders': of_pod: .* is no number of a pod; write 0 or more"):
        ORDERS.of_pod(ordinal)


def test_an_endpoint_cannot_be_changed() -> None:
    """It is a value."""
    with pytest.raises(FrozenInstanceError):
        ORDERS.port = 80  # type: ignore[misc]
    assert Endpoint("orders", "shop", 8080, node_port=30400) == ORDERS
    assert str(ORDERS) == "shop/orders:8080"


@pytest.mark.parametrize(
    ("url", "endpoint", "path"),
    [
        ("http://orders.shop.svc:8080/api", Endpoint("orders", "shop", 8080), "/api"),
        ("http://orders.shop.svc.cluster.local", Endpoint("orders", "shop", 80), ""),
        ("https://orders.shop.svc.corp.example/a?b#c", Endpoint("orders", "shop", 443, scheme="https"), "/a?b#c"),
    ],
)
def test_a_url_of_a_service_in_the_cluster_is_an_address(url: str, endpoint: Endpoint, path: str) -> None:
    """So that an operator's value becomes an edge."""
    assert address_of(url, CORP) == Address(endpoint, path)


@pytest.mark.parametrize(
    "url", ["http://example.test", "http://203.0.113.9:80", "http://orders.shop.svc.example.test", "http://svc"]
)
def test_a_url_elsewhere_is_none(url: str) -> None:
    """A host outside is reached by its port."""
    assert address_of(url, LOCAL) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("http://orders.shop.svc:8080/x", "orders.shop.svc:8080"),
        ("mongodb://a:b@db-0.db.shop.svc.cluster.local:27017,", "db-0.db.shop.svc.cluster.local:27017"),
        ("orders.shop.svc.cluster.local", "orders.shop.svc.cluster.local"),
        ("http://orders.shop.svc.cluster.local.:80/x", "orders.shop.svc.cluster.local.:80"),
        ("orders.shop.svc.example.test", None),
        ("orders.shop.service", None),
        ("https://example.test", None),
    ],
)
def test_an_address_is_found_in_text(text: str, found: str | None) -> None:
    """Wherever one of the cluster's names stands, and nowhere else."""
    match = service_names(LOCAL).search(text)
    assert (match[0] if match else None) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://orders.shop.svc.corp.example:80", None),
        ("http://orders.shop.svc:80", None),
        ("http://orders.shop.svc.other.example", None),  # somebody else's
        (
            "orders.shop.svc a-0.a.shop.svc.cluster.local:1",
            "'a-0.a.shop.svc.cluster.local:1' is not in the cluster's domain corp.example; write a-0.a.shop.svc.corp.example",
        ),
    ],
)
def test_a_name_in_kubernetes_own_domain_is_foreign_in_another(text: str, words: str | None) -> None:
    """It resolves nowhere there."""
    assert foreign_domain(text, CORP) == words
    assert foreign_domain(text, LOCAL) is None
