"""The app that a team copies works where nothing else of the project is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mgmtcluster
from mgmtcluster.testing import load
from tests.rendering import ROOT
from tests.test_wheel import build

EXAMPLE = ROOT / "examples" / "new-app"


def test_it_names_the_wheel_that_is_built() -> None:
    """Its version is this package's."""
    assert f"wheels/mgmtcluster-{mgmtcluster.__version__}-py3-none-any.whl" in (EXAMPLE / "pyproject.toml").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("lock", ["testing", "lowest-testing"])
def test_its_ci_passes_with_the_wheel_alone(lock: str, tmp_path: Path) -> None:
    """Every line of it, with the newest libraries and with the oldest that are allowed."""
    if lock.startswith("lowest") and sys.version_info >= (3, 14):
        pytest.skip("the lowest pydantic has no wheel for a newer Python than 3.13")
    app = tmp_path / "app"
    shutil.copytree(EXAMPLE, app, ignore=shutil.ignore_patterns("__pycache__", ".*", "dist", "wheels"))
    build(app / "wheels")
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert uv, "no uv beside this Python or on PATH"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").symlink_to(uv)
    (tmp_path / "bin" / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    ours = ("PYTEST", "PYTHON", "UV_PYTHON", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment["PATH"] = f"{tmp_path / 'bin'}:/usr/bin:/bin"
    environment["UV_CONSTRAINT"] = str(ROOT / "requirements" / f"{lock}.txt")
    done = subprocess.run(["./ci.sh"], cwd=app, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    written = load((app / "dist" / "notes.k8s.yaml").read_text())
    assert written == load((EXAMPLE / "test_notes.yaml").read_text())
