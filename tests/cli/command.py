"""Running the console script: in this process, which keeps one Node.js running."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from unittest.mock import patch

from mgmtcluster.cli import main
from tests.rendering import ROOT


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def mgmtcluster(*arguments: str, cwd: Path = ROOT, **env: str) -> Done:
    """Run a command as a shell would, with these variables added to its environment."""
    out, err = io.StringIO(), io.StringIO()
    with _started(arguments, cwd, env), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _exit_code()
    return Done(code, out.getvalue(), err.getvalue())


def on_a_terminal(*arguments: str, **env: str) -> str:
    """Everything that a terminal shows of a command."""
    near, far = pty.openpty()
    shown: list[str] = []
    reader = Thread(target=lambda: shown.append(read_until(near)))
    reader.start()
    with (
        os.fdopen(far, "w") as screen,
        _started(arguments, ROOT, {"TERM": "xterm-256color"} | env),
        contextlib.redirect_stdout(screen),
        contextlib.redirect_stderr(screen),
    ):
        _exit_code()
    reader.join()
    os.close(near)
    return shown[0]


def start_on_a_terminal(*arguments: str, **env: str) -> tuple[int, int]:
    """The process of a command that goes on beside the test, and its terminal, which passes Ctrl-C on."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever started the tests in the background had it ignored
        command = [sys.executable, "-m", "mgmtcluster.cli", *arguments]
        os.execve(sys.executable, command, {**os.environ, "TERM": "xterm-256color", **env})
    return pid, terminal


def read_until(terminal: int, wanted: str | None = None) -> str:
    """What a terminal shows until it has shown this, or else until its last process is gone."""
    shown = b""
    while wanted is None or wanted.encode() not in shown:
        try:
            read = os.read(terminal, 65536)
        except OSError:  # nobody writes to it any more
            read = b""
        if not read:
            break
        shown += read
    return shown.decode()


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    else:
        code = 0
    assert isinstance(code, int)
    return code


@contextlib.contextmanager
def _started(arguments: tuple[str, ...], cwd: Path, env: Mapping[str, str]) -> Iterator[None]:
    with contextlib.chdir(cwd), patch.object(sys, "argv", ["mgmtcluster", *arguments]), patch.dict(os.environ, env):
        yield
