"""One Node.js runs cdk8s, where jsii starts two. It ends with Python, and what it prints is seen."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rendering import ROOT

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are found as Linux tells them")

#: An app that prints a line when cdk8s has started, reads a line, and then synthesizes.
APP = """
import signal, sys
{imports}
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it
app = cdk8s.App()
cdk8s.ApiObject(cdk8s.Chart(app, "test"), "config", api_version="v1", kind="ConfigMap")
try:
    print("ready", flush=True)
    sys.stdin.readline()
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(app.synth_yaml())
"""

OURS_FIRST = "import mgmtcluster, cdk8s"


@contextmanager
def app(imports: str, *, before: list[str] | None = None, **env: str) -> Iterator[subprocess.Popen[str]]:
    """The app at its line of input, in a group of processes of its own; ``before`` gets what it printed before."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JSII_")} | env
    command = [sys.executable, "-c", APP.format(imports=imports)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout
            for line in process.stdout:
                if line == "ready\n":
                    break
                (before if before is not None else []).append(line)
            yield process
        finally:
            process.kill()


def children(of: int) -> list[int]:
    """The running children of a process."""
    return [int(pid) for task in Path(f"/proc/{of}/task").iterdir() for pid in (task / "children").read_text().split()]


def below(process: subprocess.Popen[str]) -> list[int]:
    """For each child of the app, how many children it has."""
    return [len(children(child)) for child in children(process.pid)]


def test_one_process_runs_cdk8s() -> None:
    """It is asked from the first question on, as this package is imported before cdk8s."""
    with app(OURS_FIRST) as process:
        assert below(process) == [0]
        stdout, stderr = process.communicate("\n")
    assert (process.returncode, stderr) == (0, "")
    assert "kind: ConfigMap" in stdout


@pytest.mark.parametrize("imports", ["import cdk8s, mgmtcluster", "import cdk8s, mgmtcluster.constructs.parts.objects"])
def test_a_node_js_that_runs_already_stays(imports: str) -> None:
    """It was started as jsii does it, and is asked on."""
    with app(imports) as process:
        assert below(process) == [1]
        stdout, _ = process.communicate("\n")
    assert process.returncode == 0
    assert "kind: ConfigMap" in stdout


def test_another_node_js_is_started_as_jsii_does_it(tmp_path: Path) -> None:
    """It may be one that jsii warns of."""
    link = tmp_path / "node"
    link.symlink_to(Path(sys.executable).parent / "node")
    with app(OURS_FIRST, JSII_NODE=str(link)) as process:
        assert below(process) == [1]
        assert "kind: ConfigMap" in process.communicate("\n")[0]


def test_what_node_js_prints_is_seen() -> None:
    """Its standard output is the channel to Python, which no text may disturb."""
    node = 'process.emitWarning("careful"); console.log("printed"); console.error("told"); process.stderr.write("more\\n")'
    before: list[str] = []
    with app(OURS_FIRST, before=before, NODE_OPTIONS="--require=./tests/nodejs/talkative.cjs", SAYS=node) as process:
        stdout, stderr = process.communicate("\n")
    assert "kind: ConfigMap" in stdout
    assert before == ["printed\n"]
    assert {"told", "more"} <= {*stderr.splitlines()}
    assert "careful" in stderr


def test_an_interrupted_app_can_still_ask() -> None:
    """A terminal interrupts both programs; it is Python that decides what follows."""
    with app(OURS_FIRST) as process:
        os.killpg(process.pid, signal.SIGINT)
        stdout, _ = process.communicate("\n")
    assert process.returncode == 0
    assert stdout.startswith("interrupted\n")
    assert "kind: ConfigMap" in stdout


def test_node_js_ends_with_an_app_that_was_killed() -> None:
    """Nothing tells it but the end of its input."""
    with app(OURS_FIRST) as process:
        [node] = children(process.pid)
        ends = os.pidfd_open(node)
        process.kill()
        assert select.select([ends], [], [], 60)[0] == [ends]
    os.close(ends)
