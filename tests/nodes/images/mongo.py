"""The image in the database's place: Debian with bash, Node.js, the real mongosh, and the stand-in for mongod."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.nodes.images.packages import copies_of
from tests.rig import mongosh

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
IMAGE_TOOL = ROOT.parent / "shared" / "node" / "image"
LIBRARIES = "/usr/local/lib"

#: What the program consists of: its own files, and what it shares with the test server of the scripts.
SHARED = tuple(f"tests/rig/mongo/{name}.py" for name in ("commands", "errors", "scram", "server", "wire"))
PROGRAM = "tests/nodes/images/mongod"
MODULE = PROGRAM.replace("/", ".")

#: What the program keeps documents in, and all that this needs.
DOCUMENT_STORE = ("mongomock-ng", "packaging", "pymongo", "pytz", "sentinels")

COMMANDS = {
    "mongod": f'exec env PYTHONPATH={LIBRARIES}/mongod PYTHONDONTWRITEBYTECODE=1 python3 -m {MODULE} "$@"',
    "mongosh": f'exec node {LIBRARIES}/mongosh/mongosh.js "$@"',
}


def lay_out(folder: Path) -> None:
    """Put the program where Python finds it; nothing else of this project is there."""
    for place in (*SHARED, PROGRAM):
        source, target = ROOT / place, folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    # A package of its own: else Python would prefer any other one called so.
    (folder / "tests" / "__init__.py").touch()


def add_mongo(store: Path, name: str, base: str, node: Path) -> None:
    """Add the image to a store, under the full name that the manifests' short one stands for.

    Args:
        store: the store.
        name: the name.
        base: an image with Python and Node.js.
        node: that Node.js; another one would not take what this one compiles.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        lay_out(place / "mongod")
        copies = {str(place / "mongod"): f"{LIBRARIES}/mongod"}
        for command, line in COMMANDS.items():
            file = place / f"{command}.sh"
            file.write_text(f"#!/bin/sh\n{line}\n")
            file.chmod(0o755)
            copies[str(file)] = f"/usr/local/bin/{command}"
        mongosh.bundle(place / "mongosh", node)
        copies[str(place / "mongosh")] = f"{LIBRARIES}/mongosh"
        given = [
            *(f"{source}:{target}" for source, target in copies.items()),
            *copies_of(*DOCUMENT_STORE, to=f"{LIBRARIES}/mongod"),
        ]
        arguments = [part for copy in given for part in ("--copy", copy)]
        subprocess.run([IMAGE_TOOL, "add", store, name, "--from", base, *arguments], check=True, stdout=subprocess.DEVNULL)
