"""Facts of the cluster, which constructs of any app take from their context."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cdk8s import App, Chart, JsonPatch

from mgmtcluster import (
    Cluster,
    Context,
    DnsServer,
    InvalidInput,
    Outside,
    RedisQueue,
    rules,
    set_context,
)
from mgmtcluster.testing import Manifests
from tests.constructs.made_up import ORDERS, QUEUE, TILL, database, in_cluster, orders, provisioner, web_service
from tests.rendering import env_of, render_chart
from tests.rules.found import found_in

CORP = Cluster(domain="corp.example")


def test_addresses_and_connection_strings_have_the_domain_of_the_context() -> None:
    """Whatever made them, and whenever."""

    def define(chart: Chart) -> None:
        set_context(chart, Context(cluster=CORP))
        grant = database(chart).grant("orders", env="MONGO_URL")
        web_service(chart, "till", endpoint=TILL)
        web_service(chart, database=grant, env={"TILL_URL": TILL.url, "TILL": TILL.host, "ME": ORDERS.external_url})

    objects = render_chart(define)
    env = env_of(objects.container("shop", "orders"))
    assert env["TILL_URL"] == "http://till.shop.svc.corp.example:8081"
    assert (env["TILL"], env["ME"]) == ("till.shop.svc.corp.example", "http://$(NODE_IP):30400")
    assert env["MONGO_URL"].count(".db.shop.svc.corp.example:27017") == 3
    assert "cluster.local" not in str(objects)


def test_the_rules_know_the_domain_of_the_charts() -> None:
    """A name in Kubernetes' own resolves nowhere there."""
    app = App()
    chart = Chart(app, "test", namespace="shop", disable_resource_name_hashes=True)
    set_context(chart, Context(cluster=CORP))
    service = web_service(chart, env={"ME": ORDERS.url})
    rules.enforce(app)
    assert found_in(app) == []
    value = "/spec/template/spec/containers/0/env/0/value"
    service.deployment.add_json_patch(JsonPatch.replace(value, "http://orders.shop.svc.cluster.local:8080"))
    assert found_in(app) == [
        "Deployment/shop/orders: env.ME: 'orders.shop.svc.cluster.local:8080' is not in the cluster's domain corp.example; "
        "write orders.shop.svc.corp.example"
    ]


def test_charts_of_two_clusters_are_enforced_one_by_one() -> None:
    """An app whose charts go to different clusters cannot be judged as one."""
    app = App()
    for name, domain in (("one", "one.example"), ("two", "two.example")):
        chart = Chart(app, name, namespace="shop", disable_resource_name_hashes=True)
        set_context(chart, Context(cluster=Cluster(domain=domain)))
        web_service(chart, env={"ME": ORDERS.url}, endpoint=ORDERS if name == "one" else TILL)
    rules.enforce(app)
    assert found_in(app) == ["the app: Context: cluster: differs below it; write one, or rules.enforce(chart) for each chart"]


def test_a_cluster_as_it_is_by_default_costs_nothing() -> None:
    """What is said in full is what is left out."""
    assert json.dumps(orders(context=Context(cluster=Cluster()))) == json.dumps(orders())


DUAL = Cluster(ip_families=["IPv4", "IPv6"], cidrs=["10.244.0.0/16", "fd00:10::/48"])
SIX = Cluster(ip_families=["IPv6"], cidrs=["fd00:10::/48"])
NEWS = Outside(ports=((443, 443),), reason="news")


def egress_of(objects: Manifests, name: str = "orders") -> list[Any]:
    """What the pods may ask."""
    egress: list[Any] = objects.one("NetworkPolicy", "shop", name)["spec"]["egress"]
    return egress


@pytest.mark.parametrize(
    ("cluster", "blocks"),
    [
        (Cluster(), [{"cidr": "0.0.0.0/0"}]),
        (SIX, [{"cidr": "::/0", "except": ["fd00:10::/48"]}]),
        (
            DUAL,
            [{"cidr": "0.0.0.0/0", "except": ["10.244.0.0/16"]}, {"cidr": "::/0", "except": ["fd00:10::/48"]}],
        ),
    ],
)
def test_the_outside_is_everywhere_in_every_family_without_its_own_ranges(cluster: Cluster, blocks: list[Any]) -> None:
    """Neither family's pods are open to a service that may only go outside."""
    objects = in_cluster(cluster, lambda chart: web_service(chart, outside=[NEWS]))
    assert [block["ipBlock"] for block in egress_of(objects)[-1]["to"]] == blocks


@pytest.mark.parametrize(("cluster", "policy"), [(Cluster(), None), (SIX, None), (DUAL, "PreferDualStack")])
def test_services_ask_for_both_families_where_there_are_two(cluster: Cluster, policy: str | None) -> None:
    """Headless ones and node ports too; which family is first, the cluster decides."""

    def define(chart: Chart) -> None:
        web_service(chart)
        database(chart)
        RedisQueue(chart, "queue", endpoint=QUEUE, lists=["A"], storage="1Gi", bootstrap_image="example.test/mongo:8.0")

    services = in_cluster(cluster, define).of_kind("Service")
    assert len(services) == 6
    assert {service["spec"].get("ipFamilyPolicy") for service in services} == {policy}
    assert not any("ipFamilies" in service["spec"] for service in services)


@pytest.mark.parametrize(("cluster", "binds"), [(Cluster(), False), (SIX, True), (DUAL, True)])
def test_mongod_listens_on_ipv6_where_there_is_any(cluster: Cluster, binds: bool) -> None:
    """With ``--bind_ip_all`` it is IPv4 alone otherwise."""
    command = in_cluster(cluster, database).container("shop", "db")["command"]
    assert ("--ipv6" in command) is binds
    assert "--bind_ip_all" in command


def test_dns_is_asked_where_it_answers() -> None:
    """Every workload: pods on the port that they listen on, and a cache on every node."""
    openshift = DnsServer(namespace="openshift-dns", labels={"dns.operator.openshift.io/daemonset-dns": "default"}, port=5353)
    cluster = Cluster(dns=[DnsServer(cidr="169.254.20.10/32"), openshift])

    def define(chart: Chart) -> None:
        web_service(chart)
        database(chart)
        provisioner(chart)

    policies = in_cluster(cluster, define).of_kind("NetworkPolicy")
    assert len(policies) == 5
    for policy in policies:
        cache, pods = policy["spec"]["egress"][:2]
        assert cache == {"to": [{"ipBlock": {"cidr": "169.254.20.10/32"}}], "ports": both(53)}
        assert pods["to"] == [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "openshift-dns"}},
                "podSelector": {"matchLabels": {"dns.operator.openshift.io/daemonset-dns": "default"}},
            }
        ]
        assert pods["ports"] == both(5353)
        assert "kube-dns" not in json.dumps(policy)


def both(port: int) -> list[Any]:
    """A port of both protocols that DNS speaks."""
    return [{"port": port, "protocol": "UDP"}, {"port": port, "protocol": "TCP"}]


def test_the_api_server_is_reached_on_its_own_ports() -> None:
    """By the Jobs that make Secrets, and by the provisioner."""

    def define(chart: Chart) -> None:
        database(chart)
        provisioner(chart)

    objects = in_cluster(Cluster(api_server_ports=[443, 16443]), define)
    for name in ("db-bootstrap", "local-path-provisioner"):
        assert egress_of(objects, name)[-1] == {"ports": [{"port": 443, "protocol": "TCP"}, {"port": 16443, "protocol": "TCP"}]}


def test_node_ports_are_those_that_the_cluster_gives() -> None:
    """Ours are refused where they are written, and anybody's by the rules."""
    narrow = Cluster(node_port_range="32000-32767")
    words = "is not in 32000-32767, the cluster's node_port_range; write one that is"
    with pytest.raises(InvalidInput, match=f"test/orders: endpoint: node_port: 30400 {words}"):
        in_cluster(narrow, web_service)
    queue = replace(QUEUE, node_port=30401)
    with pytest.raises(InvalidInput, match=f"test/queue: endpoint: node_port: 30401 {words}"):
        in_cluster(
            narrow,
            lambda chart: RedisQueue(
                chart, "queue", endpoint=queue, lists=["A"], storage="1Gi", bootstrap_image="example.test/mongo:8.0"
            ),
        )
    low = Cluster(node_port_range="20000-20100")
    objects = in_cluster(low, lambda chart: web_service(chart, endpoint=replace(ORDERS, node_port=20001)))
    assert objects.one("Service", "shop", "orders")["spec"]["ports"][0]["nodePort"] == 20001
    app = App()
    chart = Chart(app, "test", namespace="shop", disable_resource_name_hashes=True)
    set_context(chart, Context(cluster=low))
    service = web_service(chart, endpoint=replace(ORDERS, node_port=20001)).service
    rules.enforce(app)
    assert found_in(app) == []
    service.add_json_patch(JsonPatch.replace("/spec/ports/0/nodePort", 30001))
    words = words.replace("32000-32767", "20000-20100")
    assert found_in(app) == [f"Service/shop/orders: nodePort: 30001 {words}"]


def test_a_nodes_ipv6_address_is_in_no_url() -> None:
    """A node's own address has no brackets; one that is given gets them."""
    env = {"PUBLIC_URL": ORDERS.external_url, "TEXT": "see http://$(NODE_IP):30400"}
    with pytest.raises(InvalidInput) as error:
        in_cluster(SIX, lambda chart: web_service(chart, env=env))
    words = "is a URL with an IPv6 address without brackets; set node_address of the Context"
    assert list(error.value.problems) == [f"test/orders: env.{name}: {words}" for name in env]
    objects = in_cluster(SIX, lambda chart: web_service(chart, env=env), node_address="2001:db8::1")
    assert env_of(objects.container("shop", "orders"))["NODE_IP"] == "[2001:db8::1]"
    four_first = in_cluster(DUAL, lambda chart: web_service(chart, env=env))
    assert "NODE_IP" not in env_of(four_first.container("shop", "orders"))  # from the node, by the downward API


def test_a_range_of_a_family_that_the_cluster_lacks_is_refused() -> None:
    """Of a connection to the outside, and of a bucket by its address."""
    outside = [Outside(ports=((443, 443),), reason="news", cidrs=["2001:db8::/32"])]
    with pytest.raises(
        InvalidInput, match="outside: '2001:db8::/32' is IPv6, and the cluster's ip_families are IPv4; write a range"
    ):
        in_cluster(Cluster(), lambda chart: web_service(chart, outside=outside))


REFUSED = {
    "no family": ({"ip_families": []}, "Cluster: ip_families: [] is too short; write at least 1 item"),
    "a family that is none": (
        {"ip_families": ["ipv4"]},
        "Cluster: ip_families.0: 'ipv4' is not a family of addresses; write",
    ),
    "a family twice": ({"ip_families": ["IPv4", "IPv4"]}, "Cluster: ip_families: one is listed twice; remove one"),
    "a range of no family": (
        {"cidrs": ["10.0.0.0/8", "fd00::/48"]},
        "Cluster: cidrs: 'fd00::/48' is IPv6, and the cluster's ip_families are IPv4",
    ),
    "a family without a range": (
        {"ip_families": ["IPv4", "IPv6"], "cidrs": ["10.0.0.0/8"]},
        "Cluster: cidrs: has no range of IPv6, which is in ip_families; write those of its pods and Services",
    ),
    "no DNS": ({"dns": []}, "Cluster: dns: [] is too short; write at least 1 item"),
    "DNS of no family": (
        {"dns": [DnsServer(cidr="fd00::a/128")]},
        "Cluster: dns: 'fd00::a/128' is IPv6, and the cluster's ip_families are IPv4",
    ),
    "no port of the API server": ({"api_server_ports": []}, "Cluster: api_server_ports: [] is too short"),
    "a range of ports that is none": (
        {"node_port_range": "32767-30000"},
        "Cluster: node_port_range: '32767-30000' is not a range of ports; write FIRST-LAST, as in 30000-32767",
    ),
}


@pytest.mark.parametrize(("facts", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_true_of_no_cluster(facts: dict[str, Any], message: str) -> None:
    """In one line."""
    with pytest.raises(InvalidInput) as error:
        Cluster(**facts)
    [problem] = error.value.problems
    assert problem.startswith(message)


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        ({}, "DnsServer: namespace: is missing, or labels are; write both, or a cidr instead"),
        ({"namespace": "kube-system"}, "DnsServer: namespace: is missing, or labels are; write both, or a cidr instead"),
        (
            {"namespace": "dns", "labels": {"a": "b"}, "cidr": "10.0.0.1/32"},
            "DnsServer: cidr: is set beside namespace or labels; write an address or pods",
        ),
    ],
)
def test_dns_answers_from_pods_or_from_an_address(server: dict[str, Any], problem: str) -> None:
    """Not from both, and not from nowhere."""
    with pytest.raises(InvalidInput) as error:
        DnsServer(**server)
    assert list(error.value.problems) == [problem]
