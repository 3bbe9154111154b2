"""A real Redis, started by the very script and configuration that stand in the manifests."""

import re
import shutil
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.rendering import pod_spec
from tests.rig import environments
from tests.rig.redis_server import LISTS, PASSWORD, Server, manifest, metrics_redis

ALLOWED = {"brpop", "hello", "llen", "lpush", "ping", "select"}
#: What Redis lets everybody call, whatever the access list says.
ALWAYS_ALLOWED = {"auth", "quit", "reset"}
#: Redis refuses these two before it looks at the access list.
PROTECTED = "command not allowed"

ADMINISTRATIVE = (
    "FLUSHALL",
    "FLUSHDB",
    "CONFIG GET *",
    "CONFIG SET maxmemory 0",
    "KEYS *",
    "EVAL return(1) 0",
    "DEBUG SLEEP 0",
    "SLAVEOF NO ONE",
    "REPLICAOF 127.0.0.1 1",
    "SHUTDOWN NOSAVE",
    "ACL LIST",
    "ACL SETUSER default +@all",
    "MODULE LIST",
    "SET BLOCK_METRICS x",
    "GET BLOCK_METRICS",
    "DEL BLOCK_METRICS",
    "RENAME BLOCK_METRICS x",
    "LPUSH another x",
    "BRPOP another 1",
    "LLEN another",
)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """metrics-redis with one message in a list."""
    with metrics_redis() as server:
        server.start()
        server.client().lpush("BLOCK_METRICS", "kept")
        yield server


def refusal(client: Any, *command: str) -> str:
    """How a command is refused, or nothing."""
    try:
        client.execute_command(*command)
    except redis.exceptions.NoPermissionError as error:
        return str(error)
    except (redis.ResponseError, redis.exceptions.AuthenticationError) as error:
        return str(error) if "NOPERM" in str(error) or PROTECTED in str(error) else ""
    return ""


@pytest.mark.parametrize("name", LISTS)
def test_a_writer_and_a_reader_need_no_password(name: str, running: Server) -> None:
    """One comes with a URL and pushes, the other with a host and waits, as the services do."""
    writer: Any = redis.Redis.from_url(f"redis://127.0.0.1:{running.port}/0")
    reader = running.client()
    assert writer.ping()
    assert writer.execute_command("SELECT", 0)
    before = writer.llen(name)
    writer.lpush(name, "first")
    writer.lpush(name, "second")
    assert reader.llen(name) == before + 2
    popped = [reader.brpop(name, timeout=5) for _ in range(before + 2)]
    assert popped[before:] == [(name.encode(), b"first"), (name.encode(), b"second")]
    writer.lpush(name, "kept")


OLD_CLIENT = """
import sys, redis
port, name = sys.argv[1:]
writer, reader = redis.Redis.from_url(f"redis://127.0.0.1:{port}/0"), redis.Redis("127.0.0.1", int(port), socket_timeout=30)
assert redis.__version__ == "3.2.1" and writer.ping()
before = writer.llen(name)
assert writer.lpush(name, "first") == before + 1 and writer.lpush(name, "second") == before + 2
popped = [reader.brpop(name, timeout=5) for _ in range(before + 2)]
assert popped[before:] == [(name.encode(), b"first"), (name.encode(), b"second")], popped
writer.lpush(name, "kept")
"""


@pytest.mark.parametrize("name", LISTS)
def test_the_client_that_the_services_are_built_with_needs_no_password(name: str, running: Server) -> None:
    """The release in their images, in an environment of its own: today's Python no longer has what it imports."""
    python = environments.install("redis-client")
    done = subprocess.run([python, "-c", OLD_CLIENT, str(running.port), name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ADMINISTRATIVE)
def test_a_client_without_a_password_is_refused(command: str, running: Server) -> None:
    """Whatever is not a push, a pop or a count of the three lists; and nothing is lost."""
    assert refusal(running.client(), *command.split())
    assert running.client().llen("BLOCK_METRICS")


def test_no_other_command_of_the_server_is_allowed(running: Server) -> None:
    """Every command that this Redis knows is called, subcommands each, with as many arguments as it wants."""
    known: list[list[Any]] = []
    admin = running.admin()
    admin.response_callbacks.pop("COMMAND")  # which leaves subcommands out
    for row in admin.execute_command("COMMAND"):
        known += row[9] or [row]
    allowed = set()
    for name, arity, *_ in known:
        words = name.decode().split("|")
        if not refusal(running.client(), *words, *[LISTS[2]] * (abs(arity) - len(words))):
            allowed.add(name.decode())
    assert len(known) > 300
    assert allowed - ALWAYS_ALLOWED == ALLOWED


def test_the_administrator_may_do_everything(running: Server) -> None:
    """With the password that the Secret holds."""
    admin = running.admin()
    assert admin.config_get("appendonly") == {"appendonly": "yes"}
    assert admin.set("another", "x")
    assert admin.get("another") == b"x"
    assert b"another" in admin.keys("*")
    assert admin.delete("another") == 1
    assert admin.eval("return 7", 0) == 7
    assert not any(refusal(admin, *command.split()) for command in ("ACL LIST", "REPLICAOF NO ONE", "SAVE"))


@pytest.mark.parametrize("wrong", ["", "admin", PASSWORD[:-1], f"{PASSWORD}x"])
def test_a_wrong_password_is_refused(wrong: str, running: Server) -> None:
    """And the client stays what it was."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as client, client.makefile("rb") as answers:
        client.sendall(f'AUTH admin "{wrong}"\r\nCONFIG GET *\r\n'.encode())
        assert answers.readline().startswith(b"-WRONGPASS ")
        assert answers.readline().startswith(b"-NOPERM ")


def test_the_settings_hold(running: Server) -> None:
    """Each as the running server has it, and memory for data well below the container's limit."""
    wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": ""}
    admin = running.admin()
    assert {name: admin.config_get(name)[name] for name in wanted} == wanted
    [container] = pod_spec(manifest("50-metrics.k8s.yaml", "StatefulSet", "metrics-system", "metrics-redis"))["containers"]
    limit = int(container["resources"]["limits"]["memory"].removesuffix("Mi")) * 1024**2
    assert 0 < int(admin.config_get("maxmemory")["maxmemory"]) <= 0.75 * limit


@pytest.mark.parametrize("content", ["", "\n", "\n\n"])
def test_an_empty_password_is_told_in_a_sentence(content: str) -> None:
    """Redis is not started."""
    with metrics_redis(password=content) as server:
        assert server.spawn().wait(timeout=120) == 1
        [line] = server.log.splitlines()
        assert re.fullmatch(r"start-redis: \S+/password is empty; put the administrator's password into it", line)


def told(script: Callable[[str], str]) -> str:
    """Arguments and environment of every command of the script and of every process, and all that was printed."""
    with metrics_redis(script=script) as server:
        seen, commands = server.folder / "seen", server.folder / "commands"
        seen.touch()
        seen.chmod(0o666)
        commands.mkdir()
        words = set(re.findall(r"[\w-]+", (server.folder / "scripts" / "start-redis.sh").read_text()))
        for word in words | {"sh"}:
            if found := shutil.which(word):
                recorder = commands / word
                record = f"{{ printf '%s\\n' '{word}' \"$@\"; export -p; }} >> {seen}"
                recorder.write_text(f'#!/bin/sh\n{record}\nexec {found} "$@"\n')
                recorder.chmod(0o755)
        server.env = {**server.env, "PATH": str(commands)}
        server.start()
        text = seen.read_text()
        assert {"sh", "cat", "redis-server"} <= set(text.splitlines())
        for process in Path("/proc").glob("[0-9]*"):
            for file in ("cmdline", "environ"):
                try:
                    text += (process / file).read_bytes().decode(errors="replace")
                except OSError:  # it has ended, or belongs to somebody else
                    continue
        server.stop()
        return text + server.log


def test_the_password_is_in_no_argument_variable_or_output() -> None:
    """Of no command that the script runs, from first to last."""
    assert PASSWORD not in told(lambda script: script)


@pytest.mark.parametrize("careless", ['cat --version "$password" > /dev/null', "export password", 'echo "$password"'])
def test_a_careless_script_is_noticed(careless: str) -> None:
    """An argument, a variable or a line with the password."""
    assert PASSWORD in told(lambda script: script.replace("exec redis-server", f"{careless}\nexec redis-server"))


def test_the_access_list_is_for_its_own_user_and_in_memory(running: Server) -> None:
    """Nobody else may read the file, and it is on no disk."""
    spec = pod_spec(manifest("50-metrics.k8s.yaml", "StatefulSet", "metrics-system", "metrics-redis"))
    [volume] = [each for each in spec["volumes"] if each["name"] == "tmp"]
    assert volume["emptyDir"]["medium"] == "Memory"
    assert stat.S_IMODE(Path(running.env["ACL_FILE"]).stat().st_mode) == 0o600


def test_the_readiness_probe_tells_a_running_redis_from_a_stopped_one() -> None:
    """By its very command."""
    [container] = pod_spec(manifest("50-metrics.k8s.yaml", "StatefulSet", "metrics-system", "metrics-redis"))["containers"]
    with metrics_redis() as server:
        command = [each.replace("6379", str(server.port)) for each in container["readinessProbe"]["exec"]["command"]]
        server.start()
        assert subprocess.run(command, check=False, capture_output=True).returncode == 0
        server.stop()
        assert subprocess.run(command, check=False, capture_output=True).returncode != 0
