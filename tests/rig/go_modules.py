"""Modules of Go's module proxy, which has what others publish nowhere else."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

# As it is when this is imported: before the tests get a cache folder of their own. Outside of any other module.
ENVIRONMENT: Final = {**os.environ, "GOWORK": "off"}


@dataclass(frozen=True)
class GoModule:
    """A module of the Go module proxy, pinned by its checksum."""

    name: str
    version: str
    checksum: str


def go() -> str:
    """The program; a test without it is skipped."""
    found = shutil.which("go")
    if not found:
        pytest.skip("no Go on PATH, whose module proxy has what this test is made of")
    return found


@cache
def downloaded(module: GoModule) -> Path:
    """The folder of a module in Go's own cache; a test without Go is skipped."""
    command = [go(), "mod", "download", "-json", f"{module.name}@{module.version}"]
    # Outside of any module, so that no go.mod is read or written.
    done = subprocess.run(command, cwd="/", env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"go mod download failed: {' '.join((done.stdout + done.stderr).split())[-300:]}", pytrace=False)
    found = json.loads(done.stdout)
    assert found["Sum"] == module.checksum, f"{module.name} is not what was pinned"
    return Path(found["Dir"])
