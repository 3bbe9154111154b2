"""Lines that tests print after the results, also where several processes run them."""

from collections.abc import Callable
from typing import Any

import pytest

#: Adds a line to the section of this title.
Closing = Callable[[str, str], None]

Lines = list[tuple[str, str]]
_LINES = pytest.StashKey[Lines]()


def lines_of(config: pytest.Config) -> Lines:
    """The lines noted until now; a process of pytest-xdist sends them to the one that prints."""
    return config.stash.setdefault(_LINES, [])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the lines of this process over."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["closing"] = lines_of(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the lines of a process that ended; one that crashed has none."""
    lines_of(node.config).extend((title, line) for title, line in getattr(node, "workeroutput", {}).get("closing", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print them."""
    lines = lines_of(config)
    for title in dict.fromkeys(title for title, _ in lines):
        terminalreporter.section(title, sep="-")
        for section, line in lines:
            if section == title:
                terminalreporter.line(line)


@pytest.fixture(scope="session")
def closing(pytestconfig: pytest.Config) -> Closing:
    """Note a line for the end."""
    return lambda title, line: lines_of(pytestconfig).append((title, line))
