"""ARCHITECTURE.md holds: what it names is there."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "ARCHITECTURE.md").read_text()
NAMED = sorted({path for path in re.findall(r"`([\w./*-]+)`", PAGE) if "/" in path or path.endswith((".py", ".yaml"))})


def test_the_page_names_paths() -> None:
    """Those of the change table, at least."""
    assert len(NAMED) > 30


@pytest.mark.parametrize("path", NAMED)
def test_every_path_exists(path: str) -> None:
    """From the root of the checkout."""
    assert [*ROOT.glob(path.rstrip("/"))]


def test_every_name_is_in_the_file_before_it() -> None:
    """Written as `file` (`name`)."""
    named = re.findall(r"`([\w./-]+\.py)`\s\(`(\w+)`\)", PAGE)
    assert named
    missing = [
        (file, name) for file, name in named if not re.search(rf"^ *(def|class) {name}\b", (ROOT / file).read_text(), re.M)
    ]
    assert not missing


def test_the_value_that_is_followed_arrives() -> None:
    """The YAML on the page is in the file that the page names."""
    [yaml] = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert yaml in (ROOT / "dist" / "20-registries.k8s.yaml").read_text()


def test_the_layers_are_those_that_are_checked() -> None:
    """The rows of the table, from above, are the contract that `make lint` checks."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    rows = re.findall(r"^\| (`.+?`) \|", PAGE.partition("| layer |")[2].partition("\n\n")[0], re.MULTILINE)
    modules = [row.replace("`", "").replace("/, ", " | ").replace(".py, ", " | ").rstrip("/").removesuffix(".py") for row in rows]
    assert [row.replace("/", ".") for row in modules] == layers
