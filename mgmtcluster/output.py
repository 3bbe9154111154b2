"""Write ``dist/`` as a whole or not at all, and say what changed."""

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from errno import ENOTDIR
from pathlib import Path
from typing import Final

from mgmtcluster.kinds.errors import InvalidInput

#: The extension that cdk8s gives to its files by default.
_EXTENSION: Final = ".k8s.yaml"

# How cdk8s names a file that holds one object: its kind, its name, the extension.
_OF_ONE_OBJECT: Final = re.compile(r"[A-Z][A-Za-z0-9]*\..+\..+")

# cdk8s sorts the keys of its own output and indents them by two: what these find are kind, namespace and name.
_KEY = tuple(re.compile(pattern, re.MULTILINE) for pattern in (r"^kind: (.+)$", r"^  namespace: (.+)$", r"^  name: (.+)$"))


@contextmanager
def staged(directory: str | os.PathLike[str]) -> Iterator[str]:
    """A temporary folder for the app's files; they replace those of ``directory`` when the block has ended well.

    It works with every output type and every extension of cdk8s. It prints one line for each file, then what changed.

    What an earlier run wrote and this one does not is removed: files that end in ``.k8s.yaml``, in ``directory`` and in every
    folder that is written to; where each object has a file, those of a chart that is gone too. Of files with another extension
    nobody can tell whether they are somebody else's: they stay, and a line names each. All other files and folders stay. A
    folder that would be empty is removed too, or not made.

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
            new = _read(staging, [path for path in staging.rglob("*") if path.is_file()])
            stale, unknown = _not_written_again(target, new)
            old = _read(target, [*(target / name for name in new if (target / name).is_file()), *stale])
            _replace(target, staging, new, stale)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    for line in report(old, new, directory=target):
        print(line)
    for path in unknown:
        print(f"left     {path}: this run did not write it; remove it if nobody else needs it")


@contextmanager
def _told_as_input(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput([f"{target}: cannot be written to ({reason}); write the path of a folder that can"]) from None


def _read(directory: Path, files: Sequence[Path]) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in sorted(files)}


def _not_written_again(target: Path, new: Mapping[str, bytes]) -> tuple[list[Path], list[Path]]:
    """The files of an earlier run, and those that may be: they have the extension of this run, which is not cdk8s' own."""
    names = {Path(name) for name in new}
    folders = {Path(), *(name.parent for name in names)}
    of_one_object = any(_OF_ONE_OBJECT.fullmatch(name.name) for name in names)
    if of_one_object and folders != {Path()}:
        folders |= {path.relative_to(target) for path in _charts(target)}
    endings = {name.suffix for name in names if not name.name.endswith(_EXTENSION)}
    stale, unknown = [], []
    for path in sorted(file for folder in folders for file in (target / folder).glob("*") if file.is_file()):
        if path.relative_to(target) in names:
            continue
        is_object = of_one_object and path.suffix in endings and _OF_ONE_OBJECT.fullmatch(path.name)
        if path.name.endswith(_EXTENSION) or is_object:
            stale.append(path)
        elif path.suffix in endings:
            unknown.append(path)
    return stale, unknown


def _charts(target: Path) -> Iterator[Path]:
    """The folders that hold nothing but a file an object, as cdk8s writes a chart."""
    for folder in target.glob("*"):
        files = list(folder.glob("*")) if folder.is_dir() else []
        if files and all(file.is_file() and _OF_ONE_OBJECT.fullmatch(file.name) for file in files):
            yield folder


def _replace(target: Path, staging: Path, new: Mapping[str, bytes], stale: Sequence[Path]) -> None:
    """Move the new files over the old ones; an interrupt waits until the last one is there."""
    held_back = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        for path in stale:
            path.unlink()
        for name in new:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (staging / name).replace(target / name)
        for folder in (*{path.parent for path in stale} - {target}, target):
            with suppress(OSError):  # it is not there, or something is in it
                folder.rmdir()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held_back)


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
    found = {"/".join(filter(None, (_field(pattern, text) for pattern in _KEY))): text.strip() for text in documents}
    return {key: text for key, text in found.items() if key}


def _field(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1].strip("\"'") if found else ""
