"""What a terminal shows: colours where they are wanted, and after Ctrl-C all that a terminal needs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .command import mgmtcluster, on_a_terminal, read_until, start_on_a_terminal
from .servers import SilentServer, empty_cluster, kubeconfig

COLOURED = ["services", "services --cluster", "preflight", "status", "status --watch --timeout=1"]
COMMANDS = [*COLOURED, "plan-migration", "images", "map"]

#: Colour, bold, underlined: every way in which text looks like more than text.
_DRESSED = re.compile(r"\x1b\[[0-9;:]*m")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The kubeconfig of an empty cluster, while the environment does not ask for plain text."""
    with pytest.MonkeyPatch.context() as patch, empty_cluster("v1.36.0") as server:
        patch.delenv("NO_COLOR", raising=False)
        yield str(kubeconfig(tmp_path_factory.mktemp("home"), server))


def words(command: str, file: str) -> list[str]:
    """The arguments of a command on that cluster; images and a map are of none."""
    return command.split() if command in ("images", "map") else [*command.split(), "--kubeconfig", file]


@pytest.mark.parametrize("command", COLOURED)
def test_a_terminal_has_bold_headings(command: str, file: str) -> None:
    """Those commands that print a table."""
    assert "\x1b[1m" in on_a_terminal(*words(command, file))


@pytest.mark.parametrize("command", COMMANDS)
def test_no_color_is_plain_text(command: str, file: str) -> None:
    """On a terminal too, every command."""
    shown = on_a_terminal(*words(command, file), NO_COLOR="1")
    assert ("mgmtcluster: " in shown) == (command == "map")
    assert len(shown.split()) > 5
    assert not _DRESSED.search(shown)


@pytest.mark.parametrize("command", COMMANDS)
def test_elsewhere_it_is_plain_text(command: str, file: str) -> None:
    """No colour, and nothing that moves a cursor."""
    done = mgmtcluster(*words(command, file), TERM="xterm-256color")
    assert done.stderr == ""
    assert len(done.stdout.split()) > 5
    assert "\x1b" not in done.stdout


def test_bars_are_for_terminals(file: str) -> None:
    """Elsewhere numbers alone say how far a phase has come."""
    assert "PROGRESS" in on_a_terminal(*words("status", file))
    assert "PROGRESS" not in mgmtcluster(*words("status", file)).stdout


def test_ctrl_c_does_not_wait_for_an_answer(silent_server: SilentServer, tmp_path: Path) -> None:
    """It ends at once with one line, exit code 130 and the cursor shown, while a server is still to answer."""
    file = kubeconfig(tmp_path, silent_server.url)
    pid, terminal = start_on_a_terminal("preflight", "--kubeconfig", str(file))
    silent_server.until_asked()
    shown = read_until(terminal, "Looking")
    os.write(terminal, b"\x03")
    shown += read_until(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    assert shown.splitlines()[-1].startswith("mgmtcluster: interrupted")
    assert "no answer" not in shown


def test_ctrl_c_while_libraries_are_imported(tmp_path: Path) -> None:
    """The same line and exit code, and no traceback of the import."""
    (tmp_path / "typer.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(60)\n")
    pid, terminal = start_on_a_terminal("status", PYTHONPATH=str(tmp_path))
    shown = read_until(terminal, "importing")
    os.write(terminal, b"\x03")
    shown += read_until(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    assert "Traceback" not in shown
    assert shown.splitlines()[-1].startswith("mgmtcluster: interrupted")
