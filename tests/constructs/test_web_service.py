"""A web service is a Deployment, its Services, a budget, an account and a policy."""

import pytest
from cdk8s import ApiObject, App, Chart

from mgmtcluster import Cluster, Context, Endpoint, ExecProbe, HttpProbe, Outside, Resources, SecretKey, TcpProbe, edges_of
from tests.constructs.made_up import ORDERS, TILL, orders, sidecar, web_service
from tests.rendering import env_of, name_of, pod_spec


def test_it_defines_what_its_docstring_says() -> None:
    """With two replicas; with one, no budget."""
    kinds = ["ServiceAccount", "Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"]
    assert [name_of(each) for each in orders()] == [f"{kind}/shop/orders" for kind in kinds]
    assert [each["kind"] for each in orders(replicas=1)] == [kind for kind in kinds if kind != "PodDisruptionBudget"]


def test_its_children_are_attributes_and_the_deployment_is_the_default() -> None:
    """What a caller needs to go on."""
    service = web_service(Chart(App(), "test"))
    assert ApiObject.of(service) == service.deployment
    assert service.deployment.name == service.service_account.name == service.network_policy.name == "orders"
    assert service.services == [service.service]
    assert service.pod_disruption_budget is not None
    assert (service.endpoint, str(service.peer)) == (ORDERS, "shop/orders")
    assert web_service(Chart(App(), "test"), replicas=1).pod_disruption_budget is None


def test_an_endpoint_with_a_node_port_is_exposed_and_one_without_is_not() -> None:
    """By the Service's type, and in the policy."""
    exposed, inside = orders(), orders(endpoint=TILL)
    assert exposed.one("Service", "shop", "orders")["spec"]["type"] == "NodePort"
    assert exposed.one("NetworkPolicy", "shop", "orders")["spec"]["ingress"] == [{"ports": [{"port": 8080, "protocol": "TCP"}]}]
    assert inside.one("Service", "shop", "till")["spec"]["type"] == "ClusterIP"
    assert "ingress" not in inside.one("NetworkPolicy", "shop", "till")["spec"]


def test_of_two_ports_only_the_one_with_a_node_port_is_exposed() -> None:
    """A second Service carries it: a NodePort Service would open both."""
    objects = orders(other_endpoints=[Endpoint("orders", "shop", 9090)])
    assert objects.one("Service", "shop", "orders")["spec"]["type"] == "ClusterIP"
    [port] = objects.one("Service", "shop", "orders-external")["spec"]["ports"]
    assert (port["port"], port["nodePort"]) == (8080, 30400)
    assert objects.one("NetworkPolicy", "shop", "orders")["spec"]["ingress"] == [{"ports": [{"port": 8080, "protocol": "TCP"}]}]


def test_two_exposed_ports_share_one_service() -> None:
    """Nothing is left to hide."""
    objects = orders(other_endpoints=[Endpoint("orders", "shop", 9090, node_port=30401)])
    [service] = objects.of_kind("Service")
    assert [port["nodePort"] for port in service["spec"]["ports"]] == [30400, 30401]


def test_an_alias_is_a_service_on_the_same_pods_inside_the_cluster() -> None:
    """Without a node port of its own."""
    alias = orders(aliases=["sales"]).one("Service", "shop", "sales")["spec"]
    assert alias["type"] == "ClusterIP"
    assert alias["selector"] == {"app.kubernetes.io/name": "orders"}
    assert [port["port"] for port in alias["ports"]] == [8080]


def test_env_values_are_literals_addresses_and_keys_of_secrets() -> None:
    """In the order given; an address is also an edge, where the container itself connects to it."""
    app = App()
    chart = Chart(app, "test")
    self_url = Endpoint("orders", "shop", 8080).url
    values = {"MODE": "quiet", "TILL_URL": self_url, "TOKEN": SecretKey("tokens", "till"), "PUBLIC_URL": ORDERS.external_url}
    web_service(chart, env=values)
    assert [str(edge.server) for edge in edges_of(app) if edge.why == "TILL_URL"] == ["shop/orders"]
    assert {edge.why for edge in edges_of(app)} == {"TILL_URL", "node port 30400"}
    env = orders(env=values, endpoint=ORDERS, context=Context(node_address="nodes.example.test"))
    given = env.container("shop", "orders")["env"]
    assert [each["name"] for each in given] == ["NODE_IP", "MODE", "TILL_URL", "TOKEN", "PUBLIC_URL"]
    assert given[3]["valueFrom"] == {"secretKeyRef": {"name": "tokens", "key": "till"}}
    assert env_of(env.container("shop", "orders"))["PUBLIC_URL"] == "http://$(NODE_IP):30400"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("address", "expected"), [("10.0.0.7", "10.0.0.7"), ("2001:db8::1", "[2001:db8::1]")])
def test_an_address_of_nodes_fits_a_url(address: str, expected: str) -> None:
    """In brackets, if it is one of IPv6."""
    objects = orders(env={"PUBLIC_URL": ORDERS.external_url}, context=Context(node_address=address))
    assert env_of(objects.container("shop", "orders"))["NODE_IP"] == expected


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        (HttpProbe(path="/ready"), {"httpGet": {"path": "/ready", "port": 8080}}),
        (HttpProbe(path="/ready", port=9090), {"httpGet": {"path": "/ready", "port": 9090}}),
        (TcpProbe(), {"tcpSocket": {"port": 8080}}),
        (ExecProbe(command=["true"]), {"exec": {"command": ["true"]}}),
    ],
)
def test_a_probe_asks_what_it_says(probe: HttpProbe | TcpProbe | ExecProbe, expected: dict[str, object]) -> None:
    """The port of the endpoint, unless it names one."""
    readiness = orders(readiness=probe).container("shop", "orders")["readinessProbe"]
    assert expected.items() <= readiness.items()
    assert (readiness["periodSeconds"], readiness["failureThreshold"], readiness["timeoutSeconds"]) == (10, 3, 5)


def test_probes_ask_another_port_where_one_is_named() -> None:
    """All three of them."""
    container = orders(other_endpoints=[Endpoint("orders", "shop", 9090)], probe_port=9090).container("shop", "orders")
    assert {container[f"{kind}Probe"]["tcpSocket"]["port"] for kind in ("readiness", "liveness", "startup")} == {9090}


def test_what_is_written_is_a_directory_of_the_pod() -> None:
    """As large as the container's limit; a sidecar's are its own."""
    resources = Resources(ephemeral_storage_limit="1Gi")
    objects = orders(writes=["/tmp", "/var/cache/app"], resources=resources, sidecars=[sidecar(writes=["/tmp"])])
    volumes = {
        each["name"]: each["emptyDir"]["sizeLimit"] for each in pod_spec(objects.one("Deployment", "shop", "orders"))["volumes"]
    }
    main, helper = (objects.container("shop", "orders", name)["volumeMounts"] for name in ("orders", "helper"))
    assert [each["mountPath"] for each in main] == ["/tmp", "/var/cache/app"]
    assert [volumes[each["name"]] for each in main] == ["1Gi", "1Gi"]
    assert not {each["name"] for each in helper} & {each["name"] for each in main}


def test_nothing_written_is_no_volume() -> None:
    """Not even /tmp."""
    assert "volumes" not in pod_spec(orders(writes=[]).one("Deployment", "shop", "orders"))


def test_the_outside_is_ranges_of_ports_and_addresses_without_the_clusters_own() -> None:
    """Everywhere, if no addresses are named; ranges that it does not reach need no exception."""
    outside = [
        Outside(ports=((443, 443), (8000, 8999)), reason="news"),
        Outside(ports=((80, 80),), reason="one", cidrs=("10.0.0.0/8",)),
    ]
    objects = orders(outside=outside, context=Context(cluster=Cluster(cidrs=["10.244.0.0/16", "172.16.0.0/12"])))
    policy = objects.one("NetworkPolicy", "shop", "orders")
    assert policy["spec"]["egress"][1:] == [
        {
            "to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.244.0.0/16", "172.16.0.0/12"]}}],
            "ports": [{"port": 443, "protocol": "TCP"}, {"port": 8000, "endPort": 8999, "protocol": "TCP"}],
        },
        {"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.244.0.0/16"]}}], "ports": [{"port": 80, "protocol": "TCP"}]},
    ]


@pytest.mark.parametrize(
    ("image", "policy", "version"),
    [
        ("example.test/app:1.4", "Always", "1.4"),
        ("example.test/app@sha256:" + "0" * 64, "IfNotPresent", None),
        ("example.test/app:1.4@sha256:" + "0" * 64, "IfNotPresent", "1.4"),
        ("example.test/app:" + "1" * 64, "Always", None),
        ("example.test/app:1_", "Always", None),
    ],
)
def test_an_image_tells_its_version_and_how_it_is_pulled(image: str, policy: str, version: str | None) -> None:
    """A digest never changes; a tag that is no label is none."""
    objects = orders(image=image)
    assert objects.container("shop", "orders")["imagePullPolicy"] == policy
    labels = objects.one("Deployment", "shop", "orders")["spec"]["template"]["metadata"]["labels"]
    assert labels.get("app.kubernetes.io/version") == version
