"""What a script's container has, and the converge Job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rig.mongo.replica_set import ReplicaSet
from tests.rig.scripts import SCRIPTS, Ended, Mongosh, environment, mongosh, mongosh_command
from tests.scripts import job

__all__ = ["environment", "mongosh", "mongosh_command"]

HERE = Path(__file__).parent

Converge = Callable[..., Ended]


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

    def run(set_: ReplicaSet, members: int, script: Path | None = None, **env: str) -> Ended:
        return mongosh(script or scripts / "converge.js", {**job.request(set_, members, secrets), **env})

    return run
