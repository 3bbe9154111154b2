"""Who is let in, whom the app does not make."""

from dataclasses import replace
from typing import Any

import pytest
from cdk8s import ApiObject, ApiObjectMetadata, App, Chart, JsonPatch

from mgmtcluster import Client, Endpoint, InvalidInput, Metrics, Outside, Peer, StatefulService, WebService, edges_of, rules
from mgmtcluster.map.graph import graph_of
from mgmtcluster.map.mermaid import mermaid
from mgmtcluster.testing import Host, Manifests, Network, Pod, load, may_connect, pods_of
from tests.constructs.made_up import IMAGE, ORDERS, TILL, orders, web_service
from tests.rendering import render_chart

NAME = "app.kubernetes.io/name"
CLIENTS = [
    Client.pods("ingress-nginx", name="ingress-nginx", why="brings requests"),
    Client.pods("legacy", labels={"app": "till"}),
    Client.namespace("shop-jobs"),
    Client.cidrs("10.1.0.0/16", "10.2.0.0/16"),
]
LET_IN: dict[str, Pod | Host] = {
    "an ingress controller": Pod("ingress-nginx", {NAME: "ingress-nginx"}, "10.244.2.1"),
    "pods by labels": Pod("legacy", {"app": "till", "more": "x"}, "10.244.2.2"),
    "a pod of the namespace": Pod("shop-jobs", {}, "10.244.2.3"),
    "an address": Host("10.1.2.3"),
    "another address": Host("10.2.0.1"),
}
KEPT_OUT: dict[str, Pod | Host] = {
    "another pod beside the controller": Pod("ingress-nginx", {NAME: "other"}, "10.244.3.1"),
    "the same name elsewhere": Pod("shop", {NAME: "ingress-nginx"}, "10.244.3.2"),
    "another address": Host("10.3.0.1"),
}


def till(**arguments: Any) -> tuple[Network, Pod]:
    """The network with one service, and a pod of it."""
    objects = orders(endpoint=TILL, **arguments)
    [pod] = pods_of(objects)
    return Network(objects), pod


@pytest.mark.parametrize("who", LET_IN)
def test_who_is_named_is_let_in(who: str) -> None:
    """On the port, and on no other."""
    network, pod = till(clients=CLIENTS)
    assert network.lets_in(pod, LET_IN[who], 8081)
    assert not network.lets_in(pod, LET_IN[who], 8082)
    assert not till()[0].lets_in(pod, LET_IN[who], 8081)


@pytest.mark.parametrize("who", KEPT_OUT)
def test_who_is_not_named_is_kept_out(who: str) -> None:
    """Who is like one of them too."""
    network, pod = till(clients=CLIENTS)
    assert not network.lets_in(pod, KEPT_OUT[who], 8081)


def drawn(**arguments: Any) -> tuple[App, Manifests]:
    """The app with one service, and its objects."""
    app = App()
    web_service(Chart(app, "test", namespace="shop"), endpoint=TILL, **arguments)
    return app, load(app.synth_yaml())


def test_each_is_an_edge_with_its_reason_and_on_the_map() -> None:
    """A namespace is every pod of it, and a range of addresses is one by itself."""
    app, objects = drawn(clients=CLIENTS)
    edges = edges_of(app)
    assert [(str(edge.client), edge.port, edge.why) for edge in edges] == [
        ("10.1.0.0/16", 8081, "a client that the app does not make"),
        ("10.2.0.0/16", 8081, "a client that the app does not make"),
        ("ingress-nginx/ingress-nginx", 8081, "brings requests"),
        ("legacy/app=till", 8081, "a client that the app does not make"),
        ("shop-jobs/*", 8081, "a client that the app does not make"),
    ]
    graph = graph_of(edges, objects, about={})
    assert {edge["client"] for edge in graph["edges"]} == {str(edge.client) for edge in edges}
    lines = [*mermaid(edges)]
    assert "  subgraph outside" in lines
    assert "    shop_jobs__[*]" in lines


def test_a_client_asks_the_port_that_it_names() -> None:
    """By the number of the Service's; the pods' is opened."""
    more = [Endpoint("till", "shop", 80, target_port=9000), Endpoint("till", "shop", 53, protocol="UDP")]
    clients = [Client.namespace("a", port=80), Client.namespace("b", port=53)]
    network, pod = till(other_endpoints=more, clients=clients)
    asking = {name: Pod(name, {}, "10.244.2.1") for name in "ab"}
    assert network.lets_in(pod, asking["a"], 9000)
    assert not network.lets_in(pod, asking["a"], 8081)
    assert network.lets_in(pod, asking["b"], 53, protocol="UDP")


def test_a_client_of_a_port_of_both_protocols_asks_both() -> None:
    """As that of a name server, whether it names the port or not; a monitor's port is none that it could mean."""
    names = Endpoint("names", "shop", 53, target_port=5353)
    more = [replace(names, protocol="UDP")]
    clients = [Client.namespace("a"), Client.namespace("b", port=53)]
    metrics = Metrics(port=9100, service_monitor=True)
    objects = orders(endpoint=names, other_endpoints=more, clients=clients, metrics=metrics)
    for client in (Pod("a"), Pod("b")):
        assert may_connect(objects, client, Peer("shop", "names"), 5353)
        assert may_connect(objects, client, Peer("shop", "names"), 5353, protocol="UDP")
        assert not may_connect(objects, client, Peer("shop", "names"), 9100)


@pytest.mark.parametrize(("text", "written"), [("192.0.2.7", "192.0.2.7/32"), ("10.0.0.0/255.0.0.0", "10.0.0.0/8")])
def test_an_address_that_is_no_range_opens_nothing(text: str, written: str) -> None:
    """It is refused with the range to write: a policy that could not name it would let everybody in, or out."""
    with pytest.raises(InvalidInput) as error:
        Client.cidrs(text)
    assert error.value.problems == (f"Client.cidrs: cidrs.0: {text!r} is not a CIDR; write it as {written}",)
    with pytest.raises(InvalidInput, match=f"Outside 'news': cidrs.0: {text!r} is not a CIDR; write it as {written}"):
        Outside(ports=[(443, 443)], reason="news", cidrs=[text])


def test_a_range_of_a_family_that_the_cluster_does_not_have_is_refused() -> None:
    """In one line."""
    with pytest.raises(InvalidInput, match="test/orders: clients: '2001:db8::/32' is IPv6, and the cluster's ip_families are"):
        orders(endpoint=TILL, clients=[Client.cidrs("2001:db8::/32")])


def test_a_client_that_is_ours_may_go_there_too() -> None:
    """An edge has two ends."""
    app = App()
    chart = Chart(app, "test", namespace="shop")
    web_service(chart, "server", endpoint=TILL, clients=[Client.pods("shop", name="client"), Client.namespace("shop")])
    web_service(chart, "client", endpoint=Endpoint("client", "shop", 80))
    web_service(chart, "other", endpoint=Endpoint("other", "shop", 80))
    objects = load(app.synth_yaml())
    pods = {pod.peer.name: pod for pod in pods_of(objects)}
    assert all(Network(objects).may_connect(pods[name], pods["till"], 8081) for name in ("client", "other"))


@pytest.mark.parametrize("passes", [True, False])
def test_a_route_whose_proxy_is_named_passes_the_rules(passes: bool) -> None:
    """By clients=, and without a policy of the app's own."""
    app = App()
    chart = Chart(app, "test", namespace="shop")
    arguments: dict[str, Any] = {"clients": [Client.pods("ingress-nginx", name="ingress-nginx")]} if passes else {}
    web_service(chart, endpoint=TILL, **arguments)
    backend = {"service": {"name": "till", "port": {"number": 8081}}}
    ingress = ApiObject(chart, "i", api_version="networking.k8s.io/v1", kind="Ingress", metadata=ApiObjectMetadata(name="till"))
    ingress.add_json_patch(JsonPatch.add("/spec", {"rules": [{"http": {"paths": [{"backend": backend}]}}]}))
    rules.enforce(app)
    if passes:
        assert app.synth_yaml()
    else:
        with pytest.raises(RuntimeError, match="no NetworkPolicy lets a proxy reach Service/shop/till"):
            app.synth_yaml()


PROMETHEUS = Pod("monitoring", {NAME: "prometheus"}, "10.244.2.9")


def test_metrics_are_a_port_a_policy_and_annotations() -> None:
    """And no port of the Service."""
    objects = orders(endpoint=TILL, metrics=Metrics(port=9100, path="/m"))
    template = objects.one("Deployment", "shop", "till")["spec"]["template"]
    assert template["metadata"]["annotations"] == {
        "prometheus.io/path": "/m",
        "prometheus.io/port": "9100",
        "prometheus.io/scrape": "true",
    }
    assert {"name": "metrics", "containerPort": 9100} in objects.container("shop", "till")["ports"]
    assert [port["port"] for port in objects.one("Service", "shop", "till")["spec"]["ports"]] == [8081]
    [pod] = pods_of(objects)
    assert Network(objects).lets_in(pod, PROMETHEUS, 9100)
    assert not Network(objects).lets_in(pod, PROMETHEUS, 8081)
    assert not Network(objects).lets_in(pod, Pod("monitoring", {NAME: "x"}, "10.244.2.9"), 9100)


def test_metrics_on_a_port_that_is_there_make_no_other() -> None:
    """A container declares each port once."""
    objects = orders(endpoint=TILL, metrics=Metrics(port=8081))
    assert [port["containerPort"] for port in objects.container("shop", "till")["ports"]] == [8081]


def monitored_by(objects: Manifests) -> list[str]:
    """The Services that a ServiceMonitor selects."""
    [monitor] = objects.of_kind("ServiceMonitor")
    selector = monitor["spec"]["selector"]["matchLabels"]
    services = [service["metadata"] for service in objects.of_kind("Service")]
    return [metadata["name"] for metadata in services if selector.items() <= metadata["labels"].items()]


@pytest.mark.parametrize("kind", [WebService, StatefulService])
def test_a_service_monitor_selects_one_service(kind: type[WebService | StatefulService]) -> None:
    """Prometheus would scrape a pod once more through each alias, the headless Service, and that of the exposed ports."""
    more = Endpoint("orders", "shop", 9100, node_port=30401)

    def define(chart: Chart) -> None:
        metrics = Metrics(port=9100, service_monitor=True)
        ports = [more, Endpoint("orders", "shop", 9200)]
        kind(chart, "orders", image=IMAGE, endpoint=ORDERS, other_endpoints=ports, aliases=["sales"], metrics=metrics)

    objects = render_chart(define)
    assert len(objects.of_kind("Service")) == (4 if kind is StatefulService else 3)
    assert monitored_by(objects) == ["orders"]


def test_a_service_monitor_names_a_port_of_the_service() -> None:
    """Which no node exposes; the pods have no annotations then."""
    objects = orders(metrics=Metrics(port=9100, prometheus_namespace="watch", service_monitor=True))
    [monitor] = objects.of_kind("ServiceMonitor")
    assert monitor["spec"]["endpoints"] == [{"port": "metrics-9100", "path": "/metrics"}]
    service = objects.one("Service", "shop", "orders")
    assert monitored_by(objects) == ["orders"]
    assert [port["name"] for port in service["spec"]["ports"]] == ["http-8080", "metrics-9100"]
    assert service["spec"]["type"] == "ClusterIP"
    assert [port["nodePort"] for port in objects.one("Service", "shop", "orders-external")["spec"]["ports"]] == [30400]
    assert "annotations" not in objects.one("Deployment", "shop", "orders")["spec"]["template"]["metadata"]
    [pod] = pods_of(objects)
    assert Network(objects).lets_in(pod, Pod("watch", {NAME: "prometheus"}, "10.244.2.9"), 9100)


def test_a_client_without_a_port_needs_one_where_there_are_several() -> None:
    """And a port that there is."""
    two: dict[str, Any] = {"endpoint": TILL, "other_endpoints": [Endpoint("till", "shop", 9090)]}
    with pytest.raises(InvalidInput) as error:
        orders(**two, clients=[Client.namespace("jobs"), Client.namespace("jobs", port=1)])
    assert error.value.problems == (
        "test/orders: clients: jobs/*: names no port, and there are several; write port=8081, or another of [8081, 9090]",
        "test/orders: clients: jobs/*: port: 1 is no port of an endpoint; write one of [8081, 9090]",
    )


WRONG: dict[str, tuple[Any, str]] = {
    "no pods in particular": (lambda: Client.pods("jobs"), "Client.pods 'jobs': name: write name=… or labels={…}, one of them; "),
    "pods named twice": (lambda: Client.pods("jobs", name="a", labels={"a": "b"}), "Client.pods 'jobs': name: write name=… or"),
    "a namespace that is none": (lambda: Client.namespace("My"), "Client.namespace 'My': namespace: 'My' is not a DNS label"),
    "no range": (lambda: Client.cidrs(), "Client.cidrs: cidrs: "),
    "a range that is none": (lambda: Client.cidrs("10.0.0.1/8"), "Client.cidrs: cidrs.0: '10.0.0.1/8' is not a CIDR"),
    "a port that is none": (lambda: Client.namespace("jobs", port=0), "Client.namespace 'jobs': port: 0 is out of range"),
    "a path that is none": (lambda: Metrics(port=1, path="m"), "Metrics: path: 'm' is not a path; write it with a slash"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_value_that_is_none_is_refused_where_it_is_made(name: str) -> None:
    """In one line."""
    make, problem = WRONG[name]
    with pytest.raises(InvalidInput) as error:
        make()
    assert error.value.problems[0].startswith(problem)


def test_every_pod_of_a_namespace_is_a_peer() -> None:
    """One without a name and without labels."""
    assert (Peer("jobs").selector, str(Peer("jobs")), Peer("jobs").cidr) == ({}, "jobs/*", None)
    assert (Peer.at("10.0.0.0/8").cidr, str(Peer.at("10.0.0.0/8"))) == ("10.0.0.0/8", "10.0.0.0/8")
