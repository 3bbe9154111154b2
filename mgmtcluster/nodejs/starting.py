"""How Node.js is started: jsii starts two, of which the first hands every line on to the second; one is enough."""

import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Final

from jsii._kernel.providers.process import _NodeProcess

from mgmtcluster.nodejs import bundled_node

_start: Final[Callable[[_NodeProcess], None]] = _NodeProcess.start
_runtime: Final = _NodeProcess._jsii_runtime

_LINKS: Final = "NODE_PRESERVE_SYMLINKS"


def install() -> None:
    """Start one process where that was tried: a POSIX system, and the Node.js that comes with this package.

    Another Node.js is started as jsii does it, which warns of a version that is too old.
    """
    if os.name == "posix" and os.environ.get("JSII_NODE") == str(bundled_node()):
        _NodeProcess.start = _start_one  # type: ignore[method-assign]
        _NodeProcess._jsii_runtime = _runtime_of_one  # type: ignore[method-assign]


def _start_one(self: _NodeProcess) -> None:
    before = os.environ.get(_LINKS)
    os.environ[_LINKS] = "1"  # jsii's first process starts the second one with --preserve-symlinks
    try:
        _start(self)
    finally:
        if before is None:
            del os.environ[_LINKS]
        else:
            os.environ[_LINKS] = before


def _runtime_of_one(self: _NodeProcess) -> str:
    first = Path(_runtime(self))
    first.write_bytes(files(__package__).joinpath("one_process.js").read_bytes())
    return str(first)
