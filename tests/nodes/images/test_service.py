"""The stand-in for services does what it promises: only then does a pod that is Ready prove anything."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from mgmtcluster.manifests import containers
from tests.nodes.images import build, facts
from tests.rig.ports import free_port
from tests.rig.waiting import within

pytestmark = pytest.mark.nodes

Start = Callable[..., "subprocess.Popen[str]"]
URI = "mongodb://blocks:pw@127.0.0.1:27017/blocks?replicaSet=rs0&authSource=admin&serverSelectionTimeoutMS=100"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled stand-in."""
    if not shutil.which("go"):
        pytest.skip("go is not installed: the stand-in for services is compiled")
    path = tmp_path_factory.mktemp("standin") / "standin"
    build.build_standin(path)
    return path


@pytest.fixture
def start(program: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts it with these facts and variables."""
    started: list[subprocess.Popen[str]] = []

    def run(known: Mapping[str, Any], env: Mapping[str, str]) -> subprocess.Popen[str]:
        file = tmp_path / "standin.json"
        file.write_text(json.dumps({"name": "blocks", "ports": [], **known}))
        process = subprocess.Popen(
            [program], env={"STANDIN": str(file), **env}, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # a reloader's second process goes on without the first
        process.communicate()


def status(port: int, path: str) -> int:
    """What it answers to a GET, once it listens."""

    def look() -> int | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    return within(look)


@pytest.mark.parametrize(
    ("kind", "env", "sentence"),
    [
        ("URL", {}, "NAME is missing"),
        ("URL", {"NAME": ""}, "NAME is empty"),
        ("URL", {"NAME": "blocks-db-svc:3001"}, "NAME is no URL"),
        ("JSON", {"NAME": "{'a': 1}"}, "NAME is no JSON"),
        ("MongoDB URI", {"NAME": "mongodb://registry-0:27017/blocks"}, "NAME is no MongoDB URI"),
        ("text", {"NAME": "http://$(NODE_IP):30100"}, "NAME holds $( )"),
    ],
)
def test_a_variable_that_cannot_work_ends_it(kind: str, env: dict[str, str], sentence: str, start: Start) -> None:
    """With a sentence that names the variable and not its value."""
    process = start({"env": {"NAME": kind}}, env)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert sentence in said
    assert not env.get("NAME") or env["NAME"] not in said


def test_its_probe_tells_that_the_database_is_away(start: Start) -> None:
    """With the status that the facts give for it; its other paths answer all the same."""
    port = free_port()
    start({"ports": [port], "probe": {"path": "/blocks/__probe__", "well": 404, "away": 500}}, {"MONGO_HOST_URL": URI})
    assert status(port, "/blocks/__probe__") == 500
    assert status(port, "/") == 200


def test_its_peers_are_shown_without_a_password(start: Start) -> None:
    """Whom it could not reach is not well; an address for clients outside is handed on and not called."""
    port = free_port()
    env = {
        "MONGO_HOST_URL": URI,
        "NODE_IP": "192.0.2.7",
        "MAP": '{"blocks": "http://192.0.2.7:30100"}',
        "PEER": "http://127.0.0.1:1",
    }
    start({"ports": [port]}, env)
    status(port, "/")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/peers", timeout=60) as answer:
        text = answer.read().decode()
    peers = json.loads(text)["peers"]
    assert {name: (peer["outside"], peer["ok"]) for name, peer in peers.items()} == {
        "MONGO_HOST_URL": (False, False),
        "MAP.blocks": (True, True),
        "PEER": (False, False),
    }
    assert "pw@" not in text


def test_it_writes_where_the_service_writes(start: Start, tmp_path: Path) -> None:
    """A directory that cannot be written to ends it."""
    process = start({"writes": [str(tmp_path / "missing")]}, {})
    assert "cannot write" in process.communicate(timeout=120)[1]


@pytest.mark.parametrize("reloader", [False, True])
def test_sigterm_ends_it(reloader: bool, start: Start) -> None:
    """At once, as a process that handles no signals and is not the first of its namespace."""
    port = free_port()
    process = start({"ports": [port], "reloader": reloader}, {})
    status(port, "/")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == -signal.SIGTERM


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a process becomes the first of a namespace")
def test_the_first_process_of_a_namespace_ignores_sigterm(program: Path, tmp_path: Path) -> None:
    """As Python and Node.js do in a container without a shared process namespace."""
    file, port = tmp_path / "standin.json", free_port()
    file.write_text(json.dumps({"name": "blocks", "ports": [port]}))
    command = ["unshare", "--pid", "--fork", "--kill-child=SIGKILL", str(program)]
    with subprocess.Popen(command, env={**os.environ, "STANDIN": str(file)}) as outer:
        status(port, "/")
        [inner] = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
        os.kill(int(inner), signal.SIGTERM)
        assert status(port, "/") == 200
        outer.kill()


def test_every_container_of_a_service_has_its_facts() -> None:
    """Those with a port of the platform's guide listen on it, and whatever has a database is asked for its URI."""
    known = {
        container["name"]: facts.of(workload["metadata"]["name"], container)
        for workload in build.workloads()
        for container in containers(workload)
        if "standin" not in container["image"] and not container["image"].startswith(("mongo:", "redis:"))
    }
    for workload in build.workloads():
        for container in containers(workload):
            if container["name"] in known:
                declared = {port["containerPort"] for port in container.get("ports", ())}
                assert {*known[container["name"]]["ports"]} == declared
                uris = {each["name"] for each in container["env"] if each.get("value", "").startswith("mongodb://")}
                asked = {name for name, kind in known[container["name"]]["env"].items() if kind == "MongoDB URI"}
                assert asked == uris, container["name"]
    assert known["tasks-db-svc"]["queue"]
    assert known["policies-system"]["probe"]["hangs"]
