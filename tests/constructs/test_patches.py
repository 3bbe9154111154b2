"""Patches are applied to what is written, whole or not at all."""

from typing import Any

import pytest
from cdk8s import App, Chart, JsonPatch
from cdk8s_plus_27 import k8s

from mgmtcluster import DatabaseBackup, InvalidInput, StatefulService, Task, Worker
from mgmtcluster.constructs.parts.objects import Manifest, content_hash
from mgmtcluster.manifests import pod_template
from mgmtcluster.testing import load, render
from tests.constructs.made_up import IMAGE, TILL, chart_of_a_shop, database, web_service, written
from tests.rendering import pod_spec


def test_a_patch_is_applied_to_what_is_written() -> None:
    """A policy is completed by edges at synth: what is added to it stays."""
    chart = chart_of_a_shop()
    rule = {"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}
    web_service(chart).network_policy.add_json_patch(JsonPatch.add("/spec/egress/-", rule))
    assert written(chart, "NetworkPolicy", "orders")["spec"]["egress"][-1] == rule


def test_a_patch_replaces_a_whole_spec() -> None:
    """Nothing of it is lost."""
    chart = chart_of_a_shop()
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}
    web_service(chart).network_policy.add_json_patch(JsonPatch.replace("/spec", spec))
    assert written(chart, "NetworkPolicy", "orders")["spec"] == spec


def test_a_patched_job_has_the_hash_of_what_is_written() -> None:
    """Else an apply would try to change a Job, which cannot be changed."""
    chart = chart_of_a_shop()
    job = database(chart).job
    before = written(chart, "Job", "db-init-client")
    job.add_json_patch(JsonPatch.add("/spec/template/spec/priorityClassName", "high"))
    after = written(chart, "Job", "db-init-client")
    assert before["metadata"]["name"] != after["metadata"]["name"]
    assert after["metadata"]["name"].endswith(content_hash(after["spec"]["template"]))


def test_a_patch_that_does_not_fit_is_refused_in_one_line() -> None:
    """With rules and without; the object and its path are named."""
    chart = chart_of_a_shop()
    web_service(chart).deployment.add_json_patch(JsonPatch.replace("/spec/nothing/there", 1))
    expected = r"\[test/orders/deployment\] test/orders/deployment: JsonPatch: does not fit Deployment orders \(.*\); write paths"
    with pytest.raises(RuntimeError, match=expected):
        chart.to_json()


LOST: dict[str, tuple[JsonPatch, str]] = {
    "what is not there is removed": (JsonPatch.remove("/spec/nothing"), "there is no /spec/nothing"),
    "what is not there is replaced": (JsonPatch.replace("/spec/nothing", 1), "there is no /spec/nothing"),
    "what is not there is moved": (JsonPatch.move("/spec/nothing", "/spec/paused"), "there is no /spec/nothing"),
    "an item that is not there": (JsonPatch.remove("/spec/template/spec/containers/1"), "there is no /spec/template/spec/con"),
    "an item far behind the last": (
        JsonPatch.add("/spec/template/spec/containers/9", {"name": "x"}),
        "/spec/template/spec/containers/9 is beyond the end of its list",
    ),
    "no slash": (JsonPatch.add("spec/paused", True), "'spec/paused' does not begin with a slash"),
    "all of it": (JsonPatch.replace("", {}), "'' does not begin with a slash"),
    "a null": (JsonPatch.add("/spec/paused", None), "the value at /spec/paused is null, or holds one"),
    "a null within": (JsonPatch.add("/spec/strategy", {"types": [None]}), "the value at /spec/strategy is null, or holds one"),
    "its kind": (JsonPatch.remove("/kind"), "no object is without kind"),
}


@pytest.mark.parametrize("name", LOST)
def test_a_patch_that_cdk8s_would_lose_is_refused(name: str) -> None:
    """It passes over what RFC 6902 refuses; nothing of a patch is lost in silence."""
    patch, reason = LOST[name]
    chart = chart_of_a_shop()
    web_service(chart).deployment.add_json_patch(patch)
    with pytest.raises(RuntimeError) as error:
        chart.to_json()
    assert f"test/orders/deployment: JsonPatch: does not fit Deployment orders ({reason}" in str(error.value)


def test_pods_are_patched_alike_whatever_makes_them() -> None:
    """A Deployment, a StatefulSet, a Job and a CronJob, and a service through its own method."""
    chart = chart_of_a_shop()
    service, db = web_service(chart), database(chart)
    dumps = DatabaseBackup(chart, "backup", database=db, schedule="0 3 * * *", drill_schedule="0 5 * * 0", keep=7, storage="9Gi")
    patch = JsonPatch.add("/spec/priorityClassName", "high")
    service.patch_pod(patch)
    for each in (db.stateful_set, db.job, dumps.backup):
        each.patch_pod(patch)
    for kind, name in (("Deployment", "orders"), ("StatefulSet", "db"), ("Job", "db-init-client")):
        assert written(chart, kind, name)["spec"]["template"]["spec"]["priorityClassName"] == "high"
    cron_job = written(chart, "CronJob", "db-backup")
    assert cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["priorityClassName"] == "high"
    job = written(chart, "Job", "db-init-client")
    assert job["metadata"]["name"].endswith(content_hash(job["spec"]["template"]))


def test_every_kind_of_service_patches_its_pods() -> None:
    """With pods that have names, that nobody asks, that end once, and that end at times."""
    chart = chart_of_a_shop()
    services: dict[str, StatefulService | Worker | Task] = {
        "StatefulSet till": StatefulService(chart, "till", image=IMAGE, endpoint=TILL),
        "Deployment packer": Worker(chart, "packer", image=IMAGE),
        "Job report": Task(chart, "report", image=IMAGE),
        "CronJob clean-up": Task(chart, "clean-up", image=IMAGE, schedule="0 3 * * *"),
    }
    for service in services.values():
        service.patch_pod(JsonPatch.add("/spec/priorityClassName", "high"))
    found = {f"{each['kind']} {each['metadata']['name']}": pod_spec(each) for each in render(chart) if pod_template(each)}
    assert len(found) == len(services)
    for name in services:
        [pods] = [pods for each, pods in found.items() if each.startswith(name)]
        assert pods["priorityClassName"] == "high"


def test_a_patch_that_takes_the_pods_from_their_workload_is_refused() -> None:
    """A server would not take the object."""
    chart = chart_of_a_shop()
    web_service(chart).patch_pod(JsonPatch.replace("/metadata/labels/app.kubernetes.io~1name", "till"))
    with pytest.raises(RuntimeError, match=r"Deployment/shop/orders: spec\.selector: .* selects none of its own pods"):
        render(chart)


def test_patches_of_pods_and_of_the_object_are_applied_in_their_order() -> None:
    """The second finds what the first has made."""
    chart = chart_of_a_shop()
    service = web_service(chart)
    service.patch_pod(JsonPatch.add("/metadata/annotations", {"example.test/a": "1"}))
    service.deployment.add_json_patch(JsonPatch.add("/spec/template/metadata/annotations/example.test~1b", "2"))
    service.patch_pod(JsonPatch.replace("/metadata/annotations/example.test~1b", "3"))
    metadata = written(chart, "Deployment", "orders")["spec"]["template"]["metadata"]
    assert metadata["annotations"] == {"example.test/a": "1", "example.test/b": "3"}


def test_a_patch_of_pods_that_does_not_fit_is_refused_in_one_line() -> None:
    """Also where an earlier patch has taken the pods away."""
    chart = chart_of_a_shop()
    web_service(chart).patch_pod(JsonPatch.replace("/spec/nothing/there", 1))
    expected = (
        r"test/orders/deployment: patch_pod: does not fit the pods of Deployment orders \(.*\); write paths of the pod template"
    )
    with pytest.raises(RuntimeError, match=expected):
        chart.to_json()
    chart = chart_of_a_shop()
    service = web_service(chart)
    service.deployment.add_json_patch(JsonPatch.remove("/spec/template"))
    service.patch_pod(JsonPatch.remove("/spec/volumes"))
    with pytest.raises(RuntimeError, match=r"the pods of Deployment orders \(an earlier patch took them away\)"):
        chart.to_json()


def test_what_is_no_patch_or_has_no_pods_is_refused_where_it_is_written() -> None:
    """In Python, before jsii."""
    service = web_service(chart_of_a_shop())
    wrong: Any = {"op": "add"}
    with pytest.raises(InvalidInput, match=r"^test/orders/deployment: patch_pod: expected JsonPatch, got {'op': 'add'}; write"):
        service.patch_pod(wrong)
    with pytest.raises(InvalidInput, match=r"^test/orders/service: JsonPatch: expected JsonPatch, got {'op': 'add'}; write"):
        service.service.add_json_patch(wrong)
    with pytest.raises(InvalidInput, match=r"^test/orders/service: patch_pod: Service makes no pods; write add_json_patch"):
        service.service.patch_pod(JsonPatch.remove("/spec"))


def test_the_rules_see_what_a_patch_has_made() -> None:
    """A hatch is no way around them."""
    chart = chart_of_a_shop()
    web_service(chart).patch_pod(JsonPatch.add("/spec/hostNetwork", True))
    with pytest.raises(RuntimeError, match="Deployment/shop/orders: hostNetwork: is set; leave it out"):
        chart.node.root.synth_yaml()  # type: ignore[attr-defined]


CONTAINER = "/spec/template/spec/containers/0"


CLAIM = "/spec/volumeClaimTemplates/0/spec/resources/requests"


PATCHES: dict[str, tuple[str, str, Any, Any]] = {
    "an amount": ("Deployment", f"{CONTAINER}/resources/limits/cpu", "8", "8"),
    "an amount of its type": (
        "Deployment",
        f"{CONTAINER}/resources/limits",
        {"cpu": k8s.Quantity.from_string("8")},
        {"cpu": "8"},
    ),
    "a number": ("Deployment", "/spec/strategy/rollingUpdate", {"maxSurge": 1}, {"maxSurge": 1}),
    "a number of its type": (
        "Deployment",
        "/spec/strategy/rollingUpdate",
        {"maxSurge": k8s.IntOrString.from_number(1), "maxUnavailable": k8s.IntOrString.from_string("20%")},
        {"maxSurge": 1, "maxUnavailable": "20%"},
    ),
    "a probe": ("Deployment", f"{CONTAINER}/readinessProbe", {"tcpSocket": {"port": 80}}, {"tcpSocket": {"port": 80}}),
    "a probe of its type": (
        "Deployment",
        f"{CONTAINER}/readinessProbe",
        k8s.Probe(tcp_socket=k8s.TcpSocketAction(port=k8s.IntOrString.from_number(80))),
        {"tcpSocket": {"port": 80}},
    ),
    "a size of a claim": ("StatefulSet", CLAIM, {"storage": "2Gi"}, {"storage": "2Gi"}),
    "a size of its type": ("StatefulSet", CLAIM, {"storage": k8s.Quantity.from_string("2Gi")}, {"storage": "2Gi"}),
    "no address": ("Service", "/spec/clusterIP", "None", "None"),
    "an empty map": ("Deployment", "/spec/template/spec/volumes/0/emptyDir", {}, {}),
    "data that look like one": ("ConfigMap", "/data", {"value": "x"}, {"value": "x"}),
}


@pytest.mark.parametrize(("kind", "path", "value", "expected"), PATCHES.values(), ids=PATCHES.keys())
def test_a_patch_is_written_whole(kind: str, path: str, value: Any, expected: Any) -> None:
    """Whatever cdk8s itself would drop of it: nothing is lost, and nothing becomes null or empty."""
    app = App()
    chart = Chart(app, "test", namespace="shop")
    service, db = web_service(chart), database(chart)
    scripts = next(item for item in db.node.children if isinstance(item, Manifest) and item.written_kind == "ConfigMap")
    patched = {"Deployment": service.deployment, "StatefulSet": db.stateful_set, "Service": service.service, "ConfigMap": scripts}
    patched[kind].add_json_patch(JsonPatch.add(path, value))
    found: Any = next(
        manifest
        for manifest in load(app.synth_yaml())
        if manifest["kind"] == kind and manifest["metadata"]["name"] == patched[kind].name
    )
    for key in path.split("/")[1:]:
        found = found[int(key) if key.isdecimal() else key]
    assert found == expected
