"""What runs by itself, at a push and at a commit, is valid, may do nothing else, and stops what it should."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rendering import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yaml"
HOOKS = ROOT / ".pre-commit-config.yaml"
VALIDATORS = {
    WORKFLOW: ("check_jsonschema", "--builtin-schema", "vendor.github-workflows"),
    HOOKS: ("pre_commit", "validate-config"),
}


def load(file: Path) -> dict[Any, Any]:
    """The content of a YAML file."""
    content: dict[Any, Any] = yaml.safe_load(file.read_text())
    return content


def validated(file: Path, validator: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """What the makers' own schema says of a file."""
    return subprocess.run([sys.executable, "-m", *validator, str(file)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("file", VALIDATORS, ids=lambda file: file.name)
def test_the_file_is_valid(file: Path) -> None:
    """Against the schema of those who read it."""
    done = validated(file, VALIDATORS[file])
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [(WORKFLOW, "runs-on:", "run-on:"), (HOOKS, "entry: .venv", "entries: .venv")],
    ids=["ci.yaml", "hooks"],
)
def test_a_mistake_in_the_file_is_found(file: Path, old: str, new: str, tmp_path: Path) -> None:
    """A key that is written wrong."""
    wrong = tmp_path / file.name
    wrong.write_text(file.read_text().replace(old, new, 1))
    assert validated(wrong, VALIDATORS[file]).returncode != 0


def test_the_workflow_reads_and_posts_nothing() -> None:
    """It may read the repository and no more, uses no secret, and runs actions by their commit."""
    text, workflow = WORKFLOW.read_text(), load(WORKFLOW)
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in workflow["jobs"].values())
    assert not re.search(r"secrets\.|github\.token|pull_request_target", text)
    used = re.findall(r"uses: (.+)", text)
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each) for each in used)


def test_the_workflow_runs_parts_of_ci_run() -> None:
    """Every word after it is one of its functions."""
    script = (ROOT / ".ci" / "run").read_text()
    [parts] = re.findall(r"run: \.ci/run (.+)", WORKFLOW.read_text())
    assert parts.split() == ["packages", "check", "synth", "newest"]
    for part in parts.split():
        assert f"\n{part}() {{" in script


def test_a_commit_that_forgets_dist_is_refused(tmp_path: Path) -> None:
    """Settings changed without a synth; with it, the hook passes.

    Takes more than two seconds because the hook synthesizes twice.
    """
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--local", ROOT, clone], check=True)
    for name in ("app.py", "mgmtcluster", "dist", ".pre-commit-config.yaml"):  # as they are, committed or not
        subprocess.run(["cp", "-R", ROOT / name, clone], check=True)
    (clone / ".venv").symlink_to(sys.prefix)
    subprocess.run(["git", "add", "--all"], cwd=clone, check=True)

    def hook() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pre_commit", "run", "--all-files", "synth"]
        env = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home"), "PYTHONPATH": str(clone)}
        return subprocess.run(command, cwd=clone, env=env, capture_output=True, text=True, check=False)

    (clone / "settings.yaml").write_text("node_address: nodes.example.test\n")
    refused = hook()
    assert refused.returncode == 1
    assert "20-registries.k8s.yaml" in refused.stdout
    subprocess.run(["git", "add", "--all"], cwd=clone, check=True)
    assert hook().returncode == 0
