"""Whether a secret shows: in an argument or the environment of a process, or in a file that mongosh writes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def processes_watched(looks: Path | None = None) -> Iterator[list[str]]:
    """Collect the arguments and the environment of every process that this one runs meanwhile: others run other tests.

    The file ``looks`` grows by a byte with every look, so that a process may stay until it was seen.
    """
    seen: list[str] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.1):
            if looks:
                with looks.open("ab") as file:
                    file.write(b".")
            for process in _started_by(os.getpid()):
                with suppress(OSError, UnicodeDecodeError):
                    seen.append((process / "cmdline").read_text() + (process / "environ").read_text())

    if looks:
        looks.touch()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def _started_by(pid: int) -> Iterator[Path]:
    """Every process below this one."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                yield Path("/proc", child)
                yield from _started_by(int(child))


def files_below(folder: Path) -> list[str]:
    """What the files of a folder say."""
    return [file.read_text() for file in folder.rglob("*") if file.is_file()]
