"""What is said when nothing can be seen: a line on standard error, and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from mgmtcluster.cli import api

from .command import Done, mgmtcluster
from .servers import SilentServer, empty_cluster, kubeconfig

ASK = ("services", "--cluster")


def said(done: Done) -> str:
    """The one line on standard error of a run that could not look."""
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("mgmtcluster: ")
    return line


def test_no_kubeconfig(tmp_path: Path) -> None:
    """It says which file was looked for, and the option that names another."""
    line = said(mgmtcluster(*ASK, "--kubeconfig", str(tmp_path / "none")))
    assert str(tmp_path / "none") in line
    assert "--kubeconfig" in line


@pytest.mark.parametrize("content", ["a: [", "hello", "[]", "contexts: 1", "\x00"])
def test_a_kubeconfig_that_is_none(content: str, tmp_path: Path) -> None:
    """It names the file, whatever is in it."""
    file = tmp_path / "kubeconfig"
    file.write_text(content)
    assert str(file) in said(mgmtcluster(*ASK, "--kubeconfig", str(file)))


def test_an_unknown_context(tmp_path: Path) -> None:
    """It names the context."""
    file = kubeconfig(tmp_path, "http://127.0.0.1:1")
    assert "elsewhere" in said(mgmtcluster(*ASK, "--kubeconfig", str(file), "--context", "elsewhere"))


def test_nothing_listens(tmp_path: Path) -> None:
    """It names the server."""
    file = kubeconfig(tmp_path, "http://127.0.0.1:1")
    line = said(mgmtcluster(*ASK, "--kubeconfig", str(file)))
    assert "http://127.0.0.1:1" in line
    assert "refused" in line


@pytest.mark.parametrize("command", ["services --cluster", "preflight", "status", "plan-migration"])
def test_a_server_that_does_not_answer(
    command: str, tmp_path: Path, silent_server: SilentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives up after one question, whatever else there is to ask."""
    assert sum(api.TIMEOUT_SECONDS) < 10
    monkeypatch.setattr(api, "TIMEOUT_SECONDS", (0.2, 0.25))
    file = kubeconfig(tmp_path, silent_server.url)
    assert "no answer (none within 0.25 seconds)" in said(mgmtcluster(*command.split(), "--kubeconfig", str(file)))
    assert silent_server.times_asked() == 1


def test_a_server_that_is_not_well(tmp_path: Path) -> None:
    """It says what the server says."""
    with empty_cluster("v1.36.0", refused={"nodes": (503, "etcdserver: leader changed")}) as server:
        line = said(mgmtcluster(*ASK, "--kubeconfig", str(kubeconfig(tmp_path, server))))
    assert f"{server}: could not list nodes (503: etcdserver: leader changed)" in line


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    """The same line as a synth says."""
    (tmp_path / "settings.yaml").write_text("image_tagg: v2\n")
    assert "image_tagg" in said(mgmtcluster("services", cwd=tmp_path))


def test_an_unknown_command() -> None:
    """It is a mistake of the caller, not a cluster that is unwell."""
    assert mgmtcluster("install").returncode == 2
