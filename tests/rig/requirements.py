"""Requirements of two policies: two versions of one package, and a process that needs one after the other."""

from __future__ import annotations

import zipfile
from pathlib import Path

#: A service that installs one policy's requirements, imports them in its own process, then does so for the next.
TWO_POLICIES = """
import importlib, importlib.metadata, subprocess, sys
print("started without", "shop" not in sys.modules)
for version in ("1.0", "2.0"):
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "shop==" + version], check=True)
    importlib.invalidate_caches()
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]
    import shop
    print(shop.VERSION, importlib.metadata.version("shop"), hasattr(shop, "removed_in_2"))
"""

#: What it prints where each policy gets its own version, and no file of the other.
FOUND = ["started without True", "1.0 1.0 True", "2.0 2.0 False"]


def write_wheels(folder: Path) -> None:
    """Make both versions, for a pip that asks no index."""
    _wheel(folder, "1.0", "VERSION = '1.0'\nremoved_in_2 = True\n")
    _wheel(folder, "2.0", "VERSION = '2.0'\n")


def _wheel(folder: Path, version: str, code: str) -> None:
    """Make a wheel with a command of its own, as many packages have one."""
    about = f"shop-{version}.dist-info"
    files = {
        "shop/__init__.py": code,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: shop\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/entry_points.txt": "[console_scripts]\nshop = shop:main\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{about}/RECORD"])
    with zipfile.ZipFile(folder / f"shop-{version}-py3-none-any.whl", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
