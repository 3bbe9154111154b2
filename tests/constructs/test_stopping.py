"""What a process needs to end at SIGTERM: not to be PID 1, or to handle the signal itself.

A pod without a sidecar shares one process namespace, so that its process is not PID 1. With a sidecar it does not.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.constructs.made_up import orders, sidecar
from tests.rendering import pod_spec

_PYTHON = [sys.executable, "-c"]
_NODE = [str(shutil.which("node")), "-e"]
_AS_PID_1 = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--pid", "--fork", "--kill-child"]
needs_namespaces = pytest.mark.skipif(
    sys.platform != "linux" or subprocess.run([*_AS_PID_1, "true"], check=False, capture_output=True).returncode != 0,
    reason="needs root on Linux, or the right to make a user namespace",
)

#: Programs that repeat what they read; those that handle SIGTERM end with 0.
_PROGRAMS = {
    "Python": [*_PYTHON, "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"],
    "Node.js": [*_NODE, "process.stdin.on('data', text => process.stdout.write(text))"],
    "Python that handles it": [
        *_PYTHON,
        "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
        "for line in sys.stdin: print(line, end='', flush=True)",
    ],
    "Node.js that handles it": [
        *_NODE,
        "process.on('SIGTERM', () => process.exit(0)); process.stdin.on('data', text => process.stdout.write(text))",
    ],
}


@contextmanager
def told_to_end(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A program that has started and was sent SIGTERM."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as started:
        assert answers(started)
        os.kill(_last_child(started.pid), signal.SIGTERM)
        yield started
        started.kill()


def answers(started: subprocess.Popen[str]) -> bool:
    """Whether it repeats a line."""
    assert started.stdin
    assert started.stdout
    started.stdin.write("here\n")
    return started.stdout.readline() == "here\n"


def _last_child(pid: int) -> int:
    """The process that unshare has started, or the process itself."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[-1]) if children else pid


@needs_namespaces
@pytest.mark.parametrize("program", ["Python", "Node.js"])
def test_pid_1_goes_on(program: str) -> None:
    """As the first process of a container does that shares its namespace with no other."""
    with told_to_end([*_AS_PID_1, *_PROGRAMS[program]]) as started:
        assert answers(started)


@needs_namespaces
@pytest.mark.parametrize("program", ["Python that handles it", "Node.js that handles it"])
def test_pid_1_ends_if_it_handles_the_signal(program: str) -> None:
    """This is what an image needs that runs beside a sidecar; an init in the image, such as tini, does the same for it."""
    with told_to_end([*_AS_PID_1, *_PROGRAMS[program]]) as started:
        assert started.wait(timeout=60) == 0


@pytest.mark.parametrize("program", ["Python", "Node.js"])
def test_another_process_ends(program: str) -> None:
    """As every process of a pod does whose containers share a namespace."""
    with told_to_end(_PROGRAMS[program]) as started:
        assert started.wait(timeout=60) == -signal.SIGTERM


def test_containers_of_a_pod_with_a_sidecar_do_not_see_each_other() -> None:
    """In one process namespace a sidecar reads the main container's environment, and so its password."""
    for sidecars in ([], [sidecar()]):
        spec = pod_spec(orders(sidecars=sidecars).one("Deployment", "shop", "orders"))
        assert spec.get("shareProcessNamespace", False) is not bool(sidecars)
