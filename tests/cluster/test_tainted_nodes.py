"""A cluster that is closed in every way: tainted nodes, a label that pods must have, limits, and quotas just large enough.

With the settings that say so, everything runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from mgmtcluster import Settings
from mgmtcluster.cli.checks.quotas import asked_in
from mgmtcluster.cli.expected import Expected
from mgmtcluster.kinds.quantities import quantity_value
from tests.cli.checks.views import view
from tests.cluster.installations import Installations
from tests.rendering import render
from tests.rig.installation import Installation
from tests.rig.kube import Json, Kubectl

from .test_cli_dry_run import until_counted

_TAINT = "dedicated=aios:NoSchedule"
_TOLERATION = {"key": "dedicated", "operator": "Equal", "value": "aios", "effect": "NoSchedule"}
_RATIO = 5
_SETTINGS = {
    "pods": {"tolerations": [_TOLERATION], "labels": {"team": "aios"}, "max_limit_request_ratio": {"cpu": f"{_RATIO}"}},
    "registry_database": {"backup": {"storage": "20Gi"}},
}
_STORAGE = "mgmtcluster-storage"
_OURS = "app.kubernetes.io/part-of=mgmtcluster"
_POLICY = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": "team"},
    "spec": {
        "matchConstraints": {
            "namespaceSelector": {"matchLabels": {"app.kubernetes.io/part-of": "mgmtcluster"}},
            "objectSelector": {"matchLabels": {"app.kubernetes.io/part-of": "mgmtcluster"}},
            "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
        },
        "validations": [{"expression": "'team' in object.metadata.labels", "message": "no team"}],
    },
}
_BINDING = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicyBinding",
    "metadata": {"name": "team"},
    "spec": {"policyName": "team", "validationActions": ["Deny"]},
}

#: What the sum of is known before anything is there; of the last ones nothing is left over.
_PODS = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory", "pods")
_OBJECTS = ("persistentvolumeclaims", "requests.storage", "services", "services.nodeports", "count/configmaps")


def _bounds() -> list[Json]:
    """A LimitRange in every namespace, and a quota in those where the cluster's own provisioner runs nothing."""
    expected = Expected(Settings.of(_SETTINGS), {"all": render(_SETTINGS).objects})
    # Only the pods of this cluster's own provisioner need what is for those that say nothing.
    limits = {"type": "Container", "maxLimitRequestRatio": {"cpu": f"{_RATIO}"}}
    unsaid = {"default": {"cpu": "50m"}, "defaultRequest": {"cpu": "10m"}}
    bounds = []
    for namespace in expected.namespaces:
        bounds.append(_bound("LimitRange", namespace, {"limits": [{**limits, **(unsaid if namespace == _STORAGE else {})}]}))
        asked = asked_in(view(expected=expected), namespace)
        hard = {name: str(round(asked.get(name, 0), 3)) for name in (*_PODS, *_OBJECTS)}
        if namespace != _STORAGE:
            bounds.append(_bound("ResourceQuota", namespace, {"hard": hard}))
    return bounds


def _bound(kind: str, namespace: str, spec: Json) -> Json:
    labels = {"app.kubernetes.io/part-of": "mgmtcluster"}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "all", "namespace": namespace, "labels": labels}, "spec": spec}


@pytest.fixture
def closed(installations: Installations, kubectl: Kubectl) -> Iterator[Installation]:
    """The platform with dumps, on such a cluster."""
    installations.clear()
    namespaces = render(_SETTINGS).objects.of_kind("Namespace")
    try:
        kubectl.apply(_POLICY, _BINDING, *namespaces, *_bounds())
        until_counted(kubectl)
        yield installations.rendered("closed", _SETTINGS, taint=_TAINT)
    finally:
        kubectl.remove(_BINDING, _POLICY)
        kubectl.until("the policy to be gone", lambda: "no team" not in _refusal(kubectl, f"--labels={_OURS}"))
        installations.clear()
        kubectl.remove(*namespaces)
        kubectl("taint", "nodes", "node-1", "node-2", "node-3", f"{_TAINT}-")


def _refusal(kubectl: Kubectl, *options: str) -> str:
    """What the server says against a pod like this."""
    run = ("run", "stranger", f"--namespace={_STORAGE}", "--image=example.test/a:1", "--dry-run=server")
    return kubectl.run(*run, *options).stderr


def _not_full(kubectl: Kubectl) -> list[Json]:
    """The quotas of which something is left over."""
    return [
        quota
        for quota in kubectl.items("resourcequotas", "--all-namespaces")
        if any(quantity_value(quota["status"]["used"][name]) != quantity_value(quota["spec"]["hard"][name]) for name in _OBJECTS)
    ]


def test_nothing_stays_pending(closed: Installation, kubectl: Kubectl) -> None:
    """Deployments, databases, Jobs and the Job of a CronJob; a pod without the label, or with a higher ratio, is refused."""
    assert closed.applied.returncode == 0, closed.applied.stderr
    closed.settle()
    kubectl("create", "job", "--namespace=registries", "--from=cronjob/registry-backup", "now")
    kubectl.until("the dump to be made", lambda: kubectl.item("job", "now", "--namespace=registries")["status"].get("succeeded"))
    pods = kubectl.items("pods", "--all-namespaces", "--selector=app.kubernetes.io/part-of=mgmtcluster")
    assert [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Pending"] == []
    kubectl.until("the quotas to be full", lambda: not _not_full(kubectl), missing=lambda: _not_full(kubectl))
    assert "no team" in _refusal(kubectl, f"--labels={_OURS}")
    resources = {"requests": {"cpu": "10m"}, "limits": {"cpu": "100m"}}
    high = {"spec": {"containers": [{"name": "stranger", "image": "example.test/a:1", "resources": resources}]}}
    refused = _refusal(kubectl, f"--labels={_OURS},team=aios", f"--overrides={json.dumps(high)}")
    assert "cpu max limit to request ratio per Container is 5, but provided ratio is 10" in refused
