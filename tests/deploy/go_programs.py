"""Programs here that are made of the Go modules of Flux, Argo CD and Helm."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.rig.go_modules import ENVIRONMENT, go

HERE: Final = Path(__file__).parent


@cache
def built(name: str, folder: Path, *, package: str = ".") -> Path:
    """The program of ``tests/deploy/NAME``, or of a package that is pinned there, in a folder; a test without Go is skipped.

    Its go.sum pins every module. Go keeps what it has compiled, so a second build takes seconds.
    """
    program = folder / name
    command = [go(), "build", "-ldflags", "-s -w", "-o", str(program), package]
    done = subprocess.run(command, cwd=HERE / name, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"go build failed: {done.stderr[-1000:]}", pytrace=False)
    return program
