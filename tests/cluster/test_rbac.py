"""What the ServiceAccounts of dist/ may do: exactly their row, in every namespace."""

from __future__ import annotations

import pytest

from tests.cluster.installations import Installations
from tests.rig.installation import Installation
from tests.rig.kube import Json, Kubectl, documents
from tests.rig.workspace import ROOT

from .reviews import Right, review

_OBJECTS = list(documents(*sorted((ROOT / "dist").glob("*.yaml"))))
_ACCOUNTS = sorted(
    (item["metadata"]["namespace"], item["metadata"]["name"]) for item in _OBJECTS if item["kind"] == "ServiceAccount"
)


def _rights(verbs: str, resource: str, group: str = "", name: str = "") -> set[Right]:
    return {(verb, group, resource, name) for verb in verbs.split()}


_STORAGE = "mgmtcluster-storage"

#: What a ServiceAccount may do in all namespaces. Every other one: nothing.
EVERYWHERE = {
    (_STORAGE, "local-path-provisioner"): _rights("get list watch", "persistentvolumeclaims")
    | _rights("get list watch create delete", "persistentvolumes")
    | _rights("get", "nodes")
    | _rights("create patch", "events")
    | _rights("get list watch", "storageclasses", "storage.k8s.io"),
}

#: What a ServiceAccount may do in its own namespace beyond that. Every other one: nothing.
AT_HOME = {
    ("registries", "registry-bootstrap"): _rights("create", "secrets"),
    ("metrics-system", "metrics-db-bootstrap"): _rights("create", "secrets"),
    ("metrics-system", "metrics-redis-bootstrap"): _rights("create", "secrets"),
    (_STORAGE, "local-path-provisioner"): _rights("get create delete", "pods")
    | _rights("get", "pods/log")
    | _rights("get", "configmaps", name="local-path-config"),
}

_CAN_I = [
    ("yes", "create secrets", "registries", "registry-bootstrap", "registries"),
    ("no", "get secrets", "registries", "registry-bootstrap", "registries"),
    ("no", "create secrets", "registries", "registry-bootstrap", "metrics-system"),
    ("no", "create pods", "registries", "registry-bootstrap", "registries"),
    ("yes", "create pods", _STORAGE, "local-path-provisioner", _STORAGE),
    ("no", "create pods", _STORAGE, "local-path-provisioner", "registries"),
    ("no", "get secrets", _STORAGE, "local-path-provisioner", _STORAGE),
    ("no", "get pods", "registries", "registry", "registries"),
    ("no", "get secrets", "registries", "default", "registries"),
]


@pytest.fixture(scope="module")
def namespaces(kubectl: Kubectl, installations: Installations) -> list[str]:
    """Every namespace of the cluster, the platform's among them."""
    assert installations.platform().applied.returncode == 0
    return [item["metadata"]["name"] for item in kubectl.items("namespaces")]


@pytest.fixture(scope="module")
def everybody(kubectl: Kubectl, namespaces: list[str]) -> dict[str, set[Right]]:
    """What an account may do to which nobody has given anything."""
    return review(kubectl, "default", "nobody-in-particular", namespaces)


def test_the_tables_speak_of_accounts_that_exist() -> None:
    """No row is left over."""
    assert {*EVERYWHERE, *AT_HOME} <= {*_ACCOUNTS}


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize(("home", "name"), _ACCOUNTS, ids=["/".join(account) for account in _ACCOUNTS])
def test_an_account_may_do_what_its_row_says_and_nothing_else(
    home: str, name: str, kubectl: Kubectl, namespaces: list[str], everybody: dict[str, set[Right]]
) -> None:
    """In every namespace and for the whole cluster, beyond what every account of Kubernetes may."""
    may = review(kubectl, home, name, namespaces)
    for namespace in namespaces:
        expected = EVERYWHERE.get((home, name), set()) | (AT_HOME.get((home, name), set()) if namespace == home else set())
        assert may[namespace] - everybody[namespace] == expected, namespace


@pytest.mark.parametrize(("answer", "what", "home", "name", "where"), _CAN_I, ids=[" ".join(row[1:]) for row in _CAN_I])
def test_the_api_server_answers_the_same(
    answer: str, what: str, home: str, name: str, where: str, platform: Installation, kubectl: Kubectl
) -> None:
    """`kubectl auth can-i` as that account, of what matters most."""
    assert platform.applied.returncode == 0
    done = kubectl.run("auth", "can-i", *what.split(), f"--as=system:serviceaccount:{home}:{name}", f"--namespace={where}")
    assert done.stdout.strip() == answer


def test_only_bootstrap_and_storage_pods_hold_a_token() -> None:
    """A pod without a right has no token either."""
    pods = {item["metadata"]["name"]: item["spec"]["template"]["spec"] for item in _OBJECTS if "template" in item.get("spec", {})}
    holders = {pod["serviceAccountName"] for pod in pods.values() if _holds_token(pod)}
    assert holders == {name for _, name in AT_HOME}


def _holds_token(pod: Json) -> bool:
    sources = [source for volume in pod.get("volumes", []) for source in volume.get("projected", {}).get("sources", [])]
    return pod["automountServiceAccountToken"] or any("serviceAccountToken" in source for source in sources)
