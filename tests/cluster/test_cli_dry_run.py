"""``mgmtcluster preflight --dry-run``: what the API server says of everything before it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import mgmtcluster
from tests.cluster.installations import Installations
from tests.rendering import ROOT
from tests.rig.kube import Json, Kubectl, documents

from .test_cli_preflight import preflight, row, rows
from .test_cli_rights import allowed
from .test_cli_status import stranger

_PLATFORM = ROOT / "dist" / "00-platform.k8s.yaml"
_KINDS = "all,networkpolicies,configmaps,serviceaccounts,roles,rolebindings,persistentvolumeclaims,poddisruptionbudgets,secrets"


def tried(*arguments: str) -> list[dict[str, Any]]:
    """The rows of the dry run."""
    return rows(preflight("--dry-run", *arguments))["dry run"]


@pytest.fixture
def bare(installations: Installations) -> None:
    """Nothing installed."""
    installations.clear()


@pytest.fixture(scope="module")
def made(installations: Installations, kubectl: Kubectl) -> Iterator[None]:
    """The namespaces are there, and nothing else but the provisioner."""
    installations.clear()
    kubectl("apply", f"--filename={_PLATFORM}")
    kubectl.until("ServiceAccounts", lambda: kubectl.items("serviceaccount", "default", "--namespace=services"))
    yield
    kubectl("delete", "--ignore-not-found", f"--filename={_PLATFORM}")


@contextmanager
def there(kubectl: Kubectl, *objects: Json) -> Iterator[None]:
    """These objects are on the cluster for a while."""
    kubectl.apply(*objects)
    try:
        yield
    finally:
        kubectl.remove(*objects)


def versions(kubectl: Kubectl) -> dict[str, str]:
    """The resource version of every object in the platform's namespaces, and of the namespaces."""
    items = [item for name in ("registries", "services") for item in kubectl.items(_KINDS, f"--namespace={name}")]
    items += kubectl.items("namespaces,storageclasses,clusterroles,clusterrolebindings,persistentvolumes")
    return {item["metadata"]["uid"]: item["metadata"]["resourceVersion"] for item in items}


@pytest.mark.usefixtures("bare")
def test_no_namespace_is_there() -> None:
    """One row each says what to apply first."""
    found = tried()
    assert [each["verdict"] for each in found] == ["warn"] * len(found)
    untried = {each["found"].partition(" ")[0] for each in found}
    assert untried == {"mgmtcluster-storage", "registries", "registry", "utils", "metrics-system", "services"}
    assert all("untried: apply 00-platform first" in each["found"] for each in found)


@pytest.mark.usefixtures("made")
def test_everything_is_admitted_and_nothing_is_made(kubectl: Kubectl) -> None:
    """The server takes it all; no object has come, gone or changed."""
    before = versions(kubectl)
    [found] = tried()
    assert found["verdict"] == "ok", found
    assert versions(kubectl) == before


def _policy(name: str) -> list[Json]:
    """A ValidatingAdmissionPolicy that wants the label ``team`` on pods, and its binding."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    ours = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["services", "registries"]}
    expression = "has(object.metadata.labels) && 'team' in object.metadata.labels"
    policy = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule], "namespaceSelector": {"matchExpressions": [ours]}},
        "validations": [{"expression": expression, "message": "pods say which team they are of"}],
    }
    api = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    binding = {"policyName": name, "validationActions": ["Deny"]}
    return [
        {**api, "kind": "ValidatingAdmissionPolicy", "spec": policy},
        {**api, "kind": "ValidatingAdmissionPolicyBinding", "spec": binding},
    ]


@pytest.mark.usefixtures("made")
def test_an_admission_policy(kubectl: Kubectl, tmp_path: Path) -> None:
    """Its words are in the row; with the label that it wants nothing is refused."""
    with there(kubectl, *_policy("teams")):
        found = kubectl.until("the policy", lambda: [each for each in tried() if each["verdict"] == "fail"])
        (tmp_path / "settings.yaml").write_text("pods: {labels: {team: aios}}")
        labelled = rows(preflight("--dry-run", cwd=tmp_path))["dry run"]
    words = "ValidatingAdmissionPolicy 'teams' with binding 'teams' denied request: pods say which team they are of"
    assert len(found) == 1
    assert words in found[0]["found"]
    assert found[0]["found"].startswith("a pod of StatefulSet/registries/registry, ")
    assert [each["verdict"] for each in labelled] == ["ok"]


def _in(namespace: str, kind: str, **spec: Any) -> Json:
    metadata = {"name": "limits", "namespace": namespace}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (
            _in("registries", "LimitRange", limits=[{"type": "Container", "maxLimitRequestRatio": {"cpu": "5"}}]),
            "cpu max limit to request ratio per Container is 5, but provided ratio is ",
        ),
        (_in("registries", "ResourceQuota", hard={"limits.memory": "1Ki"}), "exceeded quota: limits, requested: limits.memory="),
        (
            _in("registries", "LimitRange", limits=[{"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}]),
            "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is ",
        ),
    ],
)
def test_limits_of_a_namespace(limit: Json, said: str, kubectl: Kubectl) -> None:
    """A LimitRange and a ResourceQuota, in the server's words, and what they refuse."""
    with there(kubectl, limit):
        found = kubectl.until("the limits", lambda: [each for each in tried() if each["verdict"] == "fail"])
    assert all(said in each["found"] for each in found)
    assert all("/registries/" in each["found"] for each in found)


@pytest.mark.usefixtures("made")
def test_a_ratio_of_limits_that_the_settings_know(kubectl: Kubectl, tmp_path: Path) -> None:
    """In every namespace: without the setting every kind of pod is refused, with it none."""
    ratio = [{"type": "Container", "maxLimitRequestRatio": {"cpu": "5"}}]
    names = [item["metadata"]["name"] for item in documents(_PLATFORM) if item["kind"] == "Namespace"]
    (tmp_path / "settings.yaml").write_text('pods: {max_limit_request_ratio: {cpu: "5"}}')
    with there(kubectl, *({**_in(name, "LimitRange", limits=ratio)} for name in names)):
        found = kubectl.until("the limits", lambda: [each for each in tried() if each["verdict"] == "fail"])
        fitting = rows(preflight("--dry-run", cwd=tmp_path))["dry run"]
    said = "".join(each["found"] for each in found)
    assert "cpu max limit to request ratio per Container is 5, but provided ratio is 20" in said
    assert {kind for kind in ("Job", "StatefulSet", "Deployment", "ConfigMap") if f" pod of {kind}/" in said} >= {"ConfigMap"}
    assert [(each["verdict"], each["found"].partition(" ")[0]) for each in fitting] == [("ok", "the")]


@pytest.mark.usefixtures("made")
def test_a_quota_that_everything_together_does_not_fit(kubectl: Kubectl) -> None:
    """Every pod alone does, so no dry run tells it."""
    small = _in("services", "ResourceQuota", hard={"pods": "3", "limits.cpu": "100"})
    assert row(preflight(), "quotas")["verdict"] == "ok"
    with there(kubectl, small):
        found = row(preflight("--dry-run"), "quotas")
        assert {each["verdict"] for each in tried()} == {"ok"}
    assert (found["verdict"], found["found"]) == ("fail", "services/limits: pods is 3, and 5 is asked for")


@contextmanager
def enforced(kubectl: Kubectl, level: str) -> Iterator[None]:
    """The namespace of the provisioner has this level of Pod Security for a while."""
    label = "pod-security.kubernetes.io/enforce"
    [namespace] = kubectl.items("namespace", "mgmtcluster-storage")
    kubectl("label", "namespace", "mgmtcluster-storage", "--overwrite", f"{label}={level}")
    try:
        yield
    finally:
        kubectl("label", "namespace", "mgmtcluster-storage", "--overwrite", f"{label}={namespace['metadata']['labels'][label]}")


_HELPER = "a helper pod of ConfigMap/mgmtcluster-storage/local-path-config"


@pytest.mark.usefixtures("made")
def test_pod_security(kubectl: Kubectl) -> None:
    """A namespace that somebody has closed refuses the provisioner's helper pods."""
    with enforced(kubectl, "restricted"):
        found = kubectl.until("Pod Security", lambda: [each for each in tried() if each["verdict"] == "fail"])
    assert [each["found"].partition(":")[0] for each in found] == [_HELPER]
    assert 'violates PodSecurity "restricted' in found[0]["found"]


@pytest.mark.usefixtures("made")
def test_the_selinux_label_of_helper_pods(kubectl: Kubectl, tmp_path: Path) -> None:
    """The server takes it in the provisioner's namespace, and would in none with less rights."""
    (tmp_path / "settings.yaml").write_text("volumes_selinux: {type: spc_t}")

    def labelled() -> list[dict[str, Any]]:
        return rows(preflight("--dry-run", cwd=tmp_path))["dry run"]

    assert {each["verdict"] for each in labelled()} == {"ok"}
    with enforced(kubectl, "baseline"):
        found = kubectl.until("Pod Security", lambda: [each for each in labelled() if each["verdict"] == "fail"])
        assert {each["verdict"] for each in tried()} == {"ok"}
    assert [each["found"].partition(":")[0] for each in found] == [_HELPER]
    assert 'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t")' in found[0]["found"]


@pytest.mark.usefixtures("made")
def test_a_user_who_may_not_create(kubectl: Kubectl, tmp_path: Path) -> None:
    """It cannot be told, and is no failure of the dry run."""
    with allowed(kubectl, "get", "list"):
        done = mgmtcluster("preflight", "--dry-run", "--json", "--kubeconfig", str(stranger(kubectl, tmp_path)))
    found = row(done, "dry run")
    assert found["verdict"] == "warn"
    assert found["found"].startswith("cannot be told of ")
    assert "you may not patch namespaces, " in found["found"]
