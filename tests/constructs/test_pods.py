"""What pods are given reaches every pod of the app: the app's, then the chart's, then the construct's."""

import json
from typing import Any

import pytest
from cdk8s import App, Chart

from mgmtcluster import Context, Endpoint, InvalidInput, Peer, Pods, Resources, set_context
from mgmtcluster.kinds.pods import Ratios
from mgmtcluster.kinds.quantities import quantity_value
from mgmtcluster.manifests import pod_template
from mgmtcluster.testing import Manifest, Manifests, load
from tests.constructs.made_up import TILL, database, orders, sidecar, web_service
from tests.rendering import name_of, pod_spec, render

TOLERATION = {"key": "dedicated", "operator": "Equal", "value": "aios", "effect": "NoSchedule"}
GIVEN = {
    "labels": {"team": "aios"},
    "annotations": {"example.test/owner": "aios@example.test"},
    "node_selector": {"example.test/pool": "aios"},
    "tolerations": [TOLERATION],
    "priority_class": "aios",
    "image_pull_policy": "Never",
    "max_limit_request_ratio": {"cpu": "5", "memory": "3"},
}
BACKUP = {"storage": "20Gi"}
EVERYTHING = {
    "pods": GIVEN,
    "monitoring": True,
    "registry_database": {"backup": BACKUP},
    "metrics_database": {"backup": {"bucket": {"endpoint": "https://s3.example.test", "name": "dumps", "secret": "keys"}}},
}


def templates(objects: Manifests) -> dict[str, Any]:
    """Every pod template, by what makes its pods; the provisioner's helper pod is one."""
    found: dict[str, Any] = {name_of(each): pod_template(each) for each in objects if pod_template(each)}
    config = objects.one("ConfigMap", "mgmtcluster-storage", "local-path-config")
    return found | {"helper": json.loads(config["data"]["helperPod.yaml"])}


RENDERED = templates(render(EVERYTHING).objects)


@pytest.mark.parametrize("owner", RENDERED)
def test_every_pod_of_the_platform_gets_it(owner: str) -> None:
    """Deployments, StatefulSets, Jobs, CronJobs, the provisioner and its helper pods."""
    metadata, spec = RENDERED[owner]["metadata"], RENDERED[owner]["spec"]
    assert metadata["labels"]["team"] == "aios"
    assert metadata["annotations"]["example.test/owner"] == "aios@example.test"
    assert spec["nodeSelector"] == GIVEN["node_selector"]
    assert spec["tolerations"] == [TOLERATION]
    assert spec["priorityClassName"] == "aios"
    containers = [*spec.get("initContainers", ()), *spec["containers"]]
    assert {container["imagePullPolicy"] for container in containers} == {"Never"}
    for resource, ratio in (("cpu", 5), ("memory", 3)):
        for resources in (container["resources"] for container in containers):
            limit, request = (quantity_value(resources[kind][resource]) for kind in ("limits", "requests"))
            assert limit <= ratio * request


def test_all_kinds_of_owners_are_among_them() -> None:
    """Else the test above would say nothing."""
    assert {owner.partition("/")[0] for owner in RENDERED} == {"Deployment", "StatefulSet", "Job", "CronJob", "helper"}
    assert len(RENDERED) == len(templates(render({**EVERYTHING, "pods": {}}).objects))


def test_by_default_pods_of_the_platform_run_on_linux_and_get_nothing_else() -> None:
    """On clusters that have nodes with Windows too."""
    for template in templates(render().objects).values():
        assert template["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}
        assert not {"tolerations", "priorityClassName"} & template["spec"].keys()


def test_labels_of_a_service_leave_the_default_selector_of_the_platform() -> None:
    """Each field of `pods` has a default of its own."""
    objects = render({"pods": {"labels": {"a": "b"}}}).objects
    assert pod_spec(objects.one("Deployment", "services", "parser"))["nodeSelector"] == {"kubernetes.io/os": "linux"}


@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_a_change_makes_new_jobs_and_changes_no_selector(field: str) -> None:
    """A Job's template cannot be changed in place: its name changes with it. Selectors cannot be changed at all."""
    before, after = (render({"pods": {field: {"example.test/team": team}}}).objects for team in ("one", "two"))
    old, new = ({name_of(job) for job in objects.of_kind("Job")} for objects in (before, after))
    assert len(old) == len(new) == 5
    assert not old & new
    selectors = [
        {name_of(each): each["spec"].get("selector", each["spec"].get("podSelector")) for each in objects if "spec" in each}
        for objects in (before, after)
    ]
    assert {key: selectors[0][key] for key in selectors[0] if not key.startswith("Job/")} == {
        key: selectors[1][key] for key in selectors[1] if not key.startswith("Job/")
    }
    assert "example.test/team" not in json.dumps(selectors)


def test_levels_are_merged_from_the_app_to_the_construct() -> None:
    """What is more special stands; what only the general one says is kept."""
    app = App()
    set_context(app, Context(pods=Pods(labels={"a": "app", "b": "app"}, priority_class="low")))
    chart = Chart(app, "test", namespace="shop")
    set_context(chart, Context(pods=Pods(labels={"b": "chart"}, node_selector={"disk": "ssd"}, tolerations=[TOLERATION])))
    web_service(chart, pods=Pods(labels={"c": "service"}, tolerations=[{"operator": "Exists"}], priority_class="high"))
    web_service(chart, "till", endpoint=TILL)
    objects = load(app.synth_yaml())
    own, other = (objects.one("Deployment", "shop", name)["spec"]["template"] for name in ("orders", "till"))
    assert _ours(own) == {"a": "app", "b": "chart", "c": "service"}
    assert own["spec"]["tolerations"] == [TOLERATION, {"operator": "Exists"}]
    assert (own["spec"]["priorityClassName"], own["spec"]["nodeSelector"]) == ("high", {"disk": "ssd"})
    assert _ours(other) == {"a": "app", "b": "chart"}
    assert (other["spec"]["priorityClassName"], other["spec"]["tolerations"]) == ("low", [TOLERATION])


def _ours(template: Manifest) -> dict[str, str]:
    return {key: value for key, value in template["metadata"]["labels"].items() if len(key) == 1}


def test_every_container_of_a_service_is_pulled_alike() -> None:
    """Sidecars, and the container that waits for a database, too; without a policy each has its own."""

    def define(chart: Chart, **options: Any) -> None:
        web_service(
            chart,
            database=database(chart).grant("orders", env="DB_URL"),
            waits_for_database=True,
            sidecars=[sidecar()],
            **options,
        )

    def policies(**options: Any) -> list[str]:
        app = App()
        define(Chart(app, "test", namespace="shop"), **options)
        spec = pod_spec(load(app.synth_yaml()).one("Deployment", "shop", "orders"))
        return [each["imagePullPolicy"] for each in (*spec["initContainers"], *spec["containers"])]

    assert policies() == ["IfNotPresent", "Always", "Always"]
    assert policies(pods=Pods(image_pull_policy="IfNotPresent")) == ["IfNotPresent"] * 3


def test_requests_are_raised_and_limits_stay() -> None:
    """Only those that are too low; in the text that the API server would write."""
    given: Ratios = {"cpu": "5", "memory": "2"}
    low = Resources(cpu="10m", cpu_limit="5", memory="64Mi", memory_limit="2Gi")
    spec = pod_spec(orders(pods=Pods(max_limit_request_ratio=given), resources=low).one("Deployment", "shop", "orders"))
    resources = spec["containers"][0]["resources"]
    assert (resources["requests"]["cpu"], resources["requests"]["memory"]) == ("1", "1Gi")
    assert (resources["limits"]["cpu"], resources["limits"]["memory"]) == ("5", "2Gi")
    high = Resources(cpu="0.1", cpu_limit="0.5", memory="100Mi", memory_limit="200Mi")
    spec = pod_spec(orders(pods=Pods(max_limit_request_ratio=given), resources=high).one("Deployment", "shop", "orders"))
    requests = spec["containers"][0]["resources"]["requests"]
    assert (requests["cpu"], requests["memory"]) == ("0.1", "100Mi")


def test_a_container_without_a_limit_has_no_ratio_to_its_request() -> None:
    """So a LimitRange would refuse it."""
    with pytest.raises(InvalidInput) as error:
        orders(pods=Pods(max_limit_request_ratio={"cpu": "5"}), resources=Resources(cpu_limit=None))
    assert error.value.problems == (
        "shop/orders: the container orders has no limit of cpu, and max_limit_request_ratio asks for one; write one",
    )


def test_seconds_of_a_toleration_are_written_as_kubernetes_does() -> None:
    """cdk8s-plus-27 has another name for them."""
    toleration = {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}
    spec = pod_spec(orders(pods=Pods(tolerations=[toleration])).one("Deployment", "shop", "orders"))
    assert spec["tolerations"] == [toleration]


def test_a_service_elsewhere_that_selects_by_such_a_label_is_let_in() -> None:
    """Policies know the labels that pods really have."""
    app = App()
    chart = Chart(app, "test", namespace="shop")
    web_service(chart, endpoint=Endpoint("orders", "shop", 8080), pods=Pods(labels={"team": "sales"}))
    front = Endpoint("front", "shop", 8080, pods=Peer("shop", labels={"team": "sales"}))
    web_service(chart, "till", endpoint=TILL, env={"FRONT_URL": front.url})
    policy = load(app.synth_yaml()).one("NetworkPolicy", "shop", "orders")
    assert {"matchLabels": {"app.kubernetes.io/name": "till"}} in [
        peer["podSelector"] for rule in policy["spec"]["ingress"] for peer in rule.get("from", ())
    ]
