"""What is said when nothing can be seen: a line on standard error, and exit code 2."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from .command import Done, mgmtcluster

ASK = ("services", "--cluster")


def kubeconfig(folder: Path, server: str) -> Path:
    """A kubeconfig of one cluster."""
    file = folder / "kubeconfig"
    content = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {"token": "none"}}],
    }
    file.write_text(yaml.safe_dump(content))
    return file


def said(done: Done) -> str:
    """The one line on standard error of a run that could not look."""
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("mgmtcluster: ")
    return line


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A server that accepts connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


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


def test_a_server_that_does_not_answer(tmp_path: Path, silent_server: str) -> None:
    """It gives up."""
    file = kubeconfig(tmp_path, silent_server)
    assert "no answer" in said(mgmtcluster(*ASK, "--kubeconfig", str(file)))


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    """The same line as a synth says."""
    (tmp_path / "settings.yaml").write_text("image_tagg: v2\n")
    assert "image_tagg" in said(mgmtcluster("services", cwd=tmp_path))


def test_an_unknown_command() -> None:
    """It is a mistake of the caller, not a cluster that is unwell."""
    assert mgmtcluster("install").returncode == 2
