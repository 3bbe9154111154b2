"""Settings and values are plain Python, below the constructs."""

import subprocess
import sys

import pytest

from tests.rendering import ROOT

#: What starts Node.js, what is above settings and values, and what only a file that is read needs.
ELSEWHERE = {"jsii", "constructs", "cdk8s", "cdk8s_plus_27", "mgmtcluster.constructs", "mgmtcluster.charts", "ruamel.yaml"}


def imported(statement: str) -> set[str]:
    """The modules of a new interpreter that has run this statement."""
    command = [sys.executable, "-c", f"{statement}\nimport sys; print(*sys.modules, sep='\\n')"]
    return {*subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout.split()}


@pytest.mark.parametrize("room", ["kinds", "settings"])
def test_what_is_below_constructs_imports_none(room: str) -> None:
    """Every module of the room, in one interpreter."""
    files = sorted((ROOT / "mgmtcluster" / room).glob("*.py"))
    modules = [f"mgmtcluster.{room}.{file.stem}" for file in files if file.stem != "__init__"]
    assert len(modules) > 2
    assert {*modules} <= imported(f"import {', '.join(modules)}")
    assert not ELSEWHERE & imported(f"import {', '.join(modules)}")


def test_a_file_that_is_read_needs_no_node_js_either() -> None:
    """The parser of YAML alone."""
    modules = imported("from mgmtcluster import Settings; Settings.load('settings.yaml')")
    assert ELSEWHERE & modules == {"ruamel.yaml"}
