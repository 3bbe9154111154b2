"""cdk8s is used by one thread at a time; a second one is told so before it disturbs the first."""

import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path

from cdk8s import App, Chart

from mgmtcluster import InvalidInput
from tests.constructs.made_up import web_service
from tests.rendering import ROOT


def synthesize() -> str:
    """The manifests of a small app."""
    app = App()
    web_service(Chart(app, "test", namespace="shop"))
    return str(app.synth_yaml())


def in_a_thread() -> list[str | InvalidInput]:
    """What a second thread makes of it."""
    found: list[str | InvalidInput] = []

    def run() -> None:
        try:
            found.append(synthesize())
        except InvalidInput as error:
            found.append(error)

    thread = threading.Thread(target=run, name="second")
    thread.start()
    thread.join()
    return found


def test_a_second_thread_is_refused_in_one_line() -> None:
    """The first one goes on as if nothing had been."""
    first = synthesize()
    [error] = in_a_thread()
    assert isinstance(error, InvalidInput)
    assert error.problems == (
        "thread 'second': cdk8s is used by thread 'MainThread'; synthesize there, or in a process of its own that is spawned",
    )
    assert synthesize() == first


def test_many_threads_do_not_disturb_the_first() -> None:
    """However they come together, it has all of its manifests, and they have one line each."""
    expected = synthesize()
    found: list[list[str | InvalidInput]] = []
    threads = [threading.Thread(target=lambda: found.append(in_a_thread())) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert [synthesize() for _ in range(3)] == [expected] * 3
    for thread in threads:
        thread.join()
    assert [type(made).__name__ for [made] in found] == ["InvalidInput"] * 8


def test_a_spawned_process_has_a_node_js_of_its_own() -> None:
    """This is how several apps are synthesized at a time.

    Takes more than two seconds because the process starts a Node.js of its own.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(synthesize) == synthesize()


_IN_TURN = """
import multiprocessing
from tests.nodejs.test_threads import in_a_thread, synthesize

def forked():
    try:
        synthesize()
    except Exception as error:
        print(error, flush=True)

[first] = in_a_thread()
assert first == synthesize(), first
child = multiprocessing.get_context("fork").Process(target=forked)
child.start()
child.join()
assert first == synthesize()
"""


def test_a_thread_that_has_ended_makes_way_and_a_fork_does_not(tmp_path: Path) -> None:
    """The next one, here the main one, goes on; a forked process would read the answers of its parent."""
    script = tmp_path / "in_turn.py"
    script.write_text(_IN_TURN)
    ended = subprocess.run(
        [sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    expected = "thread 'MainThread': cdk8s is used by thread 'MainThread' of the process that this one was forked from; "
    assert ended.stdout.startswith(expected)
