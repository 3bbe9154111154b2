"""What may connect to hosts outside does so through the cluster's proxy, and nothing else knows of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cdk8s import Chart

from mgmtcluster import (
    Bucket,
    Cluster,
    Context,
    DatabaseBackup,
    Endpoint,
    InvalidInput,
    Outside,
    Proxy,
    SecretKey,
    set_context,
)
from mgmtcluster.testing import Manifests
from tests.constructs.made_up import ORDERS, TILL, database, sidecar, web_service
from tests.rendering import env_of, render_chart

OUTSIDE = [Outside(ports=((443, 443),), reason="news", cidrs=["203.0.113.0/24"])]
BY_NAME = Proxy(http="http://proxy.example.test:3128", https="http://proxy.example.test:3128", no_proxy=[".example.test"])
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def behind(
    proxy: Proxy, define: Callable[[Chart], object], *, node_address: str | None = None, checked: bool = True, **facts: Any
) -> Manifests:
    """What is made in a chart of a cluster with this proxy."""

    def all_of_it(chart: Chart) -> None:
        set_context(chart, Context(cluster=Cluster(proxy=proxy, **facts), node_address=node_address))
        define(chart)

    return render_chart(all_of_it, checked=checked)


def egress_of(objects: Manifests, name: str = "orders") -> list[Any]:
    """What the pods may ask, beside DNS."""
    egress: list[Any] = objects.one("NetworkPolicy", "shop", name)["spec"]["egress"]
    return egress[1:]


def test_a_service_that_connects_outside_gets_the_proxy_and_everything_else_gets_nothing() -> None:
    """In both spellings, for its sidecars too."""

    def define(chart: Chart) -> None:
        web_service(chart, outside=OUTSIDE, sidecars=[sidecar()])
        web_service(chart, "till", endpoint=TILL)

    objects = behind(BY_NAME, define, cidrs=["10.0.0.0/8"], domain="corp.example")
    for container in ("orders", "helper"):
        env = env_of(objects.container("shop", "orders", container))
        assert env["HTTP_PROXY"] == env["https_proxy"] == "http://proxy.example.test:3128"
        own = ["localhost", "127.0.0.1", "::1", ".svc", ".corp.example", "10.0.0.0/8"]
        assert env["NO_PROXY"].split(",") == env["no_proxy"].split(",") == [*own, ".example.test"]
    assert not {*env_of(objects.container("shop", "till"))} & {*VARIABLES}
    assert egress_of(objects, "till") == []


def test_the_way_to_a_proxy_with_a_name_is_its_port_outside() -> None:
    """Once, though it is the proxy of both, and beside what the service asks for."""
    objects = behind(BY_NAME, lambda chart: web_service(chart, outside=OUTSIDE), cidrs=["10.0.0.0/8"])
    assert egress_of(objects) == [
        {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [{"port": 443, "protocol": "TCP"}]},
        {
            "to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}],
            "ports": [{"port": 3128, "protocol": "TCP"}],
        },
    ]


def test_the_way_to_a_proxy_with_an_address_is_that_alone() -> None:
    """Two proxies are two ways."""
    proxy = Proxy(http="http://192.0.2.7:3128", https="http://192.0.2.8")
    ways = egress_of(behind(proxy, lambda chart: web_service(chart, outside=OUTSIDE)))[1:]
    assert [(way["to"][0]["ipBlock"]["cidr"], way["ports"][0]["port"]) for way in ways] == [
        ("192.0.2.7/32", 3128),
        ("192.0.2.8/32", 80),
    ]


def test_the_way_to_a_proxy_with_a_name_is_to_its_addresses_where_they_are_known() -> None:
    """For backups too."""
    proxy = Proxy(https="http://proxy.example.test:3128", cidrs=["192.0.2.7/32", "192.0.2.8/32"])

    def define(chart: Chart) -> None:
        web_service(chart, outside=OUTSIDE)
        bucket = Bucket(endpoint="https://s3.example.test", name="dumps", secret="keys")
        DatabaseBackup(chart, "dumps", database=database(chart), schedule="0 1 * * *", keep=3, bucket=bucket)

    objects = behind(proxy, define)
    blocks = [{"ipBlock": {"cidr": cidr}} for cidr in proxy.cidrs]
    for name in ("orders", "db-backup"):
        assert {"to": blocks, "ports": [{"port": 3128, "protocol": "TCP"}]} in egress_of(objects, name)


def test_a_proxy_in_the_cluster_is_an_edge() -> None:
    """Both sides of it are open, and to nobody else."""
    squid = Endpoint("squid", "shop", 3128)

    def define(chart: Chart) -> None:
        web_service(chart, "squid", endpoint=squid)
        web_service(chart, outside=OUTSIDE)
        web_service(chart, "till", endpoint=TILL)

    objects = behind(Proxy(https="http://squid.shop.svc.corp.example:3128"), define, domain="corp.example")
    [to_squid, _] = egress_of(objects)
    assert to_squid["to"][0]["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "squid"}}
    [ingress] = objects.one("NetworkPolicy", "shop", "squid")["spec"]["ingress"]
    assert [peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in ingress["from"]] == ["orders"]
    assert "HTTP_PROXY" not in env_of(objects.container("shop", "orders"))


@pytest.mark.parametrize(
    ("address", "expected"), [(None, "$(NODE_IP)"), ("2001:db8::1", "2001:db8::1"), ("a.example", "a.example")]
)
def test_the_nodes_are_reached_without_the_proxy(address: str | None, expected: str) -> None:
    """By the address that is handed on: what the pod itself calls by it comes back into the cluster."""
    env = {"PUBLIC_URL": ORDERS.external_url}
    objects = behind(BY_NAME, lambda chart: web_service(chart, outside=OUTSIDE, env=env), node_address=address)
    container = objects.container("shop", "orders")
    assert expected in env_of(container)["NO_PROXY"].split(",")
    names = [each["name"] for each in container["env"]]
    assert names.index("NODE_IP") < names.index("NO_PROXY")


def test_a_variable_that_is_set_leaves_no_other_spelling() -> None:
    """So that a client which prefers the other one does not go without the password."""
    env = {"HTTPS_PROXY": SecretKey("proxy", "url")}
    container = behind(BY_NAME, lambda chart: web_service(chart, outside=OUTSIDE, env=env)).container("shop", "orders")
    assert "https_proxy" not in [each["name"] for each in container["env"]]
    assert "http_proxy" in env_of(container)
    [https] = [each for each in container["env"] if each["name"] == "HTTPS_PROXY"]
    assert https["valueFrom"]["secretKeyRef"] == {"name": "proxy", "key": "url"}


@pytest.mark.parametrize(
    ("endpoint", "containers"), [("https://s3.example.test", ["store", "fetch", "fetch"]), ("http://minio.shop.svc:9000", [])]
)
def test_backups_reach_a_bucket_outside_through_it(endpoint: str, containers: list[str]) -> None:
    """The bucket's client alone: members of the database are in the cluster, and so may the bucket be."""

    def define(chart: Chart) -> None:
        bucket = Bucket(endpoint=endpoint, name="dumps", secret="keys")
        DatabaseBackup(chart, "dumps", database=database(chart), schedule="0 1 * * *", keep=3, bucket=bucket)
        web_service(chart, "minio", endpoint=Endpoint("minio", "shop", 9000))

    objects = behind(BY_NAME, define)
    proxied = [
        container["name"]
        for job in objects.of_kind("CronJob")
        for spec in [job["spec"]["jobTemplate"]["spec"]["template"]["spec"]]
        for container in [*spec.get("initContainers", ()), *spec["containers"]]
        if "HTTPS_PROXY" in env_of(container)
    ]
    assert sorted(proxied) == sorted(containers)
    ports = [port["port"] for way in egress_of(objects, "db-backup") for port in way["ports"]]
    assert (3128 in ports) is bool(containers)


REFUSED = {
    "neither URL": ({}, "Proxy: https: is missing, and so is http; write the URL of one proxy or of both"),
    "a URL that is none": ({"http": "proxy:3128"}, "Proxy: http: 'proxy:3128' is not an HTTP URL"),
    "a list in one text": ({"http": "http://a.b", "no_proxy": ["a.b,c.d"]}, "Proxy: no_proxy.0: 'a.b,c.d' is not a host"),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_proxy(arguments: dict[str, Any], message: str) -> None:
    """In one line."""
    with pytest.raises(InvalidInput) as error:
        Proxy(**arguments)
    [problem] = error.value.problems
    assert problem.startswith(message)


def test_a_password_is_refused_without_being_said() -> None:
    """An error stands in a terminal, and in the log of a pipeline."""
    with pytest.raises(InvalidInput) as error:
        Proxy(https="http://me:hunter2@proxy.example.test:3128")
    [problem] = error.value.problems
    assert problem.startswith("Proxy: https: holds a user or a password, which would stand in dist/; leave them out, and give")
    assert "env: {HTTPS_PROXY: {secret: …, key: …}}" in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://10.1.2.3:3128", "'10.1.2.3' is within the cluster's own 10.0.0.0/8; write the name of its Service"),
        ("http://[2001:db8::1]:3128", "'2001:db8::1' is IPv6, and the cluster's ip_families are IPv4"),
    ],
)
def test_an_address_that_no_policy_would_open_is_refused(url: str, problem: str) -> None:
    """The cluster's own, and one of a family that it does not have."""
    with pytest.raises(InvalidInput) as error:
        Cluster(cidrs=["10.0.0.0/8"], proxy=Proxy(https=url))
    assert list(error.value.problems) == [f"Cluster: proxy.https: {problem}"]
