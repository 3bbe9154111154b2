"""Go: modules of Flux, Argo CD and Helm, and the programs here that are made of them."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
# As it is when this is imported: before the tests get a cache folder of their own. Outside of any other module.
_ENVIRONMENT: Final = {**os.environ, "GOWORK": "off"}


@dataclass(frozen=True)
class GoModule:
    """A module of the Go module proxy, pinned by its checksum."""

    name: str
    version: str
    checksum: str


def _go() -> str:
    go = shutil.which("go")
    if not go:
        pytest.skip("no Go on PATH, whose module proxy has the code of Flux and Argo CD")
    return go


@cache
def downloaded(module: GoModule) -> Path:
    """The folder of a module in Go's own cache; a test without Go is skipped."""
    command = [_go(), "mod", "download", "-json", f"{module.name}@{module.version}"]
    # Outside of any module, so that no go.mod is read or written.
    done = subprocess.run(command, cwd="/", env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"go mod download failed: {' '.join((done.stdout + done.stderr).split())[-300:]}", pytrace=False)
    found = json.loads(done.stdout)
    assert found["Sum"] == module.checksum, f"{module.name} is not what was pinned"
    return Path(found["Dir"])


@cache
def built(name: str, folder: Path, *, package: str = ".") -> Path:
    """The program of ``tests/deploy/NAME``, or of a package that is pinned there, in a folder; a test without Go is skipped.

    Its go.sum pins every module. Go keeps what it has compiled, so a second build takes seconds.
    """
    program = folder / name
    command = [_go(), "build", "-ldflags", "-s -w", "-o", str(program), package]
    done = subprocess.run(command, cwd=HERE / name, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"go build failed: {done.stderr[-1000:]}", pytrace=False)
    return program
