"""Members of a replica set on this machine, each a process of its own as in a pod."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from mgmtcluster.databases.replica_set import DIRECT_TIMEOUTS, ReplicaSet, query_of
from tests.nodes.images.mongo import MODULE, lay_out
from tests.rendering import pod_spec
from tests.rig.ports import free_port
from tests.rig.redis_server import manifest, server_folder
from tests.rig.waiting import within

KEY = "a2V5IG9mIHRoZSBzZXQ="
SET = "rs0"
STATEFUL_SET = ("10-registry-database.k8s.yaml", "StatefulSet", "registries", "registry")
PASSWORDS = {"root": "r00t-s3cret", "blocks-db": "bl0cks-s3cret", "guest": "gu3st-s3cret"}
USERS = [
    {"user": "root", "roles": [{"role": "root", "db": "admin"}]},
    {"user": "blocks-db", "roles": [{"role": "readWrite", "db": "blocks"}]},
]

_AS_USER = f"""
import encodings.ascii, encodings.idna, os, runpy, sys
import {MODULE}.elections, {MODULE}.heartbeats, {MODULE}.service
user, groups = int(sys.argv.pop(1)), [*map(int, sys.argv.pop(1).split(","))]
os.setgroups(groups)
os.setgid(groups[0])
os.setuid(user)
runpy.run_module({MODULE!r}, run_name="__main__")
"""

Client = MongoClient[dict[str, Any]]


@dataclass
class Members:
    """Members with a folder each; a rendered command line starts them, but for paths and the port."""

    folder: Path
    count: int
    ports: list[int] = field(default_factory=list)
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lay_out(self.folder / "program")
        self.ports = [free_port() for _ in range(self.count)]
        secrets = self.folder / "secrets"
        (secrets / "users").mkdir(parents=True)
        for user, password in PASSWORDS.items():
            (secrets / "users" / user).write_text(password)
        self.write_keys(KEY)
        for number in range(self.count):
            self.data(number).mkdir()

    @property
    def keyfile(self) -> Path:
        """Where the keys lie, as the converge Job looks for them too."""
        return self.folder / "secrets" / "keyfile" / "keyfile"

    @property
    def hosts(self) -> list[str]:
        """The members' names."""
        return [f"127.0.0.1:{port}" for port in self.ports]

    def write_keys(self, text: str, mode: int = 0o400) -> None:
        """Replace the keyfile."""
        self.keyfile.parent.mkdir(exist_ok=True)
        self.keyfile.unlink(missing_ok=True)
        self.keyfile.write_text(text)
        self.keyfile.chmod(mode)

    def data(self, number: int) -> Path:
        """A member's data directory."""
        return self.folder / f"data-{number}"

    def command(self, number: int, *more: str) -> list[str]:
        """What a pod runs, in this place."""
        [container] = pod_spec(manifest(*STATEFUL_SET))["containers"]
        rendered = container["command"]
        moved = {"/data/db": self.data(number), "/secrets/keyfile": self.keyfile.parent, "27017": self.ports[number]}
        for place, here in moved.items():
            rendered = [argument.replace(f"={place}", f"={here}") for argument in rendered]
        assert rendered[0] == "mongod"
        return [sys.executable, "-m", MODULE, *rendered[1:], *more]

    def start(self, number: int, *more: str, user: int = 0, groups: Sequence[int] = (0,)) -> subprocess.Popen[bytes]:
        """Start a member; as another user than root, of these groups, it becomes that one once it has read what it runs."""
        interpreter, *command = self.command(number, *more)
        if user:
            command[:2] = ["-c", _AS_USER, str(user), ",".join(map(str, groups))]
        log = (self.folder / f"log-{number}").open("ab")
        process = subprocess.Popen(
            [interpreter, *command], cwd=self.folder, env={"PYTHONPATH": "program"}, stdout=log, stderr=subprocess.STDOUT
        )
        log.close()
        self.running[number] = process
        return process

    def refused(self, number: int, *more: str) -> tuple[int, str]:
        """Start a member that must end by itself: its exit code and its last line."""
        code = self.start(number, *more).wait(timeout=120)
        return code, self.log(number).splitlines()[-1]

    def log(self, number: int) -> str:
        """What a member has printed."""
        return (self.folder / f"log-{number}").read_text()

    def kill(self, number: int) -> None:
        """Crash."""
        self.running[number].kill()
        self.running[number].wait()

    @contextmanager
    def silent(self, number: int) -> Iterator[None]:
        """Let nothing answer in a crashed member's place, not even a refusal: a port with a full queue drops who connects."""
        with ExitStack() as stack:
            full = stack.enter_context(socket.create_server(("127.0.0.1", self.ports[number]), backlog=0))
            for _ in range(4):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            yield

    def end(self, number: int) -> int:
        """End a member as a kubelet does."""
        self.running[number].terminate()
        return self.running[number].wait(timeout=60)

    def wipe(self, number: int) -> None:
        """Take a member's data away."""
        shutil.rmtree(self.data(number))
        self.data(number).mkdir()

    def client(self, user: str = "root", **options: Any) -> Client:
        """A driver that knows all members."""
        return MongoClient(self.hosts, replicaSet=SET, username=user, password=PASSWORDS[user], authSource="admin", **options)

    def uri(self, user: str, database: str) -> str:
        """The connection string that a service gets, but for the hosts."""
        rendered = ReplicaSet(name="registry", namespace="registries", members=self.count, set_name=SET)
        text = rendered.uri(user, database, password=f":{PASSWORDS[user]}")
        return text.replace(",".join(rendered.hosts), ",".join(self.hosts))

    def member(self, number: int) -> Client:
        """A driver that asks one member, as members ask each other."""
        return MongoClient(
            self.hosts[number],
            directConnection=True,
            username="__system",
            password=KEY,
            authSource="local",
            authMechanism="SCRAM-SHA-256",
        )

    def primary(self, *, but: int | None = None) -> int:
        """The number of the primary, once there is one, which must be another than this."""
        numbers = [number for number in range(self.count) if number != but]
        return within(lambda: [number for number in numbers if self.state(number) == "primary"])[0]

    def step_down(self) -> None:
        """Let the primary hand over; it may lead again afterwards, where the next one crashes."""
        first = self.primary()
        with self.client() as root, self.member(first) as alone:
            root.admin.command("replSetStepDown", 60)
            try:
                self.primary(but=first)
            finally:
                alone.admin.command("replSetFreeze", 0)

    def state(self, number: int) -> str | None:
        """What a member says it is; None where it does not answer, or is neither."""
        try:
            with MongoClient[dict[str, Any]](self.hosts[number], directConnection=True, serverSelectionTimeoutMS=500) as client:
                hello = client.admin.command("hello")
        except PyMongoError:
            return None
        return "primary" if hello["isWritablePrimary"] else "secondary" if hello["secondary"] else None

    def request(self, count: int | None = None) -> dict[str, str]:
        """The environment of the converge Job."""
        return {
            "REPLICA_SET": SET,
            "MEMBERS": json.dumps(self.hosts[:count]),
            "USERS": json.dumps(USERS),
            "TIMEOUTS": query_of(DIRECT_TIMEOUTS),
            "SECRETS_DIR": str(self.folder / "secrets"),
            "POLL_SECONDS": "0.1",
            "DEADLINE_SECONDS": "300",
        }

    def heal(self) -> None:
        """Start every member again that is not there, and all of them where they have other keys."""
        if self.keyfile.read_text() != KEY:
            self.stop()
            self.write_keys(KEY)
        for number, process in [*self.running.items()]:
            if process.poll() is not None:
                self.start(number)

    def stop(self) -> None:
        """Crash all of them."""
        for process in self.running.values():
            process.kill()
            process.wait()


@contextmanager
def members_in_memory(count: int) -> Iterator[Members]:
    """Members, not started, in a folder that every user finds; gone at the end."""
    with server_folder(os.geteuid()) as folder:
        made = Members(folder / "set", count)
        try:
            yield made
        finally:
            made.stop()
