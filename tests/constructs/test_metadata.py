"""What every object is given stands on the object itself: not on pods, in no selector, in no claim template."""

import json
from typing import Any

import pytest

from mgmtcluster import InvalidInput, Settings
from mgmtcluster.manifests import pod_template
from mgmtcluster.testing import Manifests
from tests.rendering import name_of, render

MORE = {"labels": {"example.test/team": "aios"}, "annotations": {"example.test/owner": "somebody"}}
GIVEN = {
    "metadata": MORE,
    "namespaces": {
        "labels": {"istio-injection": "disabled", "example.test/team": "other"},
        "annotations": {"linkerd.io/inject": "disabled"},
    },
    "monitoring": True,
    "registry_database": {"backup": {"storage": "20Gi"}},
}
PLAIN = {key: GIVEN[key] for key in ("monitoring", "registry_database")}


def without_own_metadata(objects: Manifests) -> str:
    """Everything but the labels and annotations of the objects themselves."""
    return json.dumps(
        [
            {**each, "metadata": {**each["metadata"], "labels": None, "annotations": None}}
            for each in objects
            if each["kind"] != "Job"
        ]
    )


def test_every_object_has_it_on_itself_and_nothing_else_changes() -> None:
    """Pods, selectors and claim templates are as they were; Jobs that label Secrets are new ones."""
    objects, plain = render(GIVEN).objects, render(PLAIN).objects
    assert without_own_metadata(objects) == without_own_metadata(plain)
    for each in objects:
        namespace = each["kind"] == "Namespace"
        assert each["metadata"]["labels"]["example.test/team"] == ("other" if namespace else "aios"), name_of(each)
        assert each["metadata"]["annotations"]["example.test/owner"] == "somebody", name_of(each)
        assert each["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]
    templates = [template["metadata"] for each in objects if (template := pod_template(each))]
    assert "example.test/team" not in json.dumps(templates)


def test_secrets_that_a_job_makes_get_the_labels_too() -> None:
    """They stand in no file, and a policy may ask for labels of theirs."""
    for prefix, namespace in (("registry-bootstrap", "registries"), ("metrics-redis-bootstrap", "metrics-system")):
        job = render(GIVEN).objects.job(namespace, prefix)
        [labels] = [each["value"] for each in job["spec"]["template"]["spec"]["containers"][0]["env"] if each["name"] == "LABELS"]
        assert json.loads(labels)["example.test/team"] == "aios"


def test_namespaces_have_their_own_beside_what_the_platform_says_of_them() -> None:
    """All of them, that of the storage and the alias too."""
    namespaces = render(GIVEN).objects.of_kind("Namespace")
    assert len(namespaces) == 6
    for each in namespaces:
        assert each["metadata"]["labels"]["istio-injection"] == "disabled"
        assert each["metadata"]["annotations"]["linkerd.io/inject"] == "disabled"
        assert "Prune=confirm" in each["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]
    others = [each for each in render(GIVEN).objects if each["kind"] != "Namespace"]
    assert "istio-injection" not in json.dumps(others)


@pytest.mark.parametrize(
    ("section", "field"), [(section, field) for section in ("metadata", "namespaces", "pods") for field in MORE]
)
@pytest.mark.parametrize(
    ("key", "owner"),
    [
        ("app.kubernetes.io/instance", "this project"),
        ("prometheus.io/monitor", "this project"),
        ("argocd.argoproj.io/sync-options", "Argo CD"),
        ("pod-security.kubernetes.io/enforce", "Pod Security"),
        ("kubernetes.io/metadata.name", "Kubernetes"),
    ],
)
def test_keys_that_somebody_owns_are_refused(section: str, field: str, key: str, owner: str) -> None:
    """Wherever they are written, with the owner's name."""
    raw: dict[str, Any] = {section: {field: {key: "x"}}}
    with pytest.raises(InvalidInput, match=f"{section}.{field}.{key}: '{key}' belongs to {owner}"):
        Settings.of(raw)
