"""Where the scripts are, and the mongosh that runs them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.rig import mongosh as rig_mongosh
from tests.scripts import job
from tests.scripts.replica_set import ReplicaSet

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SCRIPTS = ROOT / "mgmtcluster" / "scripts"

Mongosh = Callable[..., job.Ended]
Converge = Callable[..., job.Ended]


@pytest.fixture(scope="session")
def mongosh_command() -> list[str]:
    """The project's own mongosh, else the one on PATH."""
    found = rig_mongosh.command()
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

    def run(script: Path, env: Mapping[str, str], timeout: float = 120) -> job.Ended:
        command = [*mongosh_command, "--nodb", "--quiet", str(script)]
        both = {**environment, **env}
        return subprocess.run(command, env=both, capture_output=True, text=True, timeout=timeout, check=False)

    return run


@pytest.fixture
def scripts() -> Path:
    """The folder of the scripts."""
    return SCRIPTS


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The folder of the converge Job's mounted Secrets."""
    job.mount_secrets(tmp_path / "secrets")
    return tmp_path / "secrets"


@pytest.fixture
def converge(mongosh: Mongosh, scripts: Path, secrets: Path) -> Converge:
    """Run the converge Job against a set of test members."""

    def run(set_: ReplicaSet, members: int, script: Path | None = None, **env: str) -> job.Ended:
        return mongosh(script or scripts / "converge.js", {**job.request(set_, members, secrets), **env})

    return run
