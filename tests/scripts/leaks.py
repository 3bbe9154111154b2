"""Whether a secret shows: in an argument or the environment of a process, or in a file that mongosh writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def processes_watched() -> Iterator[list[str]]:
    """Collect the arguments and the environment of every process that runs meanwhile."""
    seen: list[str] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.1):
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    seen.append((process / "cmdline").read_text() + (process / "environ").read_text())
                except (OSError, UnicodeDecodeError):
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def files_below(folder: Path) -> list[str]:
    """What the files of a folder say."""
    return [file.read_text() for file in folder.rglob("*") if file.is_file()]
