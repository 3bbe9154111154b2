"""``mgmtcluster plan-migration`` on a cluster as the shell installer leaves it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import mgmtcluster
from tests.cluster.installations import Installations
from tests.rendering import ROOT
from tests.rig import old_cluster
from tests.rig.kube import Json, Kubectl, is_settled, key

from .nodes import Nodes
from .test_cli_preflight import preflight, row


def plan() -> dict[str, Any]:
    """The plan; it exits 1 as long as something is to be done."""
    done = mgmtcluster("plan-migration", "--json", "--kubeconfig", os.environ["KUBECONFIG"])
    found: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (int(found["needed"]), "")
    assert found["needed"] == bool(found["steps"])
    return found


def commands(title: str) -> list[str]:
    """The commands of a step of the present plan."""
    [found] = [step["commands"] for step in plan()["steps"] if step["title"].startswith(title)]
    return list(found)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, kubectl: Kubectl) -> Path:
    """Where the commands run: a folder with dist/, and the command itself on PATH."""
    made = tmp_path_factory.mktemp("migration")
    shutil.copytree(ROOT / "dist", made / "dist")
    (made / "mgmtcluster").write_text(f'#!/bin/sh\ncd {ROOT} && exec .venv/bin/python -m mgmtcluster.cli "$@"\n')
    (made / "mgmtcluster").chmod(0o755)
    kubectl("version")
    return made


@pytest.fixture(scope="module")
def old(installations: Installations, nodes: Nodes, kubectl: Kubectl) -> Iterator[None]:
    """The old installation, and everything gone at the end."""
    installations.clear()
    nodes.only(node_1=("registry=yes", "metrics-db=yes"), node_2=("registry=yes", "metrics-db=yes"), node_3=("registry=yes",))
    try:
        kubectl.apply(*old_cluster.everything())
        kubectl.until("the old installation", lambda: not _unsettled(kubectl), missing=lambda: _unsettled(kubectl))
        yield
    finally:
        kubectl("delete", "--ignore-not-found", "--wait=false", f"--filename={ROOT / 'dist'}")
        for namespace in old_cluster.NAMESPACES:
            kubectl("delete", "pods,pvc", "--all", f"--namespace={namespace}", "--wait=false")
        kubectl("delete", "--ignore-not-found", f"--filename={ROOT / 'dist' / '00-platform.k8s.yaml'}")
        left = [each["metadata"]["name"] for each in kubectl.items("pv")]
        if left:
            kubectl("delete", "pv", *left)


def _unsettled(kubectl: Kubectl) -> list[tuple[str, str, str]]:
    """Deployments without their pods, and pods that have not ended by themselves yet: the plan has those that run."""
    wanted = {key(each) for each in old_cluster.everything() if each["kind"] in ("Deployment", "Pod")}
    items = kubectl.items("deployments,pods", "--all-namespaces")
    return sorted(wanted - {key(item) for item in items if _is_well(item)})


def _is_well(item: Json) -> bool:
    return bool(item["status"]["phase"] == "Succeeded") if item["kind"] == "Pod" else is_settled(item)


def carry_out(kubectl: Kubectl, folder: Path, lines: list[str]) -> None:
    """Run commands as an operator does."""
    environment = {**kubectl.environment, "PATH": f"{folder}:{kubectl.environment['PATH']}"}
    script = ["bash", "-euo", "pipefail", "-c", "\n".join(lines)]
    done = subprocess.run(script, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.usefixtures("old")
def test_preflight_refuses_and_names_the_plan() -> None:
    """It finds the members, the services and the node ports that others hold."""
    done = preflight()
    found = row(done, "shell installer")
    assert (found["verdict"], found["fix"]) == ("fail", ["mgmtcluster plan-migration"])
    assert "Deployment/registries/registry-0" in found["found"]
    assert row(done, "names")["verdict"] == "fail"


@pytest.mark.usefixtures("old")
def test_the_steps_and_what_changes() -> None:
    """Everything is dumped before anything is deleted, and clients are told of what answers elsewhere."""
    found = plan()
    assert [step["title"] for step in found["steps"]] == [
        "Stop the services",
        "Dump registry",
        "Dump metrics-db",
        "Delete the old objects",
        "Label the nodes",
        "Install the databases alone",
        "Restore registry",
        "Restore metrics-db",
        "Install everything",
        "Delete the old volumes, once the data are known to be well",
    ]
    stays = "is not of the platform and stays as it is"
    assert [change.partition(":")[0] for change in found["changes"]] == [
        f"Deployment/registries/networks-registry {stays}",
        f"Service/registries/networks-registry-svc {stays}",
        "services/parser port 8000",
        "utils/resource-allocator port 7777",
    ]
    assert "node port 30501 is 30500 from then on" in found["changes"][2]
    assert "node port 32171 is not exposed any more" in found["changes"][3]
    assert "networks-registry" not in json.dumps(found["steps"])


@pytest.mark.usefixtures("old")
def test_the_plan_is_a_script() -> None:
    """Its text has every command in a line of its own and is one that bash can read, with what it says in comments."""
    done = mgmtcluster("plan-migration", "--kubeconfig", os.environ["KUBECONFIG"])
    assert done.returncode == 1
    assert subprocess.run(["bash", "-n"], input=done.stdout, text=True, capture_output=True, check=False).stderr == ""
    planned = [line for step in plan()["steps"] for command in step["commands"] for line in command.splitlines()]
    lines = [line for line in done.stdout.splitlines() if line and (line in planned or not line.startswith("# "))]
    assert lines == planned


@pytest.mark.usefixtures("old")
def test_what_is_dumped_and_restored() -> None:
    """From all members without a password; into the new set as root, whose password no argument has; one database is renamed."""
    text = "\n".join(commands("Dump registry"))
    hosts = ",".join(f"registry-{ordinal}.registries.svc.cluster.local:27017" for ordinal in range(3))
    assert f'deployment/registry-0 -- mongodump --quiet --uri="mongodb://{hosts}/?replicaSet=rs0"' in text
    text = "\n".join(commands("Restore registry"))
    hosts = ",".join(f"registry-{ordinal}.registry.registries.svc.cluster.local:27017" for ordinal in range(3))
    assert f"mongodb://root@{hosts}/?replicaSet=rs0&authSource=admin&w=majority" in text
    assert "registry-user-root" in text
    assert "--nsFrom='test.*' --nsTo='components.*' < registry.archive.gz" in text
    assert "--nsFrom" not in "\n".join(commands("Restore metrics-db"))


@pytest.mark.usefixtures("old")
def test_the_plan_leads_to_the_platform(kubectl: Kubectl, folder: Path) -> None:
    """All its steps but dump and restore, which need mongod, are carried out: dist/ is there and Ready, of the old nothing."""
    for step in plan()["steps"]:
        if step["title"].startswith(("Dump", "Restore")):
            continue
        carry_out(kubectl, folder, step["commands"])
        if step["title"] == "Stop the services":
            # In the foreground, so that its pod is gone too when preflight looks.
            other = ("deployment/networks-registry", "service/networks-registry-svc", "--namespace=registries")
            kubectl("delete", "--cascade=foreground", *other)
            assert _running(kubectl) == {f"{name}-{ordinal}" for name in ("registry", "metrics-db") for ordinal in range(3)}
        if step["title"] == "Delete the old objects":
            assert {each["metadata"]["name"] for each in kubectl.items("pv")} == {*old_cluster.volumes()}
            assert row(preflight(), "shell installer")["verdict"] == "warn"
    done = mgmtcluster("status", "--json", "--kubeconfig", os.environ["KUBECONFIG"])
    assert done.returncode == 0, done.stdout
    assert not {each["metadata"]["name"] for each in kubectl.items("pv")} & {*old_cluster.volumes()}
    assert plan() == {"needed": False, "steps": [], "changes": []}


def _running(kubectl: Kubectl) -> set[str]:
    """The Deployments that are not scaled to nothing."""
    items = kubectl.items("deployments", "--all-namespaces")
    return {item["metadata"]["name"] for item in items if item["spec"]["replicas"]}
