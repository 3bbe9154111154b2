"""The drivers of the platform's services at work, each as a program in a process of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mgmtcluster.databases.replica_set import TIMEOUTS

FOLDER = Path(__file__).parent / "drivers"

#: What a busy machine may take to notice that a time is over. Drivers that were told nothing wait 20 s and more.
LATE_SECONDS = 10.0

#: What each program finds after its changes, as MongoDB documents the commands.
FOUND = {
    "duplicate": 11000,
    "found": ["c", "b"],
    "grown": [2, 2],
    "made": True,
    "renamed": "e",
    "sizes": [["x", 24], ["y", 6]],
    "tagged": 2,
    "kinds": ["x", "y"],
    "deleted": 2,
    "left": ["a", "c"],
}


@dataclass(frozen=True)
class Went:
    """How steady calls went: to count up, and to read the count.

    Attributes:
        calls: how often it was to be counted up.
        counted: the count in the end.
        failures: the errors that calls ended with.
        longest: the time that the longest call took, in seconds.
        unanswered: how long each attempt took to connect to a member that did not answer at all, in seconds.
    """

    calls: int
    counted: int
    failures: list[str]
    longest: float
    unanswered: list[float]

    def gave_up_in_time(self) -> bool:
        """Whether it tried to connect to an address that does not answer, and not for longer than the connection string says."""
        allowed = int(TIMEOUTS["connectTimeoutMS"]) / 1000 + LATE_SECONDS
        return bool(self.unanswered) and max(self.unanswered) < allowed

    def lost_at_most_one(self) -> bool:
        """Whether every call was done once, but for the one that was under way when the primary crashed.

        mongoose may report that one as failed and not send it again: its driver has forgotten what the member supports when
        it hears of the crash before the call does.
        """
        least = self.calls - len(self.failures)
        return len(self.failures) <= 1 and 0 < least <= self.counted <= self.calls


class Driver:
    """A program that is making its steady calls."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def end(self) -> Went:
        """Let it end; how it went."""
        printed, _ = self._process.communicate("", timeout=120)
        return Went(**json.loads(printed))


@contextmanager
def driving(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Iterator[Driver]:
    """Start a program, which must find what it changed, and go on with its steady calls."""
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=env, **pipes) as process:
        try:
            assert process.stdout
            first = process.stdout.readline()
            assert first, f"it ended with {process.wait()}"
            assert json.loads(first) == FOUND
            yield Driver(process)
        finally:
            process.kill()
