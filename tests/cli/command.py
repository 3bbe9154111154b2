"""Running the console script: in this process, which keeps one Node.js running."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
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
        try:
            main()
            code: object = 0
        except SystemExit as end:
            code = end.code or 0
    assert isinstance(code, int)
    return Done(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _started(arguments: tuple[str, ...], cwd: Path, env: Mapping[str, str]) -> Iterator[None]:
    with contextlib.chdir(cwd), patch.object(sys, "argv", ["mgmtcluster", *arguments]), patch.dict(os.environ, env):
        yield
