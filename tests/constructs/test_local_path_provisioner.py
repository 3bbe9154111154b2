"""The provisioner of volumes has the rights its documented interface needs, and names of its own."""

import json

import pytest
from cdk8s import ApiObject, App, Chart

from mgmtcluster import Context, LocalPathProvisioner, set_context
from mgmtcluster.testing import Manifests
from tests.rendering import name_of, pod_spec, render_chart


def provisioner(chart: Chart) -> LocalPathProvisioner:
    """One for a shop."""
    return LocalPathProvisioner(
        chart, "storage", namespace="shop", provisioner="example.test/local", storage_class="local", directory="/var/lib/shop"
    )


@pytest.fixture(scope="module")
def objects() -> Manifests:
    """What it renders."""
    return render_chart(provisioner, namespace=None)


def test_it_may_stand_in_a_chart_with_a_namespace() -> None:
    """Its cluster-wide objects have none all the same."""
    rendered = render_chart(provisioner, namespace="shop")
    cluster_wide = [each for each in rendered if each["kind"] in ("StorageClass", "ClusterRole", "ClusterRoleBinding")]
    assert len(cluster_wide) == 3
    assert not [name_of(each) for each in cluster_wide if "namespace" in each["metadata"]]


def test_its_storage_class_waits_keeps_and_is_not_the_default(objects: Manifests) -> None:
    """A volume is made where its pod runs, and outlives its claim."""
    [storage_class] = objects.of_kind("StorageClass")
    assert storage_class["provisioner"] == "example.test/local"
    assert storage_class["volumeBindingMode"] == "WaitForFirstConsumer"
    assert storage_class["reclaimPolicy"] == "Retain"
    assert "storageclass.kubernetes.io/is-default-class" not in storage_class["metadata"].get("annotations", {})
    assert ApiObject.of(provisioner(Chart(App(), "test"))).kind == "StorageClass"


def test_it_may_not_read_secrets_nor_touch_what_is_not_a_volume(objects: Manifests) -> None:
    """Cluster-wide it only makes and deletes volumes and events; pods it makes in its own namespace alone."""
    writing = {"create", "delete", "update", "patch", "deletecollection"}
    [cluster_role], [role] = objects.of_kind("ClusterRole"), objects.of_kind("Role")
    allowed = {
        (resource, verb)
        for rule in cluster_role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if verb in writing
    }
    assert allowed == {
        ("persistentvolumes", "create"),
        ("persistentvolumes", "delete"),
        ("events", "create"),
        ("events", "patch"),
    }
    assert role["metadata"]["namespace"] == "shop"
    assert "secrets" not in json.dumps([cluster_role["rules"], role["rules"]])


def test_every_pod_of_it_may_pull_from_a_private_registry() -> None:
    """The helper pods too, which make each volume: they are made from a file, not from this library's pods."""

    def define(chart: Chart) -> None:
        set_context(chart, Context(image_pull_secrets=["mirror"]))
        provisioner(chart)

    objects = render_chart(define, namespace=None)
    helper = json.loads(objects.of_kind("ConfigMap")[0]["data"]["helperPod.yaml"])
    for spec in (pod_spec(objects.of_kind("Deployment")[0]), helper["spec"]):
        assert spec["imagePullSecrets"] == [{"name": "mirror"}]


def test_its_configuration_is_what_the_program_reads(objects: Manifests) -> None:
    """A folder for every node, two scripts, and a pod that is valid and bounded."""
    [config] = objects.of_kind("ConfigMap")
    assert json.loads(config["data"]["config.json"]) == {
        "nodePathMap": [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": ["/var/lib/shop"]}]
    }
    helper = json.loads(config["data"]["helperPod.yaml"])
    assert (helper["apiVersion"], helper["kind"]) == ("v1", "Pod")
    assert helper["spec"]["containers"][0]["resources"]["limits"].keys() >= {"cpu", "memory"}
    assert {"setup", "teardown"} <= config["data"].keys()
    [deployment] = objects.of_kind("Deployment")
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]["type"]) == (1, "Recreate")
