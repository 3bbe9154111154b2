"""Where the scripts are, and the mongosh that runs them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SCRIPTS = ROOT / "mgmtcluster" / "scripts"

Mongosh = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def mongosh_path() -> str:
    """The project's own mongosh, else the one on PATH."""
    own = ROOT / "node_modules" / ".bin" / "mongosh"
    found = str(own) if own.exists() else shutil.which("mongosh")
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
def mongosh(mongosh_path: str, environment: dict[str, str]) -> Mongosh:
    """Run a script as its container does."""

    def run(script: Path, env: Mapping[str, str], timeout: float = 120) -> subprocess.CompletedProcess[str]:
        command = [mongosh_path, "--nodb", "--quiet", str(script)]
        both = {**environment, **env}
        return subprocess.run(command, env=both, capture_output=True, text=True, timeout=timeout, check=False)

    return run


@pytest.fixture
def scripts() -> Path:
    """The folder of the scripts."""
    return SCRIPTS
