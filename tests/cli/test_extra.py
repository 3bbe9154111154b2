"""The libraries of the console script are an extra."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.rendering import ROOT

_WITHOUT = """
import sys
for name in {names}:
    sys.modules[name] = None
"""


@pytest.mark.parametrize("name", ["kubernetes", "platformdirs", "rich", "typer", "yaml"])
def test_without_its_libraries_the_script_says_what_to_install(name: str) -> None:
    """One line, and exit code 2."""
    code = _WITHOUT.format(names=[name]) + "from mgmtcluster.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "status"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"mgmtcluster: {name} is not installed; write: pip install 'mgmtcluster[cli]'\n"


def test_the_package_does_without_them() -> None:
    """``import mgmtcluster`` imports none of them."""
    code = "import mgmtcluster, sys; print({'kubernetes', 'rich', 'typer', 'click'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
