"""What is rendered is kept: read back whole, and never trusted where somebody else may have written it."""

from __future__ import annotations

import json
import os
import platform
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mgmtcluster import Settings
from mgmtcluster.cli import cache, rendering
from mgmtcluster.cli.rendering import Rendering, rendering_of
from tests.rendering import ROOT

from .command import mgmtcluster

CONTENT = b'{"phases": {}, "edges": []}'
MADE = Rendering({"00-made": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "made"}}]}, [])


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the entries, for one test; it is not there yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "mgmtcluster"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of every rendering so far; all give the same small one."""
    renderings: list[Settings] = []

    def render(settings: Settings) -> Rendering:
        renderings.append(settings)
        return MADE

    monkeypatch.setattr(rendering, "_render", render)
    return renderings


def entry(home: Path) -> Path:
    """The one entry."""
    [file] = home.iterdir()
    return file


def test_what_was_written_is_read() -> None:
    """Under its own name alone."""
    cache.write("a", CONTENT)
    assert (cache.read("a"), cache.read("b")) == (CONTENT, None)


def test_the_folder_and_its_files_are_the_users_alone(home: Path) -> None:
    """Whatever the umask; and nothing half written stays."""
    before = os.umask(0)
    try:
        cache.write("a", CONTENT)
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (home, entry(home))] == [0o700, 0o600]


def cut(file: Path) -> None:
    """Lose the end."""
    file.write_bytes(file.read_bytes()[:-1])


def change(file: Path) -> None:
    """Change one letter of the content."""
    file.write_bytes(file.read_bytes().replace(b"phases", b"phrases"))


def empty(file: Path) -> None:
    """Lose everything."""
    file.write_bytes(b"")


def link(file: Path) -> None:
    """Put a link to a file that would be as good in its place."""
    elsewhere = file.parent.parent / "elsewhere"
    file.replace(elsewhere)
    file.symlink_to(elsewhere)


def let_others_write(file: Path) -> None:
    """Let others write to it."""
    file.chmod(0o622)


def let_others_into_the_folder(file: Path) -> None:
    """Let others put files beside it."""
    file.parent.chmod(0o777)


def link_the_folder(file: Path) -> None:
    """Put a link to a folder that would be as good in its place."""
    elsewhere = file.parent.parent / "elsewhere"
    file.parent.replace(elsewhere)
    file.parent.symlink_to(elsewhere)


def rename(file: Path) -> None:
    """Put the entry of another name there."""
    cache.write("b", CONTENT)
    file.with_stem("b").replace(file)


def pipe(file: Path) -> None:
    """Put a pipe there that somebody may write to at some time."""
    file.unlink()
    os.mkfifo(file, 0o600)
    os.open(file, os.O_RDWR)


def folder(file: Path) -> None:
    """Put a folder there."""
    file.unlink()
    file.mkdir()


SPOILED = [cut, change, empty, link, let_others_write, let_others_into_the_folder, link_the_folder, rename, pipe, folder]


@pytest.mark.parametrize("spoil", SPOILED)
def test_a_spoiled_entry_is_as_good_as_none(spoil: Callable[[Path], None], home: Path) -> None:
    """However it came to be."""
    cache.write("a", CONTENT)
    assert cache.read("a") == CONTENT
    spoil(entry(home))
    assert cache.read("a") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("owned", ["entry", "folder"])
def test_another_users_entry_is_as_good_as_none(owned: str, home: Path) -> None:
    """Whatever the permissions say; nothing is written into a folder of another user either."""
    cache.write("a", CONTENT)
    os.chown(entry(home) if owned == "entry" else home, 12345, 12345)
    assert cache.read("a") is None
    cache.write("b", CONTENT)
    assert cache.read("b") == (CONTENT if owned == "entry" else None)


def test_the_oldest_entries_make_room(home: Path) -> None:
    """A few stay; so goes what an interrupted run has left, and what is no entry stays."""
    home.mkdir(parents=True, mode=0o700)
    (home / "interrupted.entry").write_bytes(CONTENT)
    (home / "note.txt").write_text("mine")
    os.utime(home / "interrupted.entry", (0, 0))
    for number in range(12):
        cache.write(f"{number:02}", CONTENT)
        os.utime(home / f"{number:02}.entry", (number + 1, number + 1))
    assert sorted(path.name for path in home.iterdir()) == [*(f"{number:02}.entry" for number in range(4, 12)), "note.txt"]


@pytest.mark.parametrize("problem", ["a file is there", "no home", "full"])
def test_a_folder_that_cannot_be_used_is_no_error(
    problem: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is rendered every time, then."""
    if problem == "a file is there":
        home.parent.write_text("")
    elif problem == "no home":
        monkeypatch.setattr(cache, "user_cache_path", lambda *_, **__: Path("~/.cache/mgmtcluster"))
        monkeypatch.chdir(tmp_path)
    else:
        monkeypatch.setattr(Path, "replace", _no_space)
    cache.write("a", CONTENT)
    assert cache.read("a") is None
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path != home.parent]


def _no_space(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_the_same_settings_are_rendered_once(made: list[Settings]) -> None:
    """Others again, and the first are still there."""
    settings, other = Settings(), Settings(image_tag="v2")
    for asked in (settings, settings, other, Settings(), other):
        assert rendering_of(asked, cached=True) == MADE
    assert made == [settings, other]


def test_without_the_cache_everything_is_rendered_anew(made: list[Settings], home: Path) -> None:
    """And nothing is kept."""
    assert [rendering_of(Settings(), cached=False) for _ in range(2)] == [MADE, MADE]
    assert len(made) == 2
    assert not home.exists()


@pytest.mark.parametrize("content", [b"[]", b'{"phases": {"00": 1}, "edges": []}', b'{"phases": {}}', b"not JSON"])
def test_an_entry_of_another_form_is_rendered_anew(content: bytes, made: list[Settings], home: Path) -> None:
    """And takes its place."""
    rendering_of(Settings(), cached=True)
    cache.write(entry(home).stem, content)
    assert [rendering_of(Settings(), cached=True) for _ in range(2)] == [MADE, MADE]
    assert len(made) == 2


@pytest.mark.parametrize("changed", ["a library", "Python", "a file of the package"])
def test_another_version_renders_anew(
    changed: str, made: list[Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of whatever a rendering depends on."""
    package = tmp_path / "mgmtcluster"
    package.mkdir()
    (package / "rules.py").write_text("one")
    monkeypatch.setattr(rendering, "files", lambda _: package)
    rendering_of(Settings(), cached=True)
    if changed == "a library":
        monkeypatch.setattr(rendering, "version", lambda library: "0" if library == "cdk8s-plus-27" else "1")
    elif changed == "Python":
        monkeypatch.setattr(platform, "python_version", lambda: "3.99.0")
    else:
        (package / "rules.py").write_text("two")
    rendering_of(Settings(), cached=True)
    assert len(made) == 2


def test_byte_code_is_no_change(made: list[Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run writes it."""
    package = tmp_path / "mgmtcluster"
    (package / "__pycache__").mkdir(parents=True)
    monkeypatch.setattr(rendering, "files", lambda _: package)
    rendering_of(Settings(), cached=True)
    (package / "__pycache__" / "rules.pyc").write_text("code")
    rendering_of(Settings(), cached=True)
    assert len(made) == 1


def test_what_is_read_is_what_was_rendered(home: Path) -> None:
    """Every object and edge of the platform."""
    settings = Settings()
    rendered = rendering_of(settings, cached=True)
    [file] = home.iterdir()
    assert b'"edges":[{"client"' in file.read_bytes()
    read = rendering_of(settings, cached=True)
    assert read == rendered
    assert read is not rendered
    assert len(read.phases) == 7


def without_node_js(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command where Node.js cannot be started and cdk8s is not there."""
    code = """
import sys
for library in ("jsii", "constructs", "cdk8s", "cdk8s_plus_27"):
    sys.modules[library] = None
from mgmtcluster.cli import main
main()
"""
    command = [sys.executable, "-c", code, *arguments]
    environment = {**os.environ, "JSII_NODE": "/bin/false"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_second_run_starts_no_node_js(home: Path) -> None:
    """Whichever command it is, it prints the same; a run without the cache would start one."""
    for command in ("services --json", "images", "images --json", "map --json", "map"):
        first = mgmtcluster(*command.split())
        assert (first.returncode, len([*home.iterdir()])) == (0, 1)
        second = without_node_js(*command.split())
        assert (second.returncode, second.stderr, second.stdout) == (0, "", first.stdout)
    anew = without_node_js("services", "--no-cache")
    assert anew.returncode == 1
    assert "cdk8s" in anew.stderr


def test_settings_that_change_give_another_answer(home: Path, tmp_path: Path) -> None:
    """The file is read every time."""
    file = tmp_path / "settings.yaml"
    for replicas in (2, 5, 2):
        file.write_text(f"services: {{parser: {{replicas: {replicas}}}}}\n")
        rows = json.loads(mgmtcluster("services", "--json", cwd=tmp_path).stdout)["services"]
        assert [row["replicas"] for row in rows if row["service"] == "parser"] == [replicas]
    assert len([*home.iterdir()]) == 2
