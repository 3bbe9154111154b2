"""The wheel holds all that a user needs, and works where nothing else of the project is."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from mgmtcluster.map import page_of, platform_graph
from tests.rendering import ROOT, Platform, files_of, run_app

Run = Callable[..., subprocess.CompletedProcess[str]]

EXAMPLE = ROOT / "examples" / "models" / "app.py"


def build(folder: Path) -> Path:
    """Build the wheel with the pinned hatchling of this environment, as `make wheel` does."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a program of a bare environment that has the wheel and its pinned requirements, in a folder elsewhere."""
    home, elsewhere = tmp_path_factory.mktemp("bare"), tmp_path_factory.mktemp("elsewhere")
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    assert uv, "no uv beside this Python or on PATH"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    requirements = ("--require-hashes", "-r", str(ROOT / "requirements" / "cli.txt"))
    for what in (requirements, ("--no-deps", str(wheel))):
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(home / "bin" / "python"), *what], check=True)

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(home / "bin" / program), *arguments]
        return subprocess.run(command, cwd=elsewhere, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)

    return run


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Scripts, py.typed, the map's files and its layout with licence; no test, no settings, no manifest."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "mgmtcluster"]
    files = set(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split())
    names = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == files | {f"mgmtcluster/map/elkjs/{name}" for name in ("elk.bundled.js", "LICENSE.md", "package.json")}
    assert {"mgmtcluster/py.typed", "mgmtcluster/scripts/converge.js", "mgmtcluster/scripts/start-redis.sh"} <= names


def test_the_files_are_those_of_the_checkout(wheel: Path) -> None:
    """Byte for byte."""
    with ZipFile(wheel) as archive:
        for name in archive.namelist():
            if ".dist-info/" not in name:
                assert archive.read(name) == (ROOT / name).read_bytes(), name


def test_a_wheel_is_built_the_same_twice(wheel: Path, tmp_path: Path) -> None:
    """No clock and no order of files is in it."""
    assert build(tmp_path).read_bytes() == wheel.read_bytes()


def test_the_console_script_runs_where_nothing_else_is(installed: Run) -> None:
    """It finds its commands, and renders the platform without a settings file.

    Takes more than two seconds because the wheel is installed into an environment of its own.
    """
    assert "Usage: mgmtcluster" in installed("mgmtcluster", "--help").stdout
    services = installed("mgmtcluster", "services")
    assert (services.returncode, services.stderr) == (0, "")
    assert "blocks-db-svc" in services.stdout


def test_the_installed_map_is_the_checkouts(installed: Run, platform: Platform) -> None:
    """The page is made from the wheel's own files."""
    done = installed("mgmtcluster", "map")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == page_of(platform_graph(platform.edges, platform.objects))


def test_the_example_synthesises_with_the_wheel(installed: Run, tmp_path: Path) -> None:
    """The same manifests as in the checkout.

    Takes more than two seconds because the app runs twice, each time in a process of its own.
    """
    here = run_app(cwd=tmp_path, app=EXAMPLE)
    assert here.returncode == 0, here.stderr
    code = f"import os, runpy; os.chdir({str(tmp_path)!r}); os.mkdir('wheel'); os.chdir('wheel'); runpy.run_path('app.py')"
    shutil.copy(EXAMPLE, tmp_path / "app.py")
    done = installed("python", "-c", code.replace("'app.py'", f"{str(tmp_path / 'app.py')!r}, run_name='__main__'"))
    assert done.returncode == 0, done.stderr
    assert files_of(tmp_path / "wheel" / "dist") == files_of(tmp_path / "dist")


def test_the_package_is_the_installed_one(installed: Run) -> None:
    """So that what the other tests here find holds of the wheel."""
    done = installed("python", "-c", "import mgmtcluster; print(mgmtcluster.__file__)")
    assert "site-packages" in done.stdout
    assert str(ROOT) not in done.stdout
