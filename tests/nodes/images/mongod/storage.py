"""What a member has on its disk: one file, replaced whole and forced to the disk before anybody is told."""

from __future__ import annotations

import fcntl
import os
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import bson

Document = dict[str, Any]
OpTime = tuple[int, int]

NOTHING: OpTime = (0, 0)

#: mongod's exit code where it cannot go on.
FATAL = 14


class InUse(Exception):
    """Another process has the data directory."""


@dataclass
class Data:
    """What is replicated."""

    users: Document = field(default_factory=dict)
    write_concern: str | None = None
    feature_compatibility_version: str = "8.0"
    collections: Document = field(default_factory=dict)
    # The last write of each session that may send it again, and what it was answered.
    retries: Document = field(default_factory=dict)

    def document(self) -> Document:
        """As it goes to disk and to other members."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass
class Stored:
    """All that a member remembers over a crash."""

    term: int = 0
    voted_for: str | None = None
    config: Document | None = None
    last_write: OpTime = NOTHING
    data: Data = field(default_factory=Data)


class Disk:
    """A data directory, which no other process has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "state.bson"
        # Kept open: the lock is gone with the process.
        self.lock = os.open(folder / "mongod.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(f"{folder}/mongod.lock is locked: another mongod uses the data directory") from None

    def close(self) -> None:
        """Let another process have the directory."""
        os.close(self.lock)

    def load(self) -> Stored:
        """What was saved last, or nothing in a new directory."""
        if not self.file.exists():
            return Stored()
        saved = bson.decode(self.file.read_bytes())
        term, index = saved["last_write"]
        return Stored(saved["term"], saved["voted_for"], saved["config"], (term, index), Data(**saved["data"]))

    def save(self, stored: Stored) -> None:
        """Return once it is on the disk; end the process where it cannot be."""
        try:
            self._save(stored)
        except OSError as error:
            # Whoever acknowledged what is not on the disk would lie.
            print(f"mongod: {self.file} cannot be written: {error.strerror}", file=sys.stderr, flush=True)
            os._exit(FATAL)

    def _save(self, stored: Stored) -> None:
        document = {**vars(stored), "last_write": list(stored.last_write), "data": stored.data.document()}
        partial = self.file.with_suffix(".partial")
        with partial.open("wb") as file:
            file.write(bson.encode(document))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.file)
        directory = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
