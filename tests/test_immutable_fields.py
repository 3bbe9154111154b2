"""Fields that Kubernetes never lets change are those of the committed list: one changes only on purpose.

Who changes one on purpose runs ``make snapshots`` and writes down how an installed cluster gets there.
"""

from typing import Any

import yaml

from mgmtcluster.testing import Manifest, Manifests, load
from tests.rendering import DATA, name_of, render

COMMITTED = DATA / "immutable.yaml"


def immutable(manifest: Manifest) -> dict[str, Any]:
    """The fields of an object that cannot be changed in place; what makes a Job new is in its name."""
    spec = manifest.get("spec", {})
    if manifest["kind"] == "Deployment":
        return {"selector": spec["selector"]["matchLabels"]}
    if manifest["kind"] == "StatefulSet":
        return {
            "selector": spec["selector"]["matchLabels"],
            "serviceName": spec["serviceName"],
            "podManagementPolicy": spec.get("podManagementPolicy", "OrderedReady"),
            "volumeClaimTemplates": [
                {"name": claim["metadata"]["name"], "spec": claim["spec"]} for claim in spec["volumeClaimTemplates"]
            ],
        }
    if manifest["kind"] == "Service":
        return {"clusterIP": spec["clusterIP"]} if "clusterIP" in spec else {}
    if manifest["kind"] in ("RoleBinding", "ClusterRoleBinding"):
        return {"roleRef": manifest["roleRef"]["name"]}
    if manifest["kind"] == "StorageClass":
        fields = ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode")
        return {field: manifest[field] for field in fields if field in manifest}
    return {}


#: What others refer to by its name, or what holds data: its name may not change either.
NAMED = ("Namespace", "Deployment", "StatefulSet", "Service", "StorageClass", "RoleBinding", "ClusterRoleBinding")


def fields(objects: Manifests) -> dict[str, dict[str, Any]]:
    """The immutable fields by object."""
    return {name_of(each): immutable(each) for each in objects if each["kind"] in NAMED}


def test_immutable_fields_are_the_committed_ones(objects: Manifests) -> None:
    """Names, selectors, claims: by object, none more and none fewer."""
    [committed] = load(COMMITTED.read_text())
    found = fields(objects)
    assert found.keys() == committed.keys()
    for name, expected in committed.items():
        assert found[name] == expected, name


def test_the_claims_of_members_keep_their_names(objects: Manifests) -> None:
    """A database finds its data again: ``data-registry-0`` is made of these two names."""
    for namespace, name in (("registries", "registry"), ("metrics-system", "metrics-db"), ("metrics-system", "metrics-redis")):
        [claim] = objects.one("StatefulSet", namespace, name)["spec"]["volumeClaimTemplates"]
        assert claim["metadata"]["name"] == "data"
        policy = objects.one("StatefulSet", namespace, name)["spec"]["persistentVolumeClaimRetentionPolicy"]
        assert policy == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_a_claim_template_is_complete(objects: Manifests) -> None:
    """As the API server stores it: else every apply reports a change of a field that cannot change."""
    for stateful_set in objects.of_kind("StatefulSet"):
        for claim in stateful_set["spec"]["volumeClaimTemplates"]:
            assert (claim["apiVersion"], claim["kind"]) == ("v1", "PersistentVolumeClaim")
            assert claim["spec"]["volumeMode"] == "Filesystem"
            assert claim["status"] == {"phase": "Pending"}


if __name__ == "__main__":
    print(yaml.safe_dump(fields(render().objects), sort_keys=True), end="")
