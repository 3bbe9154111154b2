"""Dumps and restores by the documented commands, as far as an API server can show them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mgmtcluster import catalog
from tests.cluster.installations import Installations
from tests.rig.installation import Installation
from tests.rig.kube import Json, Kubectl, is_settled
from tests.rig.workspace import Workspace, blocks

_SERVICE = "blocks-db-svc"


@pytest.fixture(scope="module", autouse=True)
def _leaves_nothing(installations: Installations) -> Iterator[None]:
    yield
    installations.clear()


@pytest.fixture(scope="module")
def backed_up(installations: Installations) -> Workspace:
    """One service on a database that is dumped to a claim, installed anew: other tests have changed its claim template."""
    installations.clear()
    databases, workspace = installations.databases(), installations.workspace
    workspace.settings = {
        "services": {each.name: {"enabled": each.name == _SERVICE} for each in catalog.ALL},
        "registry_database": {"backup": {"storage": "50Gi"}},
    }
    workspace.run("make synth && kubectl apply -f dist/")
    databases.settle()
    return workspace


def test_a_dump_is_made_and_tried_at_once(backed_up: Workspace, kubectl: Kubectl) -> None:
    """Jobs made of both CronJobs run, and the first binds the claim."""
    for commands in blocks("Take a dump, and try it"):
        backed_up.run(commands.replace(" logs ", " describe ").replace(" --tail=1", ""))  # nothing runs that could write a log
    assert all(is_settled(_job(kubectl, name)) for name in ("registry-backup-now", "registry-drill-now"))
    assert kubectl.item("pvc", "registry-backups", "--namespace=registries")["status"]["phase"] == "Bound"


def test_a_dump_is_restored_while_nothing_writes(backed_up: Workspace, databases: Installation, kubectl: Kubectl) -> None:
    """The services are away while a dump is restored; the users' Job runs anew, and every service has its pods again."""
    pods = ("--namespace=registries", f"--selector=app.kubernetes.io/name={_SERVICE}")
    _run(backed_up, "Stop what writes")
    assert kubectl.items("pods", *pods) == []
    _run(backed_up, "The newest dump")
    _run(backed_up, "Another dump")
    assert _variables(_job(kubectl, "registry-restore-now"))["DUMP"] == "latest"
    assert _variables(_job(kubectl, "registry-restore-older"))["DUMP"] == "registry-20261120T013000Z"
    before = _converge_jobs(kubectl)
    _run(backed_up, "Give the users their passwords, and start the services")
    assert len(_converge_jobs(kubectl) - before) == 1
    databases.settle()
    assert len(kubectl.items("pods", *pods)) == 2


def _run(workspace: Workspace, heading: str) -> None:
    for block in blocks(heading):
        workspace.run(block)


def _job(kubectl: Kubectl, name: str) -> Json:
    return kubectl.item("job", name, "--namespace=registries")


def _variables(job: Json) -> dict[str, str]:
    [container] = job["spec"]["template"]["spec"]["containers"]
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}


def _converge_jobs(kubectl: Kubectl) -> set[str]:
    """Those that are there, by what no later one shares."""
    jobs = kubectl.items("jobs", "--namespace=registries", "--selector=app.kubernetes.io/name=registry-init-client")
    return {str(job["metadata"]["uid"]) for job in jobs}
