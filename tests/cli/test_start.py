"""What the command imports: as little as the command at hand needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mgmtcluster import __version__
from tests.rendering import ROOT

from .command import mgmtcluster

#: What starts Node.js.
NODE_JS = {"cdk8s", "cdk8s_plus_27", "constructs", "jsii"}

#: What no command needs to say how it is used.
UNNEEDED = {*NODE_JS, "kubernetes", "rich", "ruamel", "yaml", "mgmtcluster.catalog", "mgmtcluster.settings"}


def modules(statement: str, *arguments: str, **env: str) -> set[str]:
    """The modules of a new interpreter after this statement, which may end it."""
    code = f"""
import atexit, sys
atexit.register(lambda: print(*sys.modules, sep="\\n", file=sys.stderr))
{statement}
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    return {*done.stderr.split()}


@pytest.mark.parametrize("arguments", ["", "--help", "--version", "status --help", "--show-completion", "unknown"])
def test_help_imports_nothing_else(arguments: str) -> None:
    """Nor do the version, usage errors and the script that completes: what is asked for is the face of the command alone."""
    found = modules("from mgmtcluster.cli import main; main()", *arguments.split(), SHELL="/bin/bash")
    assert "mgmtcluster.cli.commands" in found
    assert not found & UNNEEDED


def test_completion_imports_nothing_else() -> None:
    """It runs at every press of the tab key."""
    env = {"_MGMTCLUSTER_COMPLETE": "complete_bash", "COMP_WORDS": "mgmtcluster pre", "COMP_CWORD": "1"}
    found = modules("from mgmtcluster.cli import main; main()", **env)
    assert "mgmtcluster.cli.commands" in found
    assert not found & UNNEEDED


def test_completion_knows_the_commands() -> None:
    """By the beginning of their names."""
    done = mgmtcluster(_MGMTCLUSTER_COMPLETE="complete_bash", COMP_WORDS="mgmtcluster pre", COMP_CWORD="1")
    assert done.stdout.split() == ["preflight"]


def test_no_module_of_the_command_starts_node_js() -> None:
    """Only a rendering does."""
    package = ROOT / "mgmtcluster" / "cli"
    files = [file for file in package.rglob("*.py") if file.stem not in ("__init__", "__main__")]
    names = {f"mgmtcluster.cli.{'.'.join(file.relative_to(package).with_suffix('').parts)}" for file in files}
    found = modules(f"import {', '.join(sorted(names))}")
    assert names <= found
    assert len(names) > 20
    assert not found & NODE_JS


def test_the_catalog_and_the_settings_start_no_node_js() -> None:
    """They are data."""
    found = modules("import mgmtcluster.catalog, mgmtcluster.settings, mgmtcluster.map")
    assert "mgmtcluster.catalog" in found
    assert not found & NODE_JS


def test_services_asks_no_cluster_and_imports_no_client() -> None:
    """Nor do the images and the map."""
    found = modules("import mgmtcluster.cli.services, mgmtcluster.cli.images, mgmtcluster.cli.map")
    assert not found & {"kubernetes", "urllib3"}


def test_the_version() -> None:
    """The package's."""
    done = mgmtcluster("--version")
    assert (done.returncode, done.stdout) == (0, f"mgmtcluster {__version__}\n")
