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


def tried(cwd: Path = ROOT) -> list[dict[str, Any]]:
    """The rows of the dry run, with the settings of this folder."""
    return rows(preflight("--dry-run", cwd=cwd))["dry run"]


def refused(kubectl: Kubectl, cwd: Path = ROOT) -> list[dict[str, Any]]:
    """The rows that fail, once there are any: the API server goes by a new policy, limit or label after it is stored."""

    def failed() -> list[dict[str, Any]]:
        return [each for each in tried(cwd) if each["verdict"] == "fail"]

    kubectl.until("the server to refuse something", failed)
    found = failed()  # of that dry run a part may have been sent before
    assert found
    return found


def until_admitted(kubectl: Kubectl) -> None:
    """Wait until the server goes no longer by what was there: it remembers limits and quotas for half a minute."""
    kubectl.until("the server to refuse nothing", lambda: {each["verdict"] for each in tried()} == {"ok"}, missing=tried)


@pytest.fixture
def bare(installations: Installations) -> None:
    """Nothing installed."""
    installations.clear()


@pytest.fixture(scope="module")
def made(installations: Installations, kubectl: Kubectl) -> Iterator[None]:
    """The namespaces are there, and nothing else but the provisioner."""
    installations.clear()
    try:
        kubectl.apply(*documents(_PLATFORM))
        yield
    finally:
        kubectl("delete", "--ignore-not-found", f"--filename={_PLATFORM}")


@contextmanager
def there(kubectl: Kubectl, *objects: Json) -> Iterator[None]:
    """These objects are on the cluster for a while, and refuse nothing afterwards."""
    try:
        kubectl.apply(*objects)
        yield
    finally:
        kubectl.remove(*objects)
        until_admitted(kubectl)


def until_counted(kubectl: Kubectl) -> None:
    """Wait until every ResourceQuota is in force: a controller counts what is there first."""
    kubectl.until("quotas to count", lambda: all(each["status"] for each in kubectl.items("resourcequotas", "--all-namespaces")))


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
        found = refused(kubectl)
        (tmp_path / "settings.yaml").write_text("pods: {labels: {team: aios}}")
        labelled = tried(tmp_path)
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
        found = refused(kubectl)
    assert all(said in each["found"] for each in found)
    assert all("/registries/" in each["found"] for each in found)


@pytest.mark.usefixtures("made")
def test_a_ratio_of_limits_that_the_settings_know(kubectl: Kubectl, tmp_path: Path) -> None:
    """In every namespace: without the setting every kind of pod is refused, with it none."""
    ratio = [{"type": "Container", "maxLimitRequestRatio": {"cpu": "5"}}]
    names = [item["metadata"]["name"] for item in documents(_PLATFORM) if item["kind"] == "Namespace"]
    (tmp_path / "settings.yaml").write_text('pods: {max_limit_request_ratio: {cpu: "5"}}')
    with there(kubectl, *({**_in(name, "LimitRange", limits=ratio)} for name in names)):
        found = refused(kubectl)
        fitting = tried(tmp_path)
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
        until_counted(kubectl)
        found = row(preflight("--dry-run"), "quotas")
        assert {each["verdict"] for each in tried()} == {"ok"}
    assert (found["verdict"], found["found"]) == ("fail", "services/limits: pods is 3, and 5 is asked for")


@contextmanager
def enforced(kubectl: Kubectl, level: str) -> Iterator[None]:
    """The namespace of the provisioner has this level of Pod Security for a while, and refuses nothing afterwards."""
    label = "pod-security.kubernetes.io/enforce"
    [namespace] = kubectl.items("namespace", "mgmtcluster-storage")
    try:
        kubectl("label", "namespace", "mgmtcluster-storage", "--overwrite", f"{label}={level}")
        yield
    finally:
        kubectl("label", "namespace", "mgmtcluster-storage", "--overwrite", f"{label}={namespace['metadata']['labels'][label]}")
        until_admitted(kubectl)


_HELPER = "a helper pod of ConfigMap/mgmtcluster-storage/local-path-config"


@pytest.mark.usefixtures("made")
def test_pod_security(kubectl: Kubectl) -> None:
    """A namespace that somebody has closed refuses the provisioner's helper pods."""
    with enforced(kubectl, "restricted"):
        found = refused(kubectl)
    assert [each["found"].partition(":")[0] for each in found] == [_HELPER]
    assert 'violates PodSecurity "restricted' in found[0]["found"]


@pytest.mark.usefixtures("made")
def test_the_selinux_label_of_helper_pods(kubectl: Kubectl, tmp_path: Path) -> None:
    """The server takes it in the provisioner's namespace, and would in none with less rights."""
    (tmp_path / "settings.yaml").write_text("volumes_selinux: {type: spc_t}")
    assert {each["verdict"] for each in tried(tmp_path)} == {"ok"}
    with enforced(kubectl, "baseline"):
        found = refused(kubectl, tmp_path)
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
