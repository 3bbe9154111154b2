"""Plain data is checked where it is made, before any construct."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from cdk8s import Chart

from mgmtcluster import (
    Endpoint,
    ExecProbe,
    HttpProbe,
    InvalidInput,
    Outside,
    Peer,
    Resources,
    SecretKey,
    TcpProbe,
)
from tests.constructs.made_up import ORDERS, TILL, Define, orders, refused, sidecar, web_service
from tests.rendering import pod_spec


@pytest.mark.parametrize("directory", ["/app/cache_", "/app/.", "/" + "x" * 62, "/" + "x/" * 60 + "x"])
def test_every_directory_has_a_volume_of_its_own(directory: str) -> None:
    """Where its name makes no name of a volume, a hash does, for a sidecar's another one."""
    objects = orders(writes=[directory], sidecars=[sidecar(writes=[directory])])
    spec = pod_spec(objects.one("Deployment", "shop", "orders"))
    names = [volume["name"] for volume in spec["volumes"]]
    assert len({*names}) == 2
    assert all(re.fullmatch("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name) for name in names)
    assert [[mount["name"] for mount in container["volumeMounts"]] for container in spec["containers"]] == [
        [name] for name in names
    ]


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("elasticsearch", "elasticsea-9200"),
        ("mongodb+srv", "mongodb-sr-9200"),
        ("http", "http-9200"),
        ("a-----------b", "a-b-9200"),
    ],
)
def test_a_scheme_is_in_the_url_whole_and_in_the_ports_name_as_it_fits(scheme: str, expected: str) -> None:
    """A port's name has at most 15 characters."""
    endpoint = Endpoint("orders", "shop", 9200, scheme=scheme)
    [port] = orders(endpoint=endpoint).one("Service", "shop", "orders")["spec"]["ports"]
    assert port["name"] == expected
    assert str(endpoint.url).startswith(f"{scheme}://orders.shop.")


ENDPOINTS = {
    "a scheme with capital letters": (("orders", "shop", 80, None, "HTTP"), "Endpoint 'orders': scheme: 'HTTP' is not a scheme"),
    "an empty scheme": (("orders", "shop", 80, None, ""), "Endpoint 'orders': scheme: '' is not a scheme"),
    "pods that are a mapping": (
        ("orders", "shop", 80, None, "http", {"name": "x"}),
        "Endpoint 'orders': pods: expected Peer or None, got {'name': 'x'}",
    ),
    "pods of another namespace": (
        ("orders", "shop", 80, None, "http", Peer("till", "orders")),
        "Endpoint 'orders': pods: are in till, and a Service leads to its own namespace; write shop",
    ),
    "a protocol that is none": (
        ("orders", "shop", 80, None, "http", None, None, "udp"),
        "Endpoint 'orders': protocol: 'udp' is not allowed; write 'TCP', 'UDP' or 'SCTP'",
    ),
    "a node port that is none": (
        ("orders", "shop", 8080, 65536),
        "Endpoint 'orders': node_port: 65536 is out of range; write at most 65535",
    ),
    "a port below the range": (("orders", "shop", 0), "Endpoint 'orders': port: 0 is out of range; write at least 1"),
    "a port above the range": (("orders", "shop", 65536), "Endpoint 'orders': port: 65536 is out of range; write at most 65535"),
    "a port that is text": (
        ("orders", "shop", "8080"),
        "Endpoint 'orders': port: expected a whole number, got '8080'; write one",
    ),
    "a Service that is no name": (("1-orders", "shop", 8080), "Endpoint '1-orders': service: '1-orders' is not a Service name"),
    "a namespace that is no name": (("orders", "My Shop", 8080), "Endpoint 'orders': namespace: 'My Shop' is not a DNS label"),
}


@pytest.mark.parametrize(("arguments", "expected"), ENDPOINTS.values(), ids=ENDPOINTS.keys())
def test_an_endpoint_is_refused_where_it_is_made(arguments: tuple[Any, ...], expected: str) -> None:
    """Before any construct sees it."""
    with pytest.raises(InvalidInput) as error:
        Endpoint(*arguments)
    [problem] = error.value.problems
    assert problem.startswith(expected)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: ORDERS.path("x"), "Endpoint 'orders': path: 'x' is not a path; write it with a slash first, as in /health"),
        (lambda: ORDERS.external_path("x y"), "Endpoint 'orders': path: 'x y' is not a path"),
        (lambda: TILL.external_url, "till:8081 has no node_port, so it has no address outside the cluster"),
        (lambda: HttpProbe(path="health"), "HttpProbe: path: 'health' is not a path"),
        (lambda: HttpProbe(path="/", port=99999), "HttpProbe: port: 99999 is out of range; write at most 65535"),
        (lambda: TcpProbe(period_seconds=-1), "TcpProbe: period_seconds: -1 is out of range; write at least 1"),
        (lambda: TcpProbe(failure_threshold=0), "TcpProbe: failure_threshold: 0 is out of range; write at least 1"),
        (lambda: TcpProbe(timeout_seconds=2**31), "TcpProbe: timeout_seconds: 2147483648 is out of range"),
        (lambda: ExecProbe(command=[]), "ExecProbe: command: [] is too short; write at least 1 item"),
        (lambda: ExecProbe(command="true"), "ExecProbe: command: expected a list, got 'true'; write [ … ]"),
        (lambda: Resources(memory="lots"), "Resources: memory: 'lots' is not a Kubernetes quantity"),
        (
            lambda: Resources(memory="1Gi", memory_limit="512Mi"),
            "Resources: memory_limit: '512Mi' is less than the request of '1Gi'",
        ),
        (lambda: SecretKey("My Secret", "key"), "SecretKey 'My Secret': name: 'My Secret' is not an object name"),
        (lambda: SecretKey("secret", "my key"), "SecretKey 'secret': key: 'my key' is not a key of a Secret"),
        (lambda: Outside(ports=((0, 80),), reason="news"), "Outside 'news': ports.0.0: 0 is out of range"),
        (lambda: Outside(ports=((443, 80),), reason="news"), "Outside 'news': ports"),
        (lambda: sidecar(name="My Helper"), "Sidecar 'My Helper': name: 'My Helper' is not a DNS label"),
        (lambda: sidecar(writes=["tmp"]), "Sidecar 'helper': writes.0: 'tmp' is not an absolute directory"),
    ],
)
def test_plain_data_is_refused_where_it_is_made(make: Callable[[], object], expected: str) -> None:
    """A value that a construct would be given later."""
    with pytest.raises(InvalidInput) as error:
        make()
    [problem] = error.value.problems
    assert problem.startswith(expected)


def two(first: Endpoint, second: Endpoint) -> Define:
    """Two services."""

    def define(chart: Chart) -> None:
        web_service(chart, "first", endpoint=first)
        web_service(chart, "second", endpoint=second)

    return define


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (
            Endpoint("till", "shop", 8081, node_port=30400),
            "test/second: endpoint: node port 30400 is taken by test/first; write another one",
        ),
        (
            Endpoint("orders", "shop", 8081),
            "test/second: endpoint: Service shop/orders is taken by test/first; write another name",
        ),
    ],
    ids=["a node port clash", "two Services on one address"],
)
def test_two_services_in_each_others_way_are_refused(second: Endpoint, expected: str) -> None:
    """The second one's path is named, and the first one's."""
    assert refused(two(ORDERS, second)) == (expected,)
