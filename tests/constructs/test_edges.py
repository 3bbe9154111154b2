"""A policy opens the way to the pods that a Service selects, whatever declares the Service and however it is called."""

from pathlib import Path
from typing import Any

import cdk8s
import cdk8s_plus_27 as kplus
import pytest
import yaml
from cdk8s import ApiObject, ApiObjectMetadata, App, Chart, Include, JsonPatch

from mgmtcluster import Cluster, Context, Endpoint, Peer, WebService, rules, set_context
from mgmtcluster.testing import Manifest, Manifests, Network, load, pods_of
from tests.constructs.made_up import TILL, database, web_service
from tests.constructs.verdicts import passes, refused
from tests.rendering import env_of


def calling(chart: Chart, *servers: Endpoint) -> WebService:
    """A service whose variables are the addresses of these."""
    env = {f"URL_{number}": server.url for number, server in enumerate(servers)}
    return web_service(chart, "client", endpoint=Endpoint("client", "shop", 80), env=env)


def policy(objects: Manifests, name: str) -> Any:
    """The spec of a service's policy."""
    return objects.one("NetworkPolicy", "shop", name)["spec"]


def connects(objects: Manifests, client: str, server: str, port: int) -> bool:
    """Whether the pods of one workload reach those of another, as its policies are evaluated."""
    [asking] = [pod for pod in pods_of(objects) if pod.peer.name == client]
    [asked] = [pod for pod in pods_of(objects) if pod.peer.name == server]
    return bool(Network(objects).may_connect(asking, asked, port))


def declare(
    chart: Chart, kind: str, name: str, *, api_version: str = "v1", namespace: str | None = None, **fields: Any
) -> ApiObject:
    """An object of somebody else's, as it is written here."""
    metadata = ApiObjectMetadata(name=name, namespace=namespace)
    declared = ApiObject(chart, f"{kind}-{name}", api_version=api_version, kind=kind, metadata=metadata)
    for field, value in fields.items():
        declared.add_json_patch(JsonPatch.add(f"/{field}", value))
    return declared


def test_an_alias_leads_to_the_pods_behind_it() -> None:
    """The client may ask them, and they may be asked."""

    def define(chart: Chart) -> None:
        web_service(chart, "server", endpoint=TILL, aliases=["cash"])
        calling(chart, Endpoint("cash", "shop", 8081))

    objects = passes(define)
    assert connects(objects, "client", "till", 8081)
    assert not connects(objects, "till", "client", 80)


def test_one_member_of_a_database_is_led_to_by_its_own_service() -> None:
    """Its Service selects one pod; the policy of all members lets the client in."""

    def define(chart: Chart) -> None:
        database(chart)
        calling(chart, Endpoint("db-1", "shop", 27017))

    objects = passes(define)
    [rule] = policy(objects, "client")["egress"][1:]
    assert rule["to"][0]["podSelector"] == {"matchLabels": {"statefulset.kubernetes.io/pod-name": "db-1"}}
    clients = [source["podSelector"]["matchLabels"] for rule in policy(objects, "db")["ingress"] for source in rule["from"]]
    assert {"app.kubernetes.io/name": "client"} in clients


SEARCH: list[Manifest] = [
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "librechat-meilisearch", "namespace": "shop"},
        "spec": {"selector": {"name": "meilisearch"}, "ports": [{"port": 7700, "targetPort": "http"}]},
    },
    {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "search", "namespace": "shop"},
        "spec": {
            "template": {
                "metadata": {"labels": {"name": "meilisearch", "app.kubernetes.io/name": "search"}},
                "spec": {
                    "containers": [
                        {"name": "search", "image": "example.test/search:1", "ports": [{"containerPort": 7701, "name": "http"}]}
                    ]
                },
            }
        },
    },
]
SEARCH_AT = Endpoint("librechat-meilisearch", "shop", 7700)


def test_a_service_of_somebody_else_is_taken_at_its_word(tmp_path: Path) -> None:
    """An included chart selects by labels of its own, and its port is not that of the container."""
    (tmp_path / "search.yaml").write_text(yaml.safe_dump_all(SEARCH))

    def define(chart: Chart) -> None:
        Include(chart, "search", url=str(tmp_path / "search.yaml"))
        calling(chart, SEARCH_AT)

    objects = passes(define)
    assert policy(objects, "client")["egress"][1:] == [
        {
            "to": [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
                    "podSelector": {"matchLabels": {"name": "meilisearch"}},
                }
            ],
            "ports": [{"port": 7701, "protocol": "TCP"}],
        }
    ]
    assert connects(objects, "client", "search", 7701)


@pytest.mark.parametrize(
    ("wrong", "port"), [(Endpoint("till", "shop", 81), "81/TCP"), (Endpoint("till", "shop", 8081, protocol="UDP"), "8081/UDP")]
)
def test_a_host_with_a_port_that_its_service_does_not_have_is_refused(wrong: Endpoint, port: str) -> None:
    """The name alone does not tell, and a policy would open a way that nobody takes."""
    app = App()
    rules.enforce(app)
    chart = Chart(app, "test", namespace="shop")
    web_service(chart, "till", endpoint=TILL)
    web_service(chart, "client", endpoint=Endpoint("client", "shop", 80), env={"TILL": wrong.host})
    with pytest.raises(RuntimeError, match=f"shop/client: TILL: shop/till has no port {port}; write one of 8081/TCP"):
        app.synth_yaml()


def test_a_named_port_of_somebody_elses_service_is_found_beside_a_database(tmp_path: Path) -> None:
    """The Jobs that make its users are completed by the edges, and the edges need the numbers of such ports."""
    (tmp_path / "search.yaml").write_text(yaml.safe_dump_all(SEARCH))

    def define(chart: Chart) -> None:
        Include(chart, "search", url=str(tmp_path / "search.yaml"))
        database(chart)
        calling(chart, SEARCH_AT)

    assert connects(passes(define), "client", "search", 7701)


def test_a_service_of_cdk8s_plus_is_taken_at_its_word() -> None:
    """It selects by a hash that cdk8s-plus makes."""

    def define(chart: Chart) -> None:
        container = kplus.ContainerProps(image="example.test/search:1", port=7701)
        metadata = ApiObjectMetadata(name="search")
        deployment = kplus.Deployment(chart, "search", metadata=metadata, containers=[container])
        deployment.expose_via_service(name="search", ports=[kplus.ServicePort(port=80, target_port=7701)])
        calling(chart, Endpoint("search", "shop", 80))

    objects = passes(define)
    labels = objects.one("Deployment", "shop", "search")["spec"]["template"]["metadata"]["labels"]
    [rule] = policy(objects, "client")["egress"][1:]
    assert rule["to"][0]["podSelector"] == {"matchLabels": labels}
    assert rule["ports"] == [{"port": 7701, "protocol": "TCP"}]


def test_a_service_of_somebody_else_on_our_pods_opens_our_policy() -> None:
    """Its selector is some of their labels."""

    def define(chart: Chart) -> None:
        web_service(chart, "server", endpoint=TILL)
        selector = {"app.kubernetes.io/name": "till", "app.kubernetes.io/component": "service"}
        declare(chart, "Service", "front", spec={"selector": selector, "ports": [{"port": 80, "targetPort": 8081}]})
        calling(chart, Endpoint("front", "shop", 80))

    objects = passes(define)
    assert connects(objects, "client", "till", 8081)


def test_a_service_beside_the_app_is_described_by_its_endpoint() -> None:
    """Its labels are written where it is named, and the rule knows it by the same."""
    there = Endpoint("search", "tools", 7700, pods=Peer("tools", labels={"name": "meilisearch"}))
    objects = passes(lambda chart: calling(chart, there), beside=[there])
    [rule] = policy(objects, "client")["egress"][1:]
    assert rule["to"][0]["podSelector"] == {"matchLabels": {"name": "meilisearch"}}
    problems = refused(lambda chart: calling(chart, there), beside=[Endpoint("search", "tools", 7700)])
    assert problems == [
        "shop/client: URL_0: tools/search is not a Service with pods that a policy can name; declare it, "
        "or write enforce(…, beside=[Endpoint('search', 'tools', 7700, pods=…)])"
    ]


def test_a_way_to_nowhere_is_refused() -> None:
    """The address is one, and so is the edge."""
    problems = refused(lambda chart: calling(chart, Endpoint("nobody", "shop", 80)))
    assert any(problem.startswith("shop/client: URL_0: shop/nobody is not a Service with pods") for problem in problems)
    assert any(problem.startswith("Deployment/shop/client: env.URL_0: nobody.shop.svc") for problem in problems)


def test_a_service_without_pods_is_no_way() -> None:
    """What has no selector leads to addresses that no policy can name."""

    def define(chart: Chart) -> None:
        declare(chart, "Service", "far", spec={"type": "ExternalName", "externalName": "far.example.test"})
        calling(chart, Endpoint("far", "shop", 80))

    assert any("shop/far is not a Service with pods that a policy can name" in problem for problem in refused(define))


BACKENDS: dict[str, tuple[str, str, Manifest]] = {
    "an Ingress": (
        "networking.k8s.io/v1",
        "Ingress",
        {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "till", "port": {"number": 8081}}}}]}}]},
    ),
    "an Ingress with a default": (
        "networking.k8s.io/v1",
        "Ingress",
        {"defaultBackend": {"service": {"name": "till", "port": {"name": "http-8081"}}}},
    ),
    "an HTTPRoute": (
        "gateway.networking.k8s.io/v1",
        "HTTPRoute",
        {"parentRefs": [{"name": "gateway"}], "rules": [{"backendRefs": [{"name": "till", "port": 8081}]}]},
    ),
    "a route of OpenShift": ("route.openshift.io/v1", "Route", {"to": {"kind": "Service", "name": "till"}}),
    "a route of Traefik": ("traefik.io/v1alpha1", "IngressRoute", {"routes": [{"services": [{"name": "till", "port": 8081}]}]}),
    "a route of Istio": (
        "networking.istio.io/v1",
        "VirtualService",
        {"http": [{"route": [{"destination": {"host": "till.shop.svc.cluster.local", "port": {"number": 8081}}}]}]},
    ),
}


def route(chart: Chart, name: str) -> None:
    """A route to the till."""
    api_version, kind, spec = BACKENDS[name]
    declare(chart, kind, "route", api_version=api_version, spec=spec)


@pytest.mark.parametrize("name", BACKENDS)
def test_a_route_that_nobody_may_take_is_refused(name: str) -> None:
    """The pods are cut off from whoever brings the requests; those who may ask them bring none."""

    def define(chart: Chart) -> None:
        web_service(chart, "server", endpoint=TILL)
        calling(chart, TILL)
        route(chart, name)

    [problem] = refused(define)
    assert problem.startswith(f"{BACKENDS[name][1]}/shop/route: spec.")
    assert "no NetworkPolicy lets a proxy reach Service/shop/till on port 8081; declare one whose ingress names" in problem


@pytest.mark.parametrize("name", BACKENDS)
def test_a_route_to_nobody_is_refused(name: str) -> None:
    """Neither declared nor beside; named beside, it is somebody else's to answer for."""
    [problem] = refused(lambda chart: route(chart, name))
    assert "Service shop/till is not declared; declare it, or write enforce(…, beside=[Endpoint('till', 'shop', …)])" in problem
    passes(lambda chart: route(chart, name), beside=[TILL])


@pytest.mark.parametrize("name", BACKENDS)
def test_a_route_that_is_let_in_passes(name: str) -> None:
    """By a policy of the app's own beside the service's, or by a node port."""

    def with_policy(chart: Chart) -> None:
        web_service(chart, "server", endpoint=TILL)
        route(chart, name)
        proxy = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}
        spec = {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": "till"}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [proxy], "ports": [{"port": 8081}]}],
        }
        declare(chart, "NetworkPolicy", "proxy", api_version="networking.k8s.io/v1", spec=spec)

    def with_node_port(chart: Chart) -> None:
        web_service(chart, "server", endpoint=Endpoint("till", "shop", 8081, node_port=30401))
        route(chart, name)

    passes(with_policy)
    passes(with_node_port)


def test_a_route_to_another_port_is_refused() -> None:
    """The Service has none of that number."""

    def define(chart: Chart) -> None:
        web_service(chart, "server", endpoint=Endpoint("till", "shop", 9999, node_port=30401))
        route(chart, "an HTTPRoute")

    assert refused(define) == [
        "HTTPRoute/shop/route: spec.rules[0].backendRefs: Service/shop/till has no port 8081; write one of [9999]"
    ]


def test_what_cdk8s_makes_for_tests_is_one_app() -> None:
    """Jsii makes a new object of such an app, or chart, at every answer; what is said of it holds below it all the same."""
    app = cdk8s.Testing.app()
    set_context(app, Context(cluster=Cluster(domain="corp.example")))
    calling(Chart(app, "clients"), TILL)
    web_service(Chart(app, "servers"), "till", endpoint=TILL)
    rules.enforce(app)
    objects = load(app.synth_yaml())
    assert connects(objects, "client", "till", TILL.port)
    assert env_of(objects.container("shop", "client"))["URL_0"] == "http://till.shop.svc.corp.example:8081"

    chart = cdk8s.Testing.chart()
    set_context(chart, Context(annotations={"example.test/wave": "3"}))
    web_service(chart, "till", endpoint=TILL)
    [deployment] = Manifests(cdk8s.Testing.synth(chart)).of_kind("Deployment")
    assert deployment["metadata"]["annotations"] == {"example.test/wave": "3"}


def test_edges_follow_what_is_declared_later() -> None:
    """A Service that comes after its client is found: nothing is resolved before it is rendered."""

    def define(chart: Chart) -> None:
        calling(chart, TILL, Endpoint("cash", "shop", 8081))
        web_service(chart, "server", endpoint=TILL, aliases=["cash"])

    [rule] = policy(passes(define), "client")["egress"][1:]
    assert rule["ports"] == [{"port": 8081, "protocol": "TCP"}]
