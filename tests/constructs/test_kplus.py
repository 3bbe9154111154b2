"""Constructs of cdk8s-plus take what is made here."""

from typing import Any

import cdk8s_plus_27 as kplus
import pytest
from cdk8s import ApiObjectMetadata, Chart

from mgmtcluster import Autoscale, Claim, Client, Endpoint, InvalidInput, StatefulService, WebService, Worker
from mgmtcluster.testing import Manifests
from tests.constructs.made_up import IMAGE, TILL, web_service
from tests.rendering import render_chart

KINDS: dict[type[WebService | StatefulService | Worker], str] = {
    WebService: "Deployment",
    StatefulService: "StatefulSet",
    Worker: "Deployment",
}


@pytest.mark.parametrize("kind", [WebService, StatefulService])
def test_an_ingress_takes_a_service(kind: type[WebService | StatefulService]) -> None:
    """By the name and the port; a Service is not written a second time, and the rules know where the Ingress leads."""

    def define(chart: Chart) -> None:
        clients = [Client.pods("ingress-nginx", name="ingress-nginx")]
        till = kind(chart, "till", image=IMAGE, endpoint=Endpoint("till", "shop", 80, target_port=8000), clients=clients)
        ingress = kplus.Ingress(chart, "ingress", metadata=ApiObjectMetadata(name="till"))
        ingress.add_host_rule("shop.example.com", "/", kplus.IngressBackend.from_service(till.as_kplus_service()))

    objects = render_chart(define)
    [rule] = objects.one("Ingress", "shop", "till")["spec"]["rules"]
    assert [path["backend"] for path in rule["http"]["paths"]] == [{"service": {"name": "till", "port": {"number": 80}}}]
    assert objects.one("Service", "shop", "till")["spec"]["selector"] == {"app.kubernetes.io/name": "till"}


def test_an_ingress_takes_one_of_several_ports() -> None:
    """Which it names."""

    def define(chart: Chart) -> None:
        more = [Endpoint("till", "shop", 9000)]
        clients = [Client.pods("ingress-nginx", name="ingress-nginx", port=9000)]
        service = web_service(chart, endpoint=TILL, other_endpoints=more, clients=clients).as_kplus_service()
        ingress = kplus.Ingress(chart, "ingress", metadata=ApiObjectMetadata(name="till"))
        ingress.add_rule("/", kplus.IngressBackend.from_service(service, port=9000))

    [rule] = render_chart(define).one("Ingress", "shop", "till")["spec"]["rules"]
    assert rule["http"]["paths"][0]["backend"]["service"]["port"] == {"number": 9000}


def scaled(kind: type[WebService | StatefulService | Worker], **arguments: Any) -> Manifests:
    """The objects of a workload that an autoscaler of cdk8s-plus scales."""

    def define(chart: Chart) -> None:
        told = {} if kind is Worker else {"endpoint": TILL}
        till = kind(chart, "till", **{"image": IMAGE, **told, **arguments})
        memory = kplus.Metric.resource_memory(kplus.MetricTarget.average_utilization(70))
        target = till.as_kplus_scalable()
        metadata = ApiObjectMetadata(name="till")
        kplus.HorizontalPodAutoscaler(chart, "scaler", target=target, max_replicas=5, metrics=[memory], metadata=metadata)

    return render_chart(define)


@pytest.mark.parametrize("kind", KINDS)
def test_an_autoscaler_takes_a_workload(kind: type[WebService | StatefulService | Worker]) -> None:
    """And an apply leaves the number of pods to it; the pods are written once."""
    objects = scaled(kind)
    scaler = objects.one("HorizontalPodAutoscaler", "shop", "till")["spec"]
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": KINDS[kind], "name": "till"}
    assert "replicas" not in objects.one(KINDS[kind], "shop", "till")["spec"]
    assert [each["kind"] for each in objects.workloads()] == [KINDS[kind]]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "two autoscalers": ({"autoscale": Autoscale(min=1, max=2)}, "test/till: autoscale: scales the pods already; leave it out"),
    "a number of pods": (
        {"replicas": 3},
        "test/till: replicas: the autoscaler sets the number of pods; leave it out, and write min_replicas there",
    ),
    "a claim of one node": ({"claims": {"/d": Claim("1Gi")}}, "test/till: claims: pods on several nodes cannot mount one; write"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_scaled_is_refused(name: str) -> None:
    """In one line."""
    arguments, problem = BAD[name]
    with pytest.raises(InvalidInput) as error:
        scaled(WebService, **arguments)
    [said] = error.value.problems
    assert said.startswith(problem)


def test_two_autoscalers_of_one_workload_are_refused() -> None:
    """They would undo each other's work."""

    def define(chart: Chart) -> None:
        till = web_service(chart, "till", endpoint=TILL)
        till.as_kplus_scalable()
        till.as_kplus_scalable()

    with pytest.raises(
        InvalidInput, match="test/till: as_kplus_scalable: the scale of shop/till is taken by test/till; use what"
    ):
        render_chart(define)
