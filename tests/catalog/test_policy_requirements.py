"""What a policy needs is installed and found, with a real pip and no network."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from mgmtcluster import catalog
from mgmtcluster.catalog import endpoints as at
from mgmtcluster.testing import Manifests
from tests.rendering import env_of
from tests.rig.requirements import FOUND, TWO_POLICIES, write_wheels

#: The Python that this environment was made from: pip refuses ``--user`` in an environment.
PYTHON = Path(sys._base_executable)  # type: ignore[attr-defined]
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

POLICY_RUNNERS = [service for service in catalog.ALL if "PYTHONUSERBASE" in service.env]


@cache
def has_pip() -> bool:
    """Whether that Python has pip."""
    return PYTHON.exists() and not subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode


@pytest.fixture
def container(tmp_path: Path, objects: Manifests) -> dict[str, str]:
    """The environment of search-server, its volumes below a folder, and an index that is a folder."""
    if not has_pip():
        pytest.skip(f"{PYTHON} has no pip")
    rendered = objects.container("utils", at.SEARCH_SERVER.service)
    variables = {name: value for name, value in env_of(rendered).items() if name.startswith(("PIP_", "PYTHON", "HOME"))}
    root = tmp_path / "root"
    for mount in rendered["volumeMounts"]:
        (root / mount["mountPath"].lstrip("/").replace("python3.11", f"python{VERSION}")).mkdir(parents=True, exist_ok=True)
    index = tmp_path / "index"
    index.mkdir()
    write_wheels(index)
    moved = {
        name: f"{root}{value}".replace("python3.11", f"python{VERSION}") if value.startswith("/") else value
        for name, value in variables.items()
    }
    return {"PATH": os.environ["PATH"], "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), **moved}


@pytest.mark.slow
def test_two_policies_get_their_own_version_of_a_package(container: dict[str, str]) -> None:
    """The second one's code, its metadata and no file of the first, in a process that started before either."""
    result = subprocess.run([PYTHON, "-c", TWO_POLICIES], env=container, capture_output=True, text=True, check=False)
    assert result.stdout.splitlines() == FOUND, result.stderr


@pytest.mark.slow
def test_what_the_image_has_is_not_fetched(container: dict[str, str]) -> None:
    """The image has pip itself, and the index has not."""
    result = subprocess.run([PYTHON, "-m", "pip", "install", "pip"], env=container, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "already satisfied" in result.stdout


@pytest.mark.slow
def test_a_virtual_environment_needs_the_other_way(container: dict[str, str]) -> None:
    """As the catalog says: pip refuses ``--user`` there, and ``--target`` works."""
    environment = Path(container["HOME"]) / "environment"
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", environment], check=True)
    # Pip runs there, as if it were installed there.
    install = [str(PYTHON), "-m", "pip", "--python", str(environment), "install", "shop==1.0"]
    refused = subprocess.run(install, env=container, capture_output=True, text=True, check=False)
    assert "not visible in this virtualenv" in refused.stderr
    other = {**container, "PIP_USER": "0", "PIP_TARGET": container["PYTHONPATH"]}
    subprocess.run(install, env=other, capture_output=True, check=True)
    subprocess.run([environment / "bin" / "python", "-c", "import shop"], env=other, check=True)


@pytest.mark.parametrize("service", POLICY_RUNNERS, ids=[service.name for service in POLICY_RUNNERS])
def test_the_packages_are_found_in_a_volume(service: catalog.Service, objects: Manifests) -> None:
    """Where pip installs to and Python looks is there before the process starts."""
    rendered = objects.container(service.endpoint.namespace, service.name)
    variables, mounts = env_of(rendered), {mount["mountPath"] for mount in rendered["volumeMounts"]}
    version = "3.9" if service.endpoint == at.TEMPLATES_REGISTRY else "3.11"
    assert variables["PYTHONPATH"] == f"{variables['PYTHONUSERBASE']}/lib/python{version}/site-packages"
    assert {variables["PYTHONUSERBASE"], variables["PYTHONPATH"]} <= mounts
    assert "PIP_TARGET" not in variables


def test_five_services_run_policies() -> None:
    """None is forgotten."""
    assert len(POLICY_RUNNERS) == 5
