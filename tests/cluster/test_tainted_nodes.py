"""Where every node is tainted and a policy demands a label of pods, one toleration and one label let everything run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.installations import Installations
from tests.rig.installation import Installation
from tests.rig.kube import Kubectl

_TAINT = "dedicated=aios:NoSchedule"
_TOLERATION = {"key": "dedicated", "operator": "Equal", "value": "aios", "effect": "NoSchedule"}
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


@pytest.fixture
def tainted(installations: Installations, kubectl: Kubectl) -> Iterator[Installation]:
    """The platform with dumps, on nodes with the taint, under the policy."""
    kubectl.apply(_POLICY, _BINDING)
    pods = {"tolerations": [_TOLERATION], "labels": {"team": "aios"}}
    yield installations.tainted(_TAINT, pods=pods, registry_database={"backup": {"storage": "20Gi"}})
    installations.clear()
    kubectl("taint", "nodes", "node-1", "node-2", "node-3", f"{_TAINT}-")
    kubectl("delete", "validatingadmissionpolicybinding/team", "validatingadmissionpolicy/team")


def test_nothing_stays_pending(tainted: Installation, kubectl: Kubectl) -> None:
    """Deployments, databases, Jobs and the Job of a CronJob; a pod without the label is refused."""
    assert tainted.applied.returncode == 0, tainted.applied.stderr
    tainted.settle()
    kubectl("create", "job", "--namespace=registries", "--from=cronjob/registry-backup", "now")
    kubectl.until("the dump to be made", lambda: kubectl.item("job", "now", "--namespace=registries")["status"].get("succeeded"))
    pods = kubectl.items("pods", "--all-namespaces", "--selector=app.kubernetes.io/part-of=mgmtcluster")
    assert [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Pending"] == []
    labels = "--labels=app.kubernetes.io/part-of=mgmtcluster"
    done = kubectl.run("run", "stranger", "--namespace=mgmtcluster-storage", "--image=example.test/a:1", labels)
    assert "no team" in done.stderr
