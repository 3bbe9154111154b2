"""``mgmtcluster status`` and ``mgmtcluster services --cluster`` on a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from mgmtcluster.cli import api
from tests.cli.command import Done, mgmtcluster, read_until, start_on_a_terminal
from tests.cluster.installations import Installations
from tests.rendering import ROOT
from tests.rig.installation import Installation
from tests.rig.kube import DEADLINE, Kubectl, condition

from .nodes import Nodes

_BOTH = ("registry=yes", "metrics-db=yes")


def status(*arguments: str) -> Done:
    """Run it as JSON."""
    return mgmtcluster("status", "--json", "--kubeconfig", os.environ["KUBECONFIG"], *arguments)


def seen(done: Done) -> dict[str, Any]:
    """What a command printed as JSON, and nothing on standard error."""
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def without_a_node(platform: Installation, kubectl: Kubectl, nodes: Nodes) -> Iterator[str]:
    """A member of registry that finds no node, until it is over; the scheduler has said why, in its status and in an event."""
    pods = kubectl.items("pods", "--namespace=registries", "--selector=app.kubernetes.io/name=registry")
    [pod] = [pod for pod in pods if pod["spec"]["nodeName"] == "node-3"]
    name: str = pod["metadata"]["name"]
    events = ("events", "--namespace=registries", f"--field-selector=involvedObject.name={name},reason=FailedScheduling")
    nodes.add("node-3", "metrics-db=yes")
    try:
        kubectl("delete", "pod", "--namespace=registries", name)
        kubectl.until("the scheduler to say why", lambda: condition(_pod(kubectl, name), "PodScheduled").get("message"))
        kubectl.until("the scheduler's event", lambda: kubectl.items(*events))
        yield name
    finally:
        nodes.add("node-3", *_BOTH)
        platform.settle()


def _pod(kubectl: Kubectl, name: str) -> dict[str, Any]:
    found = kubectl.items("pod", name, "--namespace=registries")
    return found[0] if found else {}


def unanswered() -> dict[str, int]:
    """What `services --cluster` says of services with fewer ready pods than asked for; it exits 1 where one has none."""
    done = mgmtcluster("services", "--cluster", "--json", "--kubeconfig", os.environ["KUBECONFIG"])
    rows = seen(done)["services"]
    assert done.returncode == int(not all(row["ready"] for row in rows))
    return {row["service"]: row["ready"] for row in rows if row["ready"] != row["replicas"]}


def test_nothing_is_there(installations: Installations) -> None:
    """On a cluster without the platform, every phase is missing as a whole."""
    installations.clear()
    done = status()
    assert done.returncode == 1
    state = seen(done)
    assert state["whole"] is False
    assert [phase["phase"] for phase in state["phases"]] == [
        path.name.removesuffix(".k8s.yaml") for path in sorted((ROOT / "dist").glob("*.yaml"))
    ]
    assert {phase["ready"] for phase in state["phases"]} == {0}
    assert all("is not there" in workload["note"] for phase in state["phases"] for workload in phase["workloads"])


@pytest.mark.core
@pytest.mark.usefixtures("platform")
def test_the_platform_is_whole() -> None:
    """Every unit of every phase is ready, every member of each database too; watching ends at once."""
    for arguments in ((), ("--watch", "--timeout=1")):
        done = status(*arguments)
        assert done.returncode == 0
        state = seen(done)
        assert state["whole"] is True
        assert all(phase["ready"] == phase["asked"] > 0 and not phase["missing"] for phase in state["phases"])
        members = [member for database in state["databases"] for member in database["members"]]
        assert len(members) == 6
        assert all(member["ready"] and member["node"] and member["role"] == "primary or secondary" for member in members)
        assert state["pods"] == []


@pytest.mark.usefixtures("platform")
def test_pages_of_a_list_make_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their size."""
    monkeypatch.setattr(api, "_PAGE_OBJECTS", 2)
    assert status().returncode == 0


def test_a_phase_is_missing(platform: Installation, kubectl: Kubectl) -> None:
    """Of a half-installed platform it says which phase and which objects are missing, and calls the others whole."""
    file = platform.folder / "60-services.k8s.yaml"
    kubectl("delete", f"--filename={file}")
    try:
        done = status()
    finally:
        kubectl("apply", f"--filename={file}")
        platform.settle()
    assert done.returncode == 1
    *others, last = seen(done)["phases"]
    assert all(phase["ready"] == phase["asked"] and not phase["missing"] for phase in others)
    assert last["ready"] == 0
    assert "Service/services/parser" in last["missing"]
    assert {workload["note"] for workload in last["workloads"]} == {"is not there"}


def test_a_member_finds_no_node(without_a_node: str) -> None:
    """The member is not ready, its role unknown, and the scheduler's own words say why."""
    done = status("--watch", "--timeout=1")
    assert done.returncode == 1
    state = seen(done)
    [registry] = [database for database in state["databases"] if database["database"] == "registry"]
    [member] = [member for member in registry["members"] if not member["ready"]]
    assert (member["pod"], member["role"], member["node"]) == (without_a_node, None, None)
    [trouble] = state["pods"]
    assert (trouble["pod"], trouble["reason"]) == (without_a_node, "Unschedulable")
    assert "node affinity" in trouble["message"]
    assert any(event["object"] == f"Pod/{without_a_node}" and event["reason"] == "FailedScheduling" for event in state["events"])


def test_watching_ends_when_all_is_there_and_ready(
    without_a_node: str, platform: Installation, kubectl: Kubectl, nodes: Nodes
) -> None:
    """It prints a line for each phase that moves, and exits 0 by itself; not while something is missing that was there before."""
    file = f"--filename={platform.folder / '10-registry-database.k8s.yaml'}"
    command = [sys.executable, "-m", "mgmtcluster.cli", "status", "--watch"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        alarm = Timer(DEADLINE, process.kill)
        alarm.start()
        assert process.stdout
        for line in process.stdout:
            if line == "10-registry-database: 4 of 5 ready\n":
                kubectl("delete", "poddisruptionbudget", "registry", "--namespace=registries")
                nodes.add("node-3", *_BOTH)
            if line == "10-registry-database: 5 of 5 ready, 1 missing\n":
                kubectl("apply", file)
                break
        rest = process.stdout.read()
        alarm.cancel()
    assert process.returncode == 0, without_a_node + rest
    assert "10-registry-database: 5 of 5 ready\n" in rest
    assert "Everything is there and Ready." in rest


def test_ctrl_c_leaves_the_terminal_whole(without_a_node: str) -> None:
    """It exits 130 with one line and no trace, and the cursor is shown again."""
    assert without_a_node
    pid, terminal = start_on_a_terminal("status", "--watch")
    text = read_until(terminal, "60-services")
    os.write(terminal, b"\x03")
    text += read_until(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    assert "Traceback" not in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert "interrupted" in text.splitlines()[-1]


@pytest.mark.usefixtures("platform")
def test_everything_answers(kubectl: Kubectl) -> None:
    """Every row has all its pods ready, as soon as the endpoints follow the pods."""
    kubectl.until("every service to answer", lambda: not unanswered(), missing=unanswered)


def test_a_service_does_not_answer(platform: Installation, kubectl: Kubectl) -> None:
    """A row without a ready pod is told, and the command exits 1."""
    kubectl("scale", "deployment/parser", "--namespace=services", "--replicas=0")
    try:
        kubectl.until("the parser alone not to answer", lambda: unanswered() == {"parser": 0}, missing=unanswered)
        kubectl.until("its note", lambda: "was scaled to 0" in _notes(), missing=_notes)
    finally:
        kubectl("scale", "deployment/parser", "--namespace=services", "--replicas=2")
        platform.settle()


def _notes() -> list[str]:
    """What the status says of the workloads of the last phase."""
    return [workload["note"] for workload in seen(status())["phases"][-1]["workloads"]]


@pytest.mark.usefixtures("platform")
def test_a_user_without_rights(kubectl: Kubectl, tmp_path: Path) -> None:
    """It says which right is missing, and exits 2."""
    done = mgmtcluster("status", "--kubeconfig", str(stranger(kubectl, tmp_path)))
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert "you may not list namespaces (403)" in line


def stranger(kubectl: Kubectl, folder: Path) -> Path:
    """A kubeconfig of a user whom nobody gave a right."""
    token = kubectl("create", "token", "default", "--namespace=default").strip()
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "--output=json"))
    config["users"] = [{"name": "stranger", "user": {"token": token}}]
    config["contexts"][0]["context"]["user"] = "stranger"
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    return file
