"""What is kept between runs in the user's cache directory: private, whole, and read only where nobody else can have written it.

A cache that cannot be used is as good as none: no function here raises an error because of it.
"""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

#: Entries that stay: enough for several settings files, before and after an upgrade.
_KEPT: Final = 8

_SUFFIX: Final = ".entry"
_DIGEST_CHARACTERS: Final = 64


def read(name: str) -> bytes | None:
    """Return what was kept under this name; None where nothing is, or where it cannot be trusted.

    An entry is trusted if its folder and it belong to this user, nobody else can write to them, and it is as it was written.
    """
    try:
        text = _read_private(_folder(), name + _SUFFIX)
    except OSError:
        return None
    digest, content = text[:_DIGEST_CHARACTERS], text[_DIGEST_CHARACTERS:]
    return content if digest == _digest(name, content) else None


def write(name: str, content: bytes) -> None:
    """Keep this under a name, whole or not at all; the oldest entries make room for it."""
    with suppress(OSError):
        folder = _folder(make=True)
        descriptor, temporary = tempfile.mkstemp(dir=folder, suffix=_SUFFIX)  # for this user alone, whatever the umask
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_digest(name, content) + content)
            Path(temporary).replace(folder / (name + _SUFFIX))
        except OSError:
            Path(temporary).unlink()
            raise
        _prune(folder)


def _digest(name: str, content: bytes) -> bytes:
    """What an entry begins with: it ties the content to the name, and shows where a part of it is missing."""
    return hashlib.sha256(name.encode() + b"\0" + content).hexdigest().encode()


def _folder(*, make: bool = False) -> Path:
    """The folder of the entries, which only this user can write to.

    Raises:
        OSError: it is not there, or not this user's alone.
    """
    folder = user_cache_path("mgmtcluster", appauthor=False)
    if not folder.is_absolute():  # a user without a home
        raise FileNotFoundError(folder)
    if make:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or not _is_private(found):
        raise PermissionError(folder)
    return folder


def _read_private(folder: Path, name: str) -> bytes:
    # Neither a link is followed, nor is a pipe waited for.
    with os.fdopen(os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or not _is_private(found):
            raise PermissionError(name)
        return file.read()


def _is_private(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _prune(folder: Path) -> None:
    """Remove all but the newest entries, and what an interrupted run has left."""
    entries = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda entry: entry.lstat().st_mtime, reverse=True)
    for entry in entries[_KEPT:]:
        entry.unlink(missing_ok=True)
