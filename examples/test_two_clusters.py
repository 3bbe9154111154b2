"""Two environments side by side."""

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_each_settings_file_has_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither run touches what the other wrote, nor what lies above.

    Takes more than two seconds because the app runs three times.
    """
    for name in ("production", "laptop", "production"):
        settings, output = ROOT / f"examples/two-clusters/{name}.yaml", tmp_path / name
        monkeypatch.setattr(sys, "argv", ["app.py", "--settings", str(settings), "--output", str(output)])
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
    registry = {name: (tmp_path / name / "10-registry-database.k8s.yaml").read_text() for name in ("production", "laptop")}
    assert "replicas: 5\n" in registry["production"]
    assert "replicas: 1\n" in registry["laptop"]
