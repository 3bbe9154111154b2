"""A folder in which an operator works: settings, what is made of them, and the documented commands."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from mgmtcluster import catalog
from tests.rig.kube import Done, Json

ROOT = Path(__file__).parents[2]
_PAGE = ROOT / "docs" / "operations.md"
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Workspace:
    """A checkout with settings and a dist/ of its own.

    Attributes:
        folder: where it is.
        manifests: its dist/.
        settings: what settings.yaml will say.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.manifests = folder / "dist"
        self.settings: Json = {}
        self._environment = environment

    def fill(self) -> None:
        """Start over, with settings that install the databases and no service."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for name in ("Makefile", "requirements", ".venv"):
            (self.folder / name).symlink_to(ROOT / name)
        # Copies: a test changes a script.
        shutil.copy(ROOT / "app.py", self.folder)
        shutil.copytree(ROOT / "mgmtcluster", self.folder / "mgmtcluster", ignore=shutil.ignore_patterns("__pycache__"))
        self.settings = {"services": {service.name: {"enabled": False} for service in catalog.ALL}}
        self.run("make synth")

    def run(self, commands: str) -> Done:
        """Write settings.yaml and run commands, as a shell that ends at the first that fails; they must exit 0."""
        done = self.attempt(commands)
        assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def attempt(self, commands: str) -> Done:
        """Write settings.yaml and run commands, whatever they end with."""
        (self.folder / "settings.yaml").write_text(yaml.safe_dump(self.settings))
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


def commanded() -> set[str]:
    """The headings of the operator's page that have commands."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", _PAGE.read_text()), re.MULTILINE)
    return {heading for heading in headings if _BLOCK.search(_section(heading))}


def blocks(heading: str) -> list[str]:
    """The shell blocks under a heading of the operator's page, each after the one that says which database is meant."""
    [which] = _BLOCK.findall(_section("Which database"))
    return [which + block for block in _BLOCK.findall(_section(heading))]


def _section(heading: str) -> str:
    """What stands between a heading and the next one, of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", _PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return found[1] if found else ""
