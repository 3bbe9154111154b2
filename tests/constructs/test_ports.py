"""A Service has its port, the pods have theirs, and each has its protocol."""

from typing import Any

import pytest
from cdk8s import Chart

from mgmtcluster import Endpoint, ExecProbe, InvalidInput, Metrics, Peer, RedisQueue, TcpProbe, edges_of
from mgmtcluster.kinds.containers import Probe
from mgmtcluster.kinds.network import Protocol
from mgmtcluster.map.graph import graph_of
from mgmtcluster.map.mermaid import mermaid
from mgmtcluster.testing import Host, Manifest, Manifests, Pod, may_connect
from tests.constructs.made_up import IMAGE, TILL, orders, web_service
from tests.rendering import render_chart

WEB = Endpoint("web", "shop", 80, target_port=8000)
UPF = Endpoint("upf", "shop", 2152, protocol="UDP")


def with_client(*servers: Endpoint) -> Manifests:
    """A service with these ports, and a client that calls them all."""

    def define(chart: Chart) -> None:
        web_service(chart, "server", endpoint=servers[0], other_endpoints=servers[1:])
        env = {f"HOST_{number}": server.host for number, server in enumerate(servers)}
        web_service(chart, "client", endpoint=Endpoint("client", "shop", 80), env=env)

    return render_chart(define)


def connects(objects: Manifests, server: str, port: int, protocol: Protocol = "TCP") -> bool:
    """Whether the client may connect, as policies are evaluated."""
    return bool(may_connect(objects, Peer("shop", "client"), Peer("shop", server), port, protocol=protocol))


def test_policies_open_the_pods_port_and_the_service_has_its_own() -> None:
    """And probes ask the pods' port."""
    objects = with_client(WEB)
    [port] = objects.one("Service", "shop", "web")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (80, 8000)
    container = objects.container("shop", "web")
    assert container["ports"] == [{"containerPort": 8000, "name": "http-80"}]
    assert {container[f"{kind}Probe"]["tcpSocket"]["port"] for kind in ("readiness", "liveness", "startup")} == {8000}
    assert connects(objects, "web", 8000)
    assert not connects(objects, "web", 80)


def test_two_ports_of_a_service_may_lead_to_one_of_the_pods() -> None:
    """A container declares each of its ports once."""
    objects = with_client(WEB, Endpoint("web", "shop", 443, target_port=8000))
    assert [port["containerPort"] for port in objects.container("shop", "web")["ports"]] == [8000]
    assert [port["targetPort"] for port in objects.one("Service", "shop", "web")["spec"]["ports"]] == [8000, 8000]


def test_a_port_of_the_service_that_is_another_one_of_the_pods_leads_where_the_service_says() -> None:
    """Numbers of Services and numbers of pods are two things."""
    objects = with_client(Endpoint("web", "shop", 80, target_port=8000), Endpoint("web", "shop", 8000, target_port=9000))
    [first, second] = [rule["ports"] for rule in objects.one("NetworkPolicy", "shop", "client")["spec"]["egress"][1:]]
    assert [first, second] == [[{"port": 8000, "protocol": "TCP"}], [{"port": 9000, "protocol": "TCP"}]]


def test_a_node_port_opens_the_pods_port() -> None:
    """To everybody."""
    objects = orders(endpoint=Endpoint("web", "shop", 80, node_port=30400, target_port=8000))
    assert objects.one("NetworkPolicy", "shop", "web")["spec"]["ingress"] == [{"ports": [{"port": 8000, "protocol": "TCP"}]}]


def test_a_load_balancer_leads_to_what_clients_ask_and_not_to_what_a_monitor_does() -> None:
    """Who may scrape is Prometheus alone; the port for it stands in a Service inside the cluster."""
    metrics = Metrics(port=9100, service_monitor=True)
    objects = orders(endpoint=TILL, service_type="LoadBalancer", metrics=metrics)
    assert [port["port"] for port in objects.one("Service", "shop", "till-external")["spec"]["ports"]] == [8081]
    inside = objects.one("Service", "shop", "till")["spec"]
    assert (inside["type"], [port["port"] for port in inside["ports"]]) == ("ClusterIP", [8081, 9100])
    assert may_connect(objects, Host("192.0.2.7"), Peer("shop", "till"), 8081)
    assert not may_connect(objects, Host("192.0.2.7"), Peer("shop", "till"), 9100)
    assert may_connect(objects, Pod("monitoring", {"app.kubernetes.io/name": "prometheus"}), Peer("shop", "till"), 9100)


def test_a_port_of_udp_is_one_everywhere_and_nobody_probes_it() -> None:
    """In the Service, the container, both policies and the map."""
    objects = with_client(UPF)
    [port] = objects.one("Service", "shop", "upf")["spec"]["ports"]
    assert (port["protocol"], port["name"]) == ("UDP", "udp-2152")
    container = objects.container("shop", "upf")
    assert container["ports"] == [{"containerPort": 2152, "name": "udp-2152", "protocol": "UDP"}]
    assert not [key for key in container if key.endswith("Probe")]
    assert connects(objects, "upf", 2152, "UDP")
    assert not connects(objects, "upf", 2152, "TCP")


def test_a_port_of_both_protocols_is_two_ports() -> None:
    """As that of a name server; the default probes ask the one of TCP."""
    names = (Endpoint("names", "shop", 53, protocol="UDP"), Endpoint("names", "shop", 53))
    objects = with_client(*names)
    assert [port["name"] for port in objects.one("Service", "shop", "names")["spec"]["ports"]] == ["udp-53", "http-53"]
    assert objects.container("shop", "names")["readinessProbe"]["tcpSocket"]["port"] == 53
    assert connects(objects, "names", 53)
    assert connects(objects, "names", 53, "UDP")


def test_the_map_says_what_is_not_tcp() -> None:
    """In the picture and in the diagram."""
    found = []

    def define(chart: Chart) -> None:
        web_service(chart, "server", endpoint=UPF)
        web_service(chart, "client", endpoint=Endpoint("client", "shop", 80), env={"UPF": UPF.host})
        found.extend(edges_of(chart))

    objects = render_chart(define)
    assert [edge["port"] for edge in graph_of(found, objects, about={})["edges"]] == ["2152/UDP"]
    assert "  shop_client -- 2152/UDP --> shop_upf" in [*mermaid(found)]


def probed(name: str, probe: Probe) -> Manifest:
    """The container of a service that speaks UDP alone, with this probe."""
    arguments: dict[str, Any] = {name: probe}
    return orders(endpoint=UPF, **arguments).container("shop", "upf")


@pytest.mark.parametrize("probe", ["readiness", "liveness"])
def test_a_probe_that_asks_no_port_needs_one_of_tcp(probe: str) -> None:
    """One that names a port, or runs a command, needs none."""
    with pytest.raises(InvalidInput) as error:
        probed(probe, TcpProbe())
    assert error.value.problems == (
        f"test/orders: {probe}: names no port, and no endpoint speaks TCP; write port=…, or an ExecProbe",
    )
    assert f"{probe}Probe" in probed(probe, ExecProbe(command=["true"]))
    assert f"{probe}Probe" in probed(probe, TcpProbe(port=8805))


def test_a_url_is_not_one_of_http_over_udp() -> None:
    """A host is one, and so is a URL of another scheme."""
    assert str(Endpoint("upf", "core", 2152, protocol="UDP", scheme="gtp").url).startswith("gtp://upf.core.svc")
    with pytest.raises(InvalidInput, match="Endpoint 'upf': scheme: 'http' is not spoken over UDP; write another scheme, or use"):
        UPF.url  # noqa: B018


def test_redis_listens_on_the_pods_port_and_speaks_tcp() -> None:
    """Its configuration says which."""

    def define(chart: Chart, **port: str) -> None:
        endpoint = Endpoint("redis", "shop", 6379, target_port=7000, **port)  # type: ignore[arg-type]
        RedisQueue(chart, "redis", endpoint=endpoint, lists=["A"], storage="1Gi", bootstrap_image=IMAGE)

    objects = render_chart(define)
    assert objects.one("ConfigMap", "shop", "redis-config")["data"]["redis.conf"].startswith("port 7000\n")
    assert objects.container("shop", "redis")["ports"][0]["containerPort"] == 7000
    with pytest.raises(InvalidInput, match="test/redis: endpoint: protocol: Redis does not speak UDP; write TCP"):
        render_chart(lambda chart: define(chart, protocol="UDP"))


def test_pods_behind_a_service_beside_the_app_are_named_by_a_peer() -> None:
    """By the name of their workload, or by labels; a Peer without a name is those of its labels."""
    named = Endpoint("search", "chat", 7700, pods=Peer("chat", "meilisearch"))
    labelled = Endpoint("search", "chat", 7700, pods=Peer("chat", labels={"app": "search"}))
    assert named.peer.selector == {"app.kubernetes.io/name": "meilisearch"}
    assert labelled.peer.selector == {"app": "search"}
    assert Endpoint("search", "chat", 7700, pods=Peer("chat", "search")).peer == Peer("chat", "search")
    assert str(Peer("chat", labels={"app": "search"})) == "chat/app=search"
    with pytest.raises(InvalidInput, match=r"Endpoint 'search': pods: are all of chat; write Peer\('chat', NAME\), or labels="):
        Endpoint("search", "chat", 7700, pods=Peer("chat"))
    with pytest.raises(InvalidInput, match=r"Peer .chat.: labels\.my app: .my app. is not the key of a label"):
        Peer("chat", labels={"my app": "x"})
