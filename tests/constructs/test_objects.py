"""Objects are made in Python, and are what cdk8s itself would write of the same types."""

import json
import re
import tarfile
from pathlib import Path
from typing import Any

import cdk8s_plus_27
import pytest
from cdk8s import App, Chart
from cdk8s_plus_27 import k8s

from mgmtcluster import Context, InvalidInput, set_context
from mgmtcluster.constructs.parts.objects import Manifest
from mgmtcluster.constructs.parts.typed import API_VERSIONS, FIELD_NAMES, PLAIN_FIELDS, PLAIN_MAPS, as_mapping, number, quantity
from tests.constructs.made_up import chart_of_a_shop, web_service, written


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
