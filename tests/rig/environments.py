"""Environments of their own for Python programs that do not fit into the tests', each pinned and installed once."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".scanners"


class NotInstallable(Exception):
    """A program cannot be installed here."""


@contextmanager
def installing() -> Iterator[None]:
    """One process at a time, in a folder that git does not see."""
    HOME.mkdir(exist_ok=True)
    (HOME / ".gitignore").write_text("*\n")
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(command: Sequence[str | Path], **env: str) -> str:
    """What a command prints.

    Raises:
        NotInstallable: it failed.
    """
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=HOME, env={**os.environ, **env}, timeout=900
    )
    if result.returncode:
        last = (result.stderr.strip() or result.stdout.strip()).splitlines()[-1:]
        raise NotInstallable(f"{Path(command[0]).name} failed: {' '.join(last)}")
    return result.stdout


def install(name: str) -> Path:
    """The Python of the environment that ``requirements/<name>.txt`` describes, made anew when that file changes."""
    requirements, folder = ROOT / "requirements" / f"{name}.txt", HOME / name
    python, stamp = folder / "bin" / "python", folder / "requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    with installing():
        if not stamp.exists() or stamp.read_text() != wanted:
            uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
            if not uv:
                raise NotInstallable(f"no uv beside this Python or on PATH to install {name} with")
            run([sys.executable, "-m", "venv", "--without-pip", "--clear", folder])
            run([uv, "pip", "install", "--quiet", "--require-hashes", "--python", python, "-r", requirements])
            stamp.write_text(wanted)
    return python
