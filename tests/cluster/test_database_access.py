"""Passwords, keys and versions change by the documented commands, as far as an API server can show it."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from mgmtcluster import catalog
from tests.cluster.installations import Installations
from tests.rig.installation import Installation
from tests.rig.kube import Json, Kubectl
from tests.rig.workspace import Workspace, blocks

_REGISTRY = ("--namespace=registries", "--selector=app.kubernetes.io/name=registry")
_JOBS = "--selector=app.kubernetes.io/name in (registry-bootstrap, registry-init-client)"


@pytest.fixture(scope="module", autouse=True)
def _leaves_nothing(installations: Installations) -> Iterator[None]:
    yield
    installations.clear()


def test_a_lost_password_is_made_again_by_both_jobs(workspace: Workspace, databases: Installation, kubectl: Kubectl) -> None:
    """Both Jobs run anew, and the service is restarted."""
    workspace.settings = {"services": {each.name: {"enabled": each.name == "blocks-db-svc"} for each in catalog.ALL}}
    workspace.run("make synth && kubectl apply -f dist/")
    databases.settle(databases.folder / "10-registry-database.k8s.yaml")
    before = {job["metadata"]["uid"] for job in kubectl.items("jobs", "--namespace=registries", _JOBS)}
    first, second = blocks("Rotate a password, or replace a lost one")
    workspace.run(first)
    after = {job["metadata"]["uid"] for job in kubectl.items("jobs", "--namespace=registries", _JOBS)}
    assert len(after) == 2
    assert not before & after
    generation = kubectl.item("deployment", "blocks-db-svc", "--namespace=registries")["metadata"]["generation"]
    workspace.run("user=blocks-db-svc\n" + second)
    assert kubectl.item("deployment", "blocks-db-svc", "--namespace=registries")["metadata"]["generation"] == generation + 1


def test_the_keyfile_is_rotated_by_way_of_both_keys(workspace: Workspace, kubectl: Kubectl) -> None:
    """Every member is restarted with both keys, and then with the new one alone; no key is left in a file."""
    kubectl("delete", "secret", "registry-keyfile", "--namespace=registries", "--ignore-not-found")
    kubectl("create", "secret", "generic", "registry-keyfile", "--namespace=registries", "--from-literal=keyfile=oldkey")
    [add], [remove] = blocks("Add the new key"), blocks("Remove the old one")
    show = "kubectl get secret -n registries registry-keyfile -o jsonpath='{.data.keyfile}' | base64 --decode; echo; echo -----\n"
    pods = _uids(kubectl)
    done = workspace.run(add + show + remove + show + 'test ! -e "$keys"')
    both, new = done.stdout.split("-----")[:2]
    old_line, new_line = [line for line in both.splitlines() if line.startswith("- ")]
    assert old_line == "- oldkey"
    assert f"- {new.strip().splitlines()[-1]}" == new_line
    assert base64.b64decode(new_line.removeprefix("- "), validate=True)
    assert len(new_line.removeprefix("- ")) <= 1024  # mongod's limit
    assert not pods & _uids(kubectl)


def test_a_lost_keyfile_is_made_again_when_no_member_runs(workspace: Workspace, kubectl: Kubectl) -> None:
    """The bootstrap Job runs anew, and every member is restarted; that a running one gives it back needs a kubelet."""
    pods = _uids(kubectl)
    _, anew = blocks("Replace a lost keyfile")
    workspace.run(anew)
    assert not pods & _uids(kubectl)


def test_a_new_version_is_rolled_out_before_its_features_are_used(
    workspace: Workspace, databases: Installation, kubectl: Kubectl
) -> None:
    """First every member has the new image; then a Job asks for the feature compatibility version."""
    first, second = blocks("Upgrade MongoDB")
    workspace.settings["images"] = {"mongo": "mongo:9.0.1"}
    workspace.run(first)
    assert {pod["spec"]["containers"][0]["image"] for pod in kubectl.items("pods", *_REGISTRY)} == {"mongo:9.0.1"}
    assert not any("FEATURE_COMPATIBILITY_VERSION" in _env(job) for job in _converge_jobs(kubectl))
    workspace.settings["registry_database"] = {"feature_compatibility_version": "9.0"}
    workspace.run(second)
    databases.settle(databases.folder / "10-registry-database.k8s.yaml")
    assert [_env(job)["FEATURE_COMPATIBILITY_VERSION"] for job in _converge_jobs(kubectl) if "FEATURE" in str(job)] == ["9.0"]


def _uids(kubectl: Kubectl) -> set[str]:
    return {pod["metadata"]["uid"] for pod in kubectl.items("pods", *_REGISTRY)}


def _converge_jobs(kubectl: Kubectl) -> list[Json]:
    return kubectl.items("jobs", "--namespace=registries", "--selector=app.kubernetes.io/name=registry-init-client")


def _env(job: Json) -> dict[str, str]:
    [container] = job["spec"]["template"]["spec"]["containers"]
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}
