"""The lowest versions that pyproject.toml allows do what the newest do."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.cli.servers import empty_cluster, kubeconfig
from tests.rendering import ROOT, files_of

pytestmark = pytest.mark.slow
only_here = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="the lowest pydantic has no wheel for a newer Python than 3.13"
)


def installed(lock: str, folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """The Python of a virtual environment with what a file locks, which knows no Node.js but its own."""
    uv, python = Path(sys.prefix, "bin", "uv"), folder / "venv" / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)
    file = ROOT / "requirements" / f"{lock}.txt"
    subprocess.run([uv, "pip", "install", "--quiet", "--require-hashes", "--python", python, "-r", file], check=True)
    patch.setenv("PATH", str(python.parent))
    patch.setenv("PYTHONPATH", str(ROOT))
    return python


def output_of(python: str | Path, *arguments: str) -> str:
    """What the command ``mgmtcluster`` prints."""
    env = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run([python, "-m", "mgmtcluster.cli", *arguments], capture_output=True, text=True, env=env, check=False)
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize("lock", ["lowest", "lowest-cli", "lowest-testing"])
def test_the_lock_has_the_lowest_version_of_every_dependency(lock: str) -> None:
    """The one in pyproject.toml; what an extra needs may want more of what the library needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = lock.partition("-")[2]
    written = project["optional-dependencies"][extra] if extra else project["dependencies"]
    locked = dict(re.findall(r"^([\w-]+)==([\d.]+)", (ROOT / "requirements" / f"{lock}.txt").read_text(), re.MULTILINE))
    for requirement in map(Requirement, written):
        [lowest] = [Version(part.version) for part in requirement.specifier if part.operator == ">="]
        assert Version(locked[canonicalize_name(requirement.name)]) == lowest, requirement


@only_here
def test_dist_is_the_same_to_the_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the lowest cdk8s, constructs, pydantic, ruamel.yaml and Node.js."""
    python = installed("lowest", tmp_path, monkeypatch)
    command = [str(python), "app.py", "--output", str(tmp_path / "dist")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert files_of(tmp_path / "dist") == files_of(ROOT / "dist")


@only_here
def test_the_command_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the lowest Kubernetes client, rich and typer."""
    python = installed("lowest-cli", tmp_path, monkeypatch)
    with empty_cluster("v1.36.0") as server:
        config = str(kubeconfig(tmp_path, server))
        for arguments in (
            ["services"],
            ["services", "--json"],
            ["preflight", "--kubeconfig", config],
            ["preflight", "--json", "--kubeconfig", config],
            ["status", "--json", "--kubeconfig", config],
        ):
            assert output_of(python, *arguments) == output_of(sys.executable, *arguments)
