"""Objects are made in Python, and are what cdk8s itself would write of the same types."""

import json
import re
import tarfile
from pathlib import Path
from typing import Any

import cdk8s_plus_27
import pytest
from cdk8s import App, Chart, JsonPatch
from cdk8s_plus_27 import k8s

from mgmtcluster import Context, DatabaseBackup, InvalidInput, StatefulService, Task, Worker, rules, set_context
from mgmtcluster.constructs.parts.objects import Manifest, content_hash
from mgmtcluster.constructs.parts.typed import API_VERSIONS, FIELD_NAMES, PLAIN_FIELDS, PLAIN_MAPS, as_mapping, number, quantity
from mgmtcluster.manifests import pod_template
from mgmtcluster.testing import load, render
from tests.constructs.made_up import IMAGE, TILL, database, web_service
from tests.rendering import pod_spec


def node_js_source() -> str:
    """The code in which cdk8s-plus-27 turns its types into manifests."""
    [archive] = (Path(cdk8s_plus_27.__file__).parent / "_jsii").glob("*.tgz")
    with tarfile.open(archive) as package:
        file = package.extractfile("package/lib/imports/k8s.js")
        assert file
        return file.read().decode()


def test_field_names_are_those_of_the_generated_types() -> None:
    """Every field that Node.js renames on the way out, but for a schema's own keywords."""
    renamed = {
        field: name
        for name, value in re.findall(r"^ {8}'([^']+)': (.*),$", node_js_source(), re.MULTILINE)
        if len(fields := {*re.findall(r"obj\.([A-Za-z0-9]+)", value)}) == 1 and (field := fields.pop()) != name
    }
    assert {field: name for field, name in renamed.items() if name.isalnum()} == FIELD_NAMES


def test_versions_are_those_of_the_generated_kinds() -> None:
    """What is written down is what Node.js would say."""
    kinds = {kind: getattr(k8s, f"Kube{kind}").GVK for kind in API_VERSIONS}
    assert {kind: gvk.api_version for kind, gvk in kinds.items()} == API_VERSIONS
    assert {kind.removesuffix("V2") for kind in kinds} == {gvk.kind for gvk in kinds.values()}


PROPS = k8s.KubeServiceProps(
    metadata=k8s.ObjectMeta(name="orders", labels={"b": "1", "a": "2"}),
    spec=k8s.ServiceSpec(cluster_ip="None", ports=[k8s.ServicePort(port=80)], selector={}),
)


def test_a_manifest_is_what_cdk8s_writes_of_the_same_props() -> None:
    """Byte for byte, chart labels included."""
    app = App()
    theirs, ours = (Chart(app, name, labels={"part": "shop"}, namespace="shop") for name in ("theirs", "ours"))
    k8s.KubeService(theirs, "service", metadata=PROPS.metadata, spec=PROPS.spec)
    metadata = k8s.ObjectMeta(name="orders", namespace="shop", labels={"b": "1", "a": "2", "part": "shop"})
    Manifest(ours, "service", k8s.KubeServiceProps(metadata=metadata, spec=PROPS.spec))
    first, second = str(app.synth_yaml()).split("---\n")
    assert first == second


def test_amounts_and_numbers_are_what_kubernetes_reads() -> None:
    """Without a call to Node.js, in the types that mypy wants."""
    requirements = k8s.ResourceRequirements(requests={"cpu": quantity("50m")})
    budget = k8s.PodDisruptionBudgetSpec(max_unavailable=number(1))
    assert as_mapping(requirements) == {"requests": {"cpu": "50m"}}
    assert as_mapping(budget) == {"maxUnavailable": 1}


def written(chart: Chart, kind: str, name: str) -> dict[str, Any]:
    """The manifest of this kind whose name begins so."""
    manifests: list[dict[str, Any]] = chart.to_json()
    [found] = [each for each in manifests if each["kind"] == kind and each["metadata"]["name"].startswith(name)]
    return found


def chart_of_a_shop() -> Chart:
    """A chart whose rules are enforced."""
    app = App()
    rules.enforce(app)
    return Chart(app, "test", namespace="shop")


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


def test_metadata_that_others_add_is_written() -> None:
    """As of any object of cdk8s."""
    chart = chart_of_a_shop()
    service = web_service(chart).service
    service.metadata.add_label("team", "orders")
    service.metadata.add_annotation("example.test/note", "mine")
    metadata = written(chart, "Service", "orders")["metadata"]
    assert metadata["labels"]["team"] == "orders"
    assert metadata["labels"]["app.kubernetes.io/name"] == "orders"
    assert metadata["annotations"] == {"example.test/note": "mine"}
    assert metadata["namespace"] == "shop"


def test_an_object_is_rendered_anew_in_every_synth() -> None:
    """Within one synth it is rendered once, however often cdk8s asks."""
    calls: list[int] = []

    def complete(manifest: dict[str, Any]) -> dict[str, Any]:
        calls.append(len(calls))
        return manifest | {"data": {"calls": str(len(calls))}}

    chart = chart_of_a_shop()
    props = k8s.KubeConfigMapProps(metadata=k8s.ObjectMeta(name="config", namespace="shop"))
    Manifest(chart, "config", props, complete=complete)
    assert [written(chart, "ConfigMap", "config")["data"]["calls"] for _ in range(2)] == ["1", "2"]


def test_a_context_is_shared_by_all_below_and_completed_by_levels() -> None:
    """The chart says one thing, the app the other."""
    app = App()
    set_context(app, Context(image_pull_secrets=["mine"]))
    chart = Chart(app, "test", namespace="shop")
    set_context(chart, Context(annotations={"example.test/wave": "3"}))
    web_service(chart)
    deployment = written(chart, "Deployment", "orders")
    assert deployment["metadata"]["annotations"] == {"example.test/wave": "3"}
    assert deployment["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "mine"}]


def test_a_context_that_comes_late_is_refused() -> None:
    """Half of the objects would have it."""
    chart = chart_of_a_shop()
    web_service(chart)
    with pytest.raises(InvalidInput, match="test: set_context: comes after a construct below; call it before"):
        set_context(chart, Context(image_pull_secrets=["mine"]))


def test_a_manifest_is_not_changed_by_who_reads_it() -> None:
    """What one reader changes, the next does not see."""
    chart = chart_of_a_shop()
    service = web_service(chart).service
    before = json.dumps(service.to_json())
    service.to_json()["spec"]["ports"].clear()
    assert json.dumps(service.to_json()) == before


def test_fields_of_a_type_of_their_own_are_those_of_the_generated_types() -> None:
    """Amounts, and numbers where Kubernetes takes text too."""
    source = node_js_source()
    assert set(re.findall(r"^ {8}'([^']+)': obj\.\w+\?\.value,$", source, re.MULTILINE)) == PLAIN_FIELDS
    assert set(re.findall(r"^ {8}'([^']+)': .*i\[1\]\?\.value.*$", source, re.MULTILINE)) == PLAIN_MAPS


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
