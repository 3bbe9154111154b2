"""A new service is one row of the endpoints and one entry of the catalog: the rest follows."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.rendering import ROOT, without_pytest
from tests.rig.environments import HOME

_ROW = 'SAMPLES_REGISTRY: Final = Endpoint("samples-registry-svc", "registries", 5000, node_port=30119)\n'
_ENTRY = """    Service(
        about="Stores samples",
        endpoint=at.SAMPLES_REGISTRY,
        image="samples-registry",
        database=Database(name="samples", env="MONGO_URL"),
    ),
)
"""


def _copy_of_the_checkout(folder: Path) -> Path:
    """Every file that git knows, with what is installed here."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    commit = "git -c user.name=test -c user.email=test@example.test commit --quiet --message=copied"
    subprocess.run(f"git init --quiet && git add --all && {commit}", cwd=folder, check=True, shell=True)
    HOME.mkdir(exist_ok=True)
    for installed in (ROOT / ".venv", ROOT / "node_modules", HOME):
        (folder / installed.name).symlink_to(installed)
    shutil.copytree(ROOT / "mgmtcluster" / "map" / "elkjs", folder / "mgmtcluster" / "map" / "elkjs")
    return folder


def _run(*command: str, cwd: Path) -> str:
    env = {**without_pytest(), "PYTHONPATH": str(cwd)}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-8000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.slow
def test_a_service_is_a_row_and_an_entry(tmp_path: Path) -> None:
    """After `make synth docs snapshots` every fast test passes: nothing else is edited by hand.

    Takes minutes: it runs the fast suite.
    """
    checkout = _copy_of_the_checkout(tmp_path / "checkout")
    endpoints = checkout / "mgmtcluster" / "catalog" / "endpoints.py"
    endpoints.write_text(endpoints.read_text() + _ROW)
    registries = checkout / "mgmtcluster" / "catalog" / "registries.py"
    text = registries.read_text()
    assert text.endswith("    ),\n)\n")
    registries.write_text(text.removesuffix(")\n") + _ENTRY)
    said = _run("make", "synth", "docs", "snapshots", cwd=checkout)
    assert "added    Deployment/registries/samples-registry-svc" in said
    assert "samples-registry-svc" in (checkout / "docs" / "services.md").read_text()
    _run("make", "test", cwd=checkout)
