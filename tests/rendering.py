"""How tests render manifests: in the process at hand, which keeps one Node.js running, or with app.py in one of its own."""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cdk8s import App, Chart, YamlOutputType

from mgmtcluster import Edge, ManagementCluster, Settings, edges_of, rules, testing
from mgmtcluster.manifests import pod_template
from mgmtcluster.testing import Manifest, Manifests

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
DATA = Path(__file__).parent / "data"


def without_pytest() -> dict[str, str]:
    """The environment without the options and the number of this process of pytest, for a run of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


@dataclass(frozen=True)
class Platform:
    """The management cluster as some settings make it."""

    objects: Manifests
    edges: list[Edge]
    cluster: ManagementCluster


def render(settings: Mapping[str, Any] | None = None) -> Platform:
    """The platform with these settings, rendered once; without any, with all defaults."""
    return _render(json.dumps(settings or {}))


@cache
def _render(settings: str) -> Platform:
    app = App(yaml_output_type=YamlOutputType.FILE_PER_CHART)
    cluster = ManagementCluster(app, settings=Settings.of(json.loads(settings)))
    return Platform(testing.render(app), edges_of(app), cluster)


def render_chart(define: Callable[[Chart], object], *, namespace: str | None = "shop", checked: bool = True) -> Manifests:
    """The objects of a chart as ``define`` fills it; ``checked`` by the general rules."""
    app = App()
    chart = Chart(app, "test", namespace=namespace, disable_resource_name_hashes=True)
    define(chart)
    if checked:
        rules.enforce(app)
    return testing.render(chart)


def run_app(
    *arguments: str, cwd: Path, env: Mapping[str, str | None] | None = None, app: Path = ROOT / "app.py"
) -> subprocess.CompletedProcess[str]:
    """Run app.py in a process of its own; a variable that is None is left out."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    return subprocess.run(
        [sys.executable, str(app), *arguments],
        cwd=cwd,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def pod_spec(workload: Manifest) -> Manifest:
    """The spec of the pods that a workload makes."""
    template: Any = pod_template(workload)
    spec: Manifest = template["spec"]
    return spec


def containers_of(workload: Manifest) -> list[Manifest]:
    """All containers of a workload, those that run first included."""
    spec = pod_spec(workload)
    return [*spec.get("initContainers", ()), *spec["containers"]]


def has_token(workload: Manifest) -> bool:
    """Whether a token of the API server is mounted in a workload's pods."""
    spec = pod_spec(workload)
    projected = [source for volume in spec.get("volumes", ()) for source in volume.get("projected", {}).get("sources", ())]
    return spec.get("automountServiceAccountToken") is not False or any("serviceAccountToken" in each for each in projected)


def env_of(container: Manifest) -> dict[str, str]:
    """The variables of a container that have a literal value."""
    return {each["name"]: each["value"] for each in container.get("env", ()) if "value" in each}


def name_of(manifest: Manifest) -> str:
    """``Service/registries/policies-system``."""
    metadata = manifest["metadata"]
    return "/".join(filter(None, (manifest["kind"], metadata.get("namespace"), metadata["name"])))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no mapping and no list, with its path."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    else:
        yield path.lstrip("."), value


@dataclass(frozen=True)
class Ended:
    """How app.py ended."""

    code: int
    out: str
    err: str


def run_app_here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str, cwd: Path) -> Ended:
    """Run app.py in this process; ``--output`` must be absolute for a synth, since Node.js keeps the folder it began in."""
    monkeypatch.chdir(cwd)
    monkeypatch.setattr(sys, "argv", ["app.py", *arguments])
    capsys.readouterr()
    try:
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    out, err = capsys.readouterr()
    return Ended(code, out, err)
