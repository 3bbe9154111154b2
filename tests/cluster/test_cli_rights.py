"""What ``mgmtcluster preflight`` says of the user's rights, against what the API server lets that user do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import mgmtcluster
from tests.cluster.installations import Installations
from tests.cluster.reviews import review
from tests.rig.kube import Done, Kubectl
from tests.rig.workspace import ROOT

from .test_cli_preflight import row
from .test_cli_status import stranger

_LOOK = ("get", "list")
_APPLY = (*_LOOK, "create", "patch")
_USER = "system:serviceaccount:default:default"


@pytest.fixture
def bare(installations: Installations) -> None:
    """Nothing installed."""
    installations.clear()


@contextmanager
def allowed(kubectl: Kubectl, *verbs: str) -> Iterator[None]:
    """Let the user do this to everything; the API server goes by it, and in the end no longer."""
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "stranger"}}
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": [*verbs]}
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": "default"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "stranger"}
    kubectl.apply(
        {**rbac, "kind": "ClusterRole", "rules": [rule]},
        {**rbac, "kind": "ClusterRoleBinding", "subjects": [subject], "roleRef": reference},
    )
    try:
        _until_granted(kubectl, {*verbs})
        yield
    finally:
        kubectl("delete", "clusterrole,clusterrolebinding", "stranger")
        _until_granted(kubectl, set())


def _until_granted(kubectl: Kubectl, verbs: set[str]) -> None:
    """Wait until the user may do exactly this to everything: the server learns of roles and bindings after they are stored."""

    def granted() -> set[str]:
        rights = review(kubectl, "default", "default", ["default"])["default"]
        return {verb for verb, group, resource, _ in rights if (group, resource) == ("*", "*")}

    kubectl.until(f"the user's rights to be {sorted(verbs)}", lambda: granted() == verbs, missing=granted)


def rights(kubectl: Kubectl, folder: Path) -> dict[str, Any]:
    """The row of the user."""
    return row(mgmtcluster("preflight", "--json", "--kubeconfig", str(stranger(kubectl, folder))), "rights")


def applied(kubectl: Kubectl) -> Done:
    """What the API server says of the first file, if the user applies it; it changes nothing."""
    return kubectl.run("apply", "--dry-run=server", f"--as={_USER}", f"--filename={ROOT / 'dist' / '00-platform.k8s.yaml'}")


@pytest.mark.usefixtures("bare")
def test_a_user_who_may_not_even_look(kubectl: Kubectl, tmp_path: Path) -> None:
    """It says which right that takes."""
    blind = mgmtcluster("preflight", "--kubeconfig", str(stranger(kubectl, tmp_path)))
    assert (blind.returncode, blind.stdout) == (2, "")
    assert "you may not list pods (403)" in blind.stderr


def test_a_user_whom_nobody_knows(kubectl: Kubectl, tmp_path: Path) -> None:
    """It says so."""
    file = stranger(kubectl, tmp_path)
    config = json.loads(file.read_text())
    config["users"][0]["user"]["token"] = "forged"
    file.write_text(json.dumps(config))
    done = mgmtcluster("status", "--kubeconfig", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert "does not know you (401)" in done.stderr


@pytest.mark.usefixtures("bare")
def test_a_user_who_may_look_and_not_install(kubectl: Kubectl, tmp_path: Path) -> None:
    """It says what the user may not do."""
    with allowed(kubectl, *_LOOK):
        found = rights(kubectl, tmp_path)
    assert found["verdict"] == "fail"
    assert found["found"].startswith("you may not: create namespaces, patch namespaces")


@pytest.mark.usefixtures("bare")
def test_rights_that_roles_give_and_the_user_has_not(kubectl: Kubectl, tmp_path: Path) -> None:
    """It fails where the API server refuses such a Role: until the user has these rights, or may give any."""
    with allowed(kubectl, *_APPLY):
        found, refused = rights(kubectl, tmp_path), applied(kubectl)
    assert found["verdict"] == "fail"
    assert found["found"].startswith("you may not: give others the right to watch persistentvolumeclaims, ")
    assert "attempting to grant RBAC permissions not currently held" in refused.stderr
    for more in (("watch", "delete"), ("escalate", "bind")):
        with allowed(kubectl, *_APPLY, *more):
            assert rights(kubectl, tmp_path)["verdict"] == "ok"
            assert "attempting to grant" not in applied(kubectl).stderr
    with allowed(kubectl, *_APPLY, "escalate"):
        assert rights(kubectl, tmp_path)["verdict"] == "fail"


@pytest.mark.usefixtures("platform")
def test_roles_that_are_there_are_given_already(kubectl: Kubectl, tmp_path: Path) -> None:
    """Who applies the same again needs no more than to apply."""
    with allowed(kubectl, *_APPLY):
        assert rights(kubectl, tmp_path)["verdict"] == "ok"
        done = applied(kubectl)
    assert (done.returncode, done.stderr) == (0, "")
