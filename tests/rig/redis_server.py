"""Real Redis servers, started as the manifests say: their script, configuration, arguments, environment and user."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mgmtcluster.testing import Manifest, load
from tests.rendering import DIST, pod_spec
from tests.rig.ports import free_port

PASSWORD = "0f-the-administrator-alone"
LISTS = ("BLOCK_METRICS", "CLUSTER_METRICS", "vDAG_METRICS")
_START_SECONDS = 120

#: A command is sent once: a test counts what was acknowledged, and ends servers on purpose.
ONCE: Final = Retry(NoBackoff(), 0)


def need_redis() -> None:
    """Skip where there is no redis-server."""
    if not shutil.which("redis-server"):
        pytest.skip("no redis-server on PATH: install Debian's package redis-server")


def manifest(file: str, kind: str, namespace: str, name: str) -> Manifest:
    """An object of a file of dist/."""
    return load((DIST / file).read_text()).one(kind, namespace, name)


@dataclass
class Server:
    """A Redis of a container: its files are below ``folder``, each volume a folder there."""

    folder: Path
    command: list[str]
    env: Mapping[str, str]
    user: int
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def log(self) -> str:
        """What it has printed."""
        return (self.folder / "log").read_text()

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start it, as its own user where that can be chosen."""
        as_user: dict[str, Any] = {"user": self.user, "group": self.user, "extra_groups": []} if os.geteuid() == 0 else {}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.env, cwd=self.folder / "data", stdout=log, stderr=log, **as_user
            )
        return self.process

    def start(self) -> "Server":
        """Start it, and wait until its data are loaded."""
        process = self.spawn()
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                self.client().ping()
            except redis.RedisError:  # not yet there, or still loading
                time.sleep(0.02)
            else:
                return self
        raise AssertionError(f"Redis does not answer: {self.log[-500:]}")

    def stop(self, *, kill: bool = False) -> int:
        """End it as a kubelet does, or as a crash does."""
        assert self.process is not None
        (self.process.kill if kill else self.process.terminate)()
        return self.process.wait(timeout=60)

    def client(self) -> Any:
        """A client as the services have it: it sends no password."""
        return redis.Redis("127.0.0.1", self.port, socket_timeout=30, retry=ONCE)

    def admin(self, password: str = PASSWORD) -> Any:
        """A client that is the administrator's."""
        return redis.Redis("127.0.0.1", self.port, username="admin", password=password, socket_timeout=30, retry=ONCE)


Change = Callable[[str], str]


def _unchanged(text: str) -> str:
    return text


@contextmanager
def metrics_redis(
    *, password: str = PASSWORD, configuration: Change = _unchanged, script: Change = _unchanged
) -> Iterator[Server]:
    """metrics-redis as its StatefulSet and ConfigMap say, but for paths and the port; not yet started.

    Args:
        password: what the Secret holds.
        configuration: makes another configuration of it.
        script: makes another start script of it.
    """
    need_redis()
    stateful_set = manifest("50-metrics.k8s.yaml", "StatefulSet", "metrics-system", "metrics-redis")
    files = manifest("50-metrics.k8s.yaml", "ConfigMap", "metrics-system", "metrics-redis-config")["data"]
    [container] = pod_spec(stateful_set)["containers"]
    user = pod_spec(stateful_set)["securityContext"]["runAsUser"]
    with server_folder(user) as folder:
        paths = {mount["mountPath"]: folder / mount["name"] for mount in container["volumeMounts"]}
        pattern = re.compile(r"(?<![\w/.])(" + "|".join(sorted(map(re.escape, paths), reverse=True)) + r")(?=/|\s|$)")

        def moved(text: str) -> str:
            return pattern.sub(lambda match: str(paths[match[0]]), text)

        port = free_port()
        settings = configuration(moved(files["redis.conf"])).replace("port 6379\n", f"port {port}\n")
        _write(paths["/scripts"] / "redis.conf", settings)
        _write(paths["/scripts"] / "start-redis.sh", script(files["start-redis.sh"]))
        _write(paths["/secrets/admin"] / "password", password)
        for path in paths.values():
            path.mkdir(exist_ok=True)
        _give(folder, user)
        env = {each["name"]: moved(each["value"]) for each in container["env"]}
        yield from _stopped(
            Server(folder, [moved(each) for each in container["command"]], {"PATH": os.environ["PATH"], **env}, user, port)
        )


@contextmanager
def sidecar(file: str, namespace: str, deployment: str) -> Iterator[Server]:
    """The Redis beside a service, started with its arguments, but for the port."""
    need_redis()
    spec = pod_spec(manifest(file, "Deployment", namespace, deployment))
    [container] = [each for each in spec["containers"] if each["name"] == "redis"]
    user = container["securityContext"].get("runAsUser", spec["securityContext"]["runAsUser"])
    with server_folder(user) as folder:
        (folder / "data").mkdir()
        _give(folder, user)
        port = free_port()
        command = [*container["args"], "--port", str(port)]
        yield from _stopped(Server(folder, command, {"PATH": os.environ["PATH"]}, user, port))


@contextmanager
def server_folder(user: int) -> Iterator[Path]:
    """A folder that a user of its own may enter; in memory where there is such a place, so that no disk is slow."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None, prefix="redis-") as name:
        folder = Path(name)
        _give(folder, user)
        yield folder


def _stopped(server: Server) -> Iterator[Server]:
    (server.folder / "log").touch()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop(kill=True)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


def _give(folder: Path, user: int) -> None:
    folder.chmod(0o755)
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user)
