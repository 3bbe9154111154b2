"""Two environments side by side."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_each_settings_file_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """Neither run touches what the other wrote, nor what lies above.

    Takes more than two seconds because the app runs three times, each time in a process of its own.
    """
    for name in ("production", "laptop", "production"):
        subprocess.run(
            [
                sys.executable,
                ROOT / "app.py",
                "--settings",
                ROOT / f"examples/two-clusters/{name}.yaml",
                "--output",
                tmp_path / name,
            ],
            check=True,
        )
    registry = {name: (tmp_path / name / "10-registry-database.k8s.yaml").read_text() for name in ("production", "laptop")}
    assert "replicas: 5\n" in registry["production"]
    assert "replicas: 1\n" in registry["laptop"]
