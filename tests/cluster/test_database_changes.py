"""Changing a running database, by a setting, an apply and the operator's page."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from tests.rig.installation import Installation
from tests.rig.kube import Json, Kubectl, condition
from tests.rig.workspace import Workspace, blocks

from .nodes import Nodes

_REGISTRY = ("--namespace=registries", "--selector=app.kubernetes.io/name=registry")
_MIN_READY = timedelta(seconds=10)


@pytest.fixture(autouse=True)
def _registry_is_well(databases: Installation) -> None:
    assert databases.applied.returncode == 0, databases.applied.stderr
    databases.settle(databases.folder / "10-registry-database.k8s.yaml")


@pytest.mark.core
def test_members_go_from_three_to_seven_and_back(
    workspace: Workspace, databases: Installation, nodes: Nodes, kubectl: Kubectl
) -> None:
    """Two claims more are made at a time and kept, the first three members never restart, and the Job runs for every step."""
    before, claims = _pods(kubectl), databases.claims()
    jobs = [_jobs(kubectl)]

    for number in (4, 5, 6, 7):
        nodes.add(f"node-{number}", "registry=yes")
    for members in (5, 7):
        workspace.settings["registry_database"] = {"members": members}
        _run(workspace, "More members")
        jobs.append(_jobs(kubectl))
        assert _members_with_claims(databases) == {*range(members)}
        assert len({pod["spec"]["nodeName"] for pod in _pods(kubectl).values()}) == members

    grown_claims = databases.claims()
    assert grown_claims.items() >= claims.items()
    for members in (5, 3):
        workspace.settings["registry_database"] = {"members": members, "keep_running": members + 2}
        _run(workspace, "Fewer members: first the votes")
        jobs.append(_jobs(kubectl))
        assert len(_pods(kubectl)) == members + 2
        workspace.settings["registry_database"] = {"members": members}
        _run(workspace, "Fewer members: then the pods")
        kubectl.until("two members to be gone", functools.partial(_has_members, kubectl, members))
        assert _jobs(kubectl) == jobs[-1], "the same Job as in the step before"

    assert all(jobs)
    assert len(set.union(*jobs)) == sum(map(len, jobs)), "a step ran no Job of its own"
    assert _uids(_pods(kubectl)) == _uids(before)
    assert databases.claims() == grown_claims
    for namespace in ("registries", "registry"):
        services = {item["metadata"]["name"] for item in kubectl.items("services", f"--namespace={namespace}")}
        assert {name for name in services if name.startswith("registry-")} == {"registry-0", "registry-1", "registry-2"}
    nodes.remove("node-4", "node-5", "node-6", "node-7")


def test_an_image_changes_one_member_at_a_time(workspace: Workspace, databases: Installation, kubectl: Kubectl) -> None:
    """Each member is replaced after the one before it has been Ready for ten seconds, and keeps its volume."""
    before, claims = _pods(kubectl), databases.claims()
    workspace.settings["images"] = {"mongo": "mongo:8.0.27"}
    workspace.run("make synth && kubectl apply -f dist/")
    databases.settle(databases.folder / "10-registry-database.k8s.yaml")
    after = _pods(kubectl)
    assert {pod["spec"]["containers"][0]["image"] for pod in after.values()} == {"mongo:8.0.27"}
    assert not {*_uids(after)} & {*_uids(before)}
    for replaced, waiting in (("registry-2", "registry-1"), ("registry-1", "registry-0")):
        ready = _time(condition(after[replaced], "Ready")["lastTransitionTime"])
        created = _time(after[waiting]["metadata"]["creationTimestamp"])
        assert created - ready >= _MIN_READY - timedelta(seconds=1), "timestamps are of whole seconds"
    assert databases.claims() == claims


def test_a_changed_script_makes_a_new_job_beside_the_old(workspace: Workspace, databases: Installation, kubectl: Kubectl) -> None:
    """The apply succeeds, although a Job's template cannot be changed, and no member restarts."""
    old, members = _jobs(kubectl), _uids(_pods(kubectl))
    with (workspace.folder / "mgmtcluster" / "scripts" / "converge.js").open("a") as script:
        script.write("// changed\n")
    workspace.run("make synth && kubectl apply -f dist/")
    databases.settle(databases.folder / "10-registry-database.k8s.yaml")
    assert len(_jobs(kubectl) - old) == 1
    assert old < _jobs(kubectl)
    assert _uids(_pods(kubectl)) == members


def test_the_bundled_class_refuses_to_grow(workspace: Workspace, databases: Installation) -> None:
    """The first documented command says so, and nothing has changed."""
    first, _ = blocks("Where the class can expand")
    done = workspace.attempt(first)
    assert done.returncode != 0
    assert "only dynamically provisioned pvc can be resized" in done.stderr
    assert databases.unsettled(databases.folder / "10-registry-database.k8s.yaml") == []


def test_storage_grows_where_the_class_can_expand(workspace: Workspace, databases: Installation, kubectl: Kubectl) -> None:
    """The claims ask for more, the StatefulSet's template too, and pods and volumes stay the same."""
    pods, claims = _uids(_pods(kubectl)), databases.claims()
    first, second = blocks("Where the class can expand")
    with _expansion(kubectl):
        workspace.run(first)
    workspace.settings["registry_database"] = {"storage": "20Gi"}
    workspace.run(second)
    assert _uids(_pods(kubectl)) == pods
    assert databases.claims() == claims
    asked = [_asked(kubectl.item("pvc", f"data-registry-{member}", "--namespace=registries")) for member in range(3)]
    assert asked == ["20Gi"] * 3
    assert _asked(_set(kubectl)["spec"]["volumeClaimTemplates"][0]) == "20Gi"


def test_a_member_gets_a_new_volume_after_its_vote_was_taken(
    workspace: Workspace, databases: Installation, kubectl: Kubectl
) -> None:
    """Where the class cannot expand, a member gets a new volume of the new size, and the others stay as they are."""
    pods, claims = _uids(_pods(kubectl)), databases.claims()
    workspace.settings["registry_database"] = {"storage": "30Gi"}
    _run(workspace, "Where the class cannot expand")
    workspace.settings["registry_database"]["replace_member"] = 2
    _run(workspace, "Take its vote away")
    assert _desired(kubectl) == {0, 1}
    _run(workspace, "Give it a new volume")
    del workspace.settings["registry_database"]["replace_member"]
    _run(workspace, "Give its vote back")
    assert _desired(kubectl) == {0, 1, 2}
    databases.settle(databases.folder / "10-registry-database.k8s.yaml")
    now = databases.claims()
    assert {name for name in now if now[name] != claims[name]} == {"registries/data-registry-2"}
    assert _asked(kubectl.item("pvc", "data-registry-2", "--namespace=registries")) == "30Gi"
    databases.volumes_become("Released", claims["registries/data-registry-2"])
    assert _uids(_pods(kubectl))[:2] == pods[:2]
    _run(workspace, "Delete the volumes for good")
    assert kubectl.items("pv", claims["registries/data-registry-2"]) == []
    assert {volume["metadata"]["name"] for volume in kubectl.items("pv")} >= {*now.values()}


def test_a_member_moves_to_another_node(workspace: Workspace, databases: Installation, nodes: Nodes, kubectl: Kubectl) -> None:
    """Its vote is taken away, it starts with an empty volume on the node that has its label, and gets its vote back."""
    old = _pods(kubectl)["registry-2"]["spec"]["nodeName"]
    claims = databases.claims()
    nodes.add("node-4", "metrics-db=no")
    workspace.settings.setdefault("registry_database", {})["replace_member"] = 2
    for heading in ("Take its vote away", "Move its label", "Give it a new volume"):
        _run(workspace, heading)
    del workspace.settings["registry_database"]["replace_member"]
    _run(workspace, "Give its vote back")
    databases.settle(databases.folder / "10-registry-database.k8s.yaml")
    moved = _pods(kubectl)
    assert moved["registry-2"]["spec"]["nodeName"] == "node-4"
    assert old not in {pod["spec"]["nodeName"] for pod in moved.values()}
    assert _desired(kubectl) == {0, 1, 2}
    now = databases.claims()
    assert {name for name in now if now[name] != claims[name]} == {"registries/data-registry-2"}
    databases.volumes_become("Released", claims["registries/data-registry-2"])


@contextmanager
def _expansion(kubectl: Kubectl) -> Iterator[None]:
    """Claims of the bundled class may grow for a while; the API server goes by its class, and by its next one, after a moment."""
    grow = '--patch={"spec": {"resources": {"requests": {"storage": "1Ti"}}}}'
    claim = ("pvc", "data-registry-0", "--namespace=registries")

    def refused() -> bool:
        return "only dynamically provisioned pvc can be resized" in kubectl.run("patch", "--dry-run=server", *claim, grow).stderr

    def let(allowed: str) -> None:
        kubectl("patch", "storageclass", "mgmtcluster-local-path", f'--patch={{"allowVolumeExpansion": {allowed}}}')

    try:
        let("true")
        kubectl.until("claims to be allowed to grow", lambda: not refused())
        yield
    finally:
        let("null")
        kubectl.until("claims not to be allowed to grow", refused)


def _run(workspace: Workspace, heading: str) -> None:
    for block in blocks(heading):
        workspace.run(block)


def _pods(kubectl: Kubectl) -> dict[str, Json]:
    return {pod["metadata"]["name"]: pod for pod in kubectl.items("pods", *_REGISTRY)}


def _uids(pods: dict[str, Json]) -> list[str]:
    """Of the first three members."""
    return [pods[f"registry-{member}"]["metadata"]["uid"] for member in range(3)]


def _has_members(kubectl: Kubectl, members: int) -> bool:
    return len(_pods(kubectl)) == members


def _members_with_claims(databases: Installation) -> set[int]:
    prefix = "registries/data-registry-"
    return {int(name.removeprefix(prefix)) for name in databases.claims() if name.startswith(prefix)}


def _jobs(kubectl: Kubectl) -> set[str]:
    """The converge Jobs that are there, by what no later one shares."""
    jobs = kubectl.items("jobs", "--namespace=registries", "--selector=app.kubernetes.io/name=registry-init-client")
    return {job["metadata"]["uid"] for job in jobs}


def _desired(kubectl: Kubectl) -> set[int]:
    """The members that the one converge Job which is there asks for."""
    [job] = kubectl.items("jobs", "--namespace=registries", "--selector=app.kubernetes.io/name=registry-init-client")
    [container] = job["spec"]["template"]["spec"]["containers"]
    [members] = [variable["value"] for variable in container["env"] if variable["name"] == "MEMBERS"]
    return {int(host.partition(".")[0].removeprefix("registry-")) for host in json.loads(members)}


def _set(kubectl: Kubectl) -> Json:
    return kubectl.item("statefulset", "registry", "--namespace=registries")


def _asked(claim: Json) -> str:
    return str(claim["spec"]["resources"]["requests"]["storage"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
