"""The real mongosh, in one file: it starts in half of the processor time that npm's thousands of files take."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / "node_modules"
STARTER = HERE / "mongosh.js"

#: What the programs ask for and go on without: npm has not built or not installed it.
_LEFT_OUT = ("*.node", "electron", "mongodb-client-encryption", "@babel/preset-typescript")

#: MiB for new objects from the beginning: collecting them all the while takes a fifth of the processor time of a run.
_YOUNG = "--min-semi-space-size=16"


def one_file(program: Path, file: Path, node: Path) -> None:
    """Write a program for Node.js and all that it is made of into one file."""
    options = ("--bundle", "--platform=node", "--minify", "--keep-names", "--supported:dynamic-import=false", "--log-level=error")
    left_out = (f"--external:{name}" for name in _LEFT_OUT)
    esbuild = MODULES / "esbuild" / "bin" / "esbuild"
    subprocess.run([node, esbuild, program, *options, *left_out, f"--outfile={file}"], check=True)


def bundle(folder: Path, node: Path) -> None:
    """Write mongosh into a new folder as one file, and what this Node.js compiles of it."""
    folder.mkdir()
    shutil.copy(STARTER, folder)
    one_file(MODULES / "@mongosh" / "cli-repl" / "lib" / "run.js", folder / "bundle.js", node)
    subprocess.run([node, _YOUNG, folder / STARTER.name, "--nodb", "--quiet", "--eval=0"], check=True, stdout=subprocess.DEVNULL)


def command() -> list[str] | None:
    """Start mongosh by this: the project's own, bundled once for all sessions, else the one on ``PATH``, if any."""
    installed = MODULES / ".package-lock.json"
    node = shutil.which("node", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if not node or not (MODULES / "@mongosh").exists():
        other = shutil.which("mongosh")
        return [other] if other else None
    program = Path(node).resolve()
    made_of = (installed.read_bytes(), STARTER.read_bytes(), Path(__file__).read_bytes(), f"{program} {program.stat()}".encode())
    folder = MODULES / ".cache" / f"mongosh-{hashlib.sha256(b'/'.join(made_of)).hexdigest()[:16]}"
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            bundle(unfinished, program)
            unfinished.rename(folder)
    return [str(program), _YOUNG, str(folder / STARTER.name)]
