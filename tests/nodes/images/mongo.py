"""The image in the database's place: Debian with bash, Node.js, the real mongosh, and the stand-in for mongod."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

ROOT = Path(__file__).parents[3]
IMAGE_TOOL = ROOT.parent / "shared" / "node" / "image"
LIBRARIES = "/usr/local/lib"

#: What the program consists of: its own files, and what it shares with the test server of the scripts.
SHARED = tuple(f"tests/scripts/{name}.py" for name in ("commands", "errors", "scram", "server", "wire"))
PROGRAM = "tests/nodes/images/mongod"
MODULE = PROGRAM.replace("/", ".")

#: What lies in packages of npm's to read, compile or test them; to write it to the disk of each node takes seconds.
_FOR_AUTHORS = shutil.ignore_patterns("*.map", "*.ts", "*.cts", "*.mts", "*.md", "*.c", "*.cc", "*.h", "dist-es", "test")

COMMANDS = {
    "mongod": f'exec env PYTHONPATH={LIBRARIES}/mongod PYTHONDONTWRITEBYTECODE=1 python3 -m {MODULE} "$@"',
    "mongosh": f'exec node {LIBRARIES}/node_modules/mongosh/bin/mongosh.js "$@"',
}


def program_files() -> Iterator[tuple[Path, str]]:
    """Each file or folder of the program, and where it lies below the folder that Python searches."""
    yield from ((ROOT / file, file) for file in (*SHARED, PROGRAM))
    yield Path(str(resources.files("bson"))), "bson"


def lay_out(folder: Path) -> None:
    """Put the program where Python finds it; nothing else of this project is there."""
    for source, place in program_files():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    # A package of its own: else Python would prefer any other one called so.
    (folder / "tests" / "__init__.py").touch()


def packages_of(package: str) -> set[str]:
    """A package of npm's and all that it needs, as folders of node_modules that are there."""
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    found, open_ = set(), [f"node_modules/{package}"]
    while open_:
        path = open_.pop()
        if path in found:
            continue
        found.add(path)
        needs = {**locked[path].get("dependencies", {}), **locked[path].get("optionalDependencies", {})}
        open_ += [place for name in needs if (place := _resolve(locked, path, name))]
    names = {path.removeprefix("node_modules/").split("/node_modules/")[0] for path in found}
    return {name for name in names if (ROOT / "node_modules" / name).exists()}


def _resolve(locked: dict[str, object], path: str, name: str) -> str | None:
    """Where Node.js finds a package that another one asks for: beside it, or further up."""
    while path:
        if (place := f"{path}/node_modules/{name}") in locked:
            return place
        path = path.rpartition("/node_modules/")[0]
    return place if (place := f"node_modules/{name}") in locked else None


def add_mongo(store: Path, name: str, base: str) -> None:
    """Add the image to a store, under the full name that the manifests' short one stands for, on one with Python and Node.js."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        lay_out(place / "mongod")
        copies = {str(place / "mongod"): f"{LIBRARIES}/mongod"}
        for command, line in COMMANDS.items():
            file = place / f"{command}.sh"
            file.write_text(f"#!/bin/sh\n{line}\n")
            file.chmod(0o755)
            copies[str(file)] = f"/usr/local/bin/{command}"
        for package in sorted(packages_of("mongosh")):
            copy = place / "node_modules" / package
            shutil.copytree(ROOT / "node_modules" / package, copy, symlinks=True, ignore=_FOR_AUTHORS)
            copies[str(copy)] = f"{LIBRARIES}/node_modules/{package}"
        arguments = [part for source, target in copies.items() for part in ("--copy", f"{source}:{target}")]
        subprocess.run([IMAGE_TOOL, "add", store, name, "--from", base, *arguments], check=True, stdout=subprocess.DEVNULL)
