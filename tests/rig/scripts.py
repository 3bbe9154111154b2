"""The scripts of the platform, and the mongosh that runs them as their containers do."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.rig import mongosh as program

SCRIPTS = Path(__file__).parents[2] / "mgmtcluster" / "scripts"

Ended = subprocess.CompletedProcess[str]
Mongosh = Callable[..., Ended]


@pytest.fixture(scope="session")
def mongosh_command() -> list[str]:
    """The project's own mongosh, else the one on PATH."""
    found = program.command()
    if found is None:
        pytest.skip("no mongosh: install the npm package mongosh, in the repository or on PATH")
    return found


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a container has: a PATH and a HOME that may be written."""
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


@pytest.fixture
def mongosh(mongosh_command: list[str], environment: dict[str, str]) -> Mongosh:
    """Run a script as its container does."""

    def run(script: Path, env: Mapping[str, str], timeout: float = 600) -> Ended:
        command = [*mongosh_command, "--nodb", "--quiet", str(script)]
        both = {**environment, **env}
        return subprocess.run(command, env=both, capture_output=True, text=True, timeout=timeout, check=False)

    return run
