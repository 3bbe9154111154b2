"""Write ``dist/`` as a whole or not at all, and say what changed."""

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import ENOTDIR
from pathlib import Path

from mgmtcluster.kinds.errors import InvalidInput

_SUFFIX = ".k8s.yaml"

# cdk8s sorts the keys of its own output and indents them by two: what these find are kind, namespace and name.
_KEY = tuple(re.compile(pattern, re.MULTILINE) for pattern in (r"^kind: (.+)$", r"^  namespace: (.+)$", r"^  name: (.+)$"))


@contextmanager
def staged(directory: str | os.PathLike[str]) -> Iterator[str]:
    """A temporary folder for the app's files; they replace those of ``directory`` when the block has ended well.

    Prints a line a file and what changed. Files of ``directory`` that end in ``.k8s.yaml`` and are not written again are
    removed; other files and folders stay. A folder that would be empty is removed too, or not made.

    Raises:
        InvalidInput: ``directory`` cannot be written to.
    """
    target = Path(directory)
    with _told_as_input(target):
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(ENOTDIR, "is a file")
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".staged-", dir=target.parent))
    try:
        yield str(staging)
        with _told_as_input(target):
            old, new = _read(target), _read(staging)
            _replace(target, staging)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    for line in report(old, new, directory=target):
        print(line)


@contextmanager
def _told_as_input(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput([f"{target}: cannot be written to ({reason}); write the path of a folder that can"]) from None


def _read(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.glob(f"*{_SUFFIX}"))}


def _replace(target: Path, staging: Path) -> None:
    """Move the new files over the old ones; an interrupt waits until the last one is there."""
    held_back = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        _replace_files(target, staging)
        with suppress(OSError):  # it is not there, or something is in it
            target.rmdir()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held_back)


def _replace_files(target: Path, staging: Path) -> None:
    written = sorted(path for path in staging.glob("*") if path.is_file())
    if written:
        target.mkdir(exist_ok=True)
    for stale in {path.name for path in target.glob(f"*{_SUFFIX}")} - {path.name for path in written}:
        (target / stale).unlink()
    for path in written:
        path.replace(target / path.name)


def report(old: Mapping[str, bytes], new: Mapping[str, bytes], *, directory: Path) -> Iterator[str]:
    """A line a file with its objects and bytes, then the objects that were added, removed or changed."""
    for name, content in new.items():
        yield f"{directory / name}: {len(_documents(content))} objects, {len(content)} bytes"
    if old == new:
        if new:
            yield "unchanged"
        return
    before = {key: text for content in old.values() for key, text in _documents(content).items()}
    after = {key: text for content in new.values() for key, text in _documents(content).items()}
    yield from (f"added    {key}" for key in after if key not in before)
    yield from (f"removed  {key}" for key in before if key not in after)
    yield from (f"changed  {key}" for key in after if key in before and before[key] != after[key])


def _documents(content: bytes) -> dict[str, str]:
    """The documents of a file that cdk8s wrote, by kind, namespace and name."""
    documents = [text for text in content.decode(errors="replace").split("\n---\n") if text.strip()]
    return {"/".join(filter(None, (_field(pattern, text) for pattern in _KEY))): text.strip() for text in documents}


def _field(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1].strip("\"'") if found else ""
