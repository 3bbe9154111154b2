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
import yaml
from cdk8s import App, Chart, YamlOutputType

from mgmtcluster import Edge, ManagementCluster, Settings, edges_of, rules

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
DATA = Path(__file__).parent / "data"

Manifest = dict[str, Any]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Manifests(tuple[Manifest, ...]):
    """Objects as they stand in the files."""

    __slots__ = ()

    def of_kind(self, *kinds: str) -> list[Manifest]:
        """The objects of these kinds."""
        return [each for each in self if each["kind"] in kinds]

    def one(self, kind: str, namespace: str | None, name: str) -> Manifest:
        """The object of this kind, namespace and name."""
        found = [
            each
            for each in self.of_kind(kind)
            if (each["metadata"].get("namespace"), each["metadata"]["name"]) == (namespace, name)
        ]
        if len(found) != 1:
            raise LookupError(f"{len(found)} objects are {kind}/{namespace}/{name}")
        return found[0]

    def job(self, namespace: str, prefix: str) -> Manifest:
        """The Job whose name is this and a hash."""
        [found] = [
            each
            for each in self.of_kind("Job")
            if each["metadata"]["namespace"] == namespace and each["metadata"]["name"].rpartition("-")[0] == prefix
        ]
        return found

    def workloads(self) -> list[Manifest]:
        """Everything with a pod template."""
        return self.of_kind("Deployment", "StatefulSet", "Job")

    def container(self, namespace: str, workload: str, container: str | None = None) -> Manifest:
        """A container of a Deployment or StatefulSet. Default: the first."""
        [owner] = [
            each
            for each in self.of_kind("Deployment", "StatefulSet")
            if (each["metadata"]["namespace"], each["metadata"]["name"]) == (namespace, workload)
        ]
        return next(each for each in pod_spec(owner)["containers"] if container in (None, each["name"]))


@dataclass(frozen=True)
class Platform:
    """The management cluster as some settings make it."""

    objects: Manifests
    edges: list[Edge]
    cluster: ManagementCluster


def load(text: str | bytes) -> Manifests:
    """The objects in YAML text."""
    return Manifests(each for each in yaml.load_all(text, Loader=_Loader) if each)


def render(settings: Mapping[str, Any] | None = None) -> Platform:
    """The platform with these settings, rendered once; without any, with all defaults."""
    return _render(json.dumps(settings or {}))


@cache
def _render(settings: str) -> Platform:
    app = App(yaml_output_type=YamlOutputType.FILE_PER_CHART)
    cluster = ManagementCluster(app, settings=Settings.of(json.loads(settings)))
    return Platform(load(app.synth_yaml()), edges_of(app), cluster)


def render_chart(define: Callable[[Chart], object], *, namespace: str | None = "shop", checked: bool = True) -> str:
    """The YAML of a chart as ``define`` fills it; ``checked`` by the general rules."""
    app = App()
    chart = Chart(app, "test", namespace=namespace, disable_resource_name_hashes=True)
    define(chart)
    if checked:
        rules.enforce(app)
    return str(app.synth_yaml())


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
    spec: Manifest = workload["spec"]["template"]["spec"]
    return spec


def containers_of(workload: Manifest) -> list[Manifest]:
    """All containers of a workload, those that run first included."""
    spec = pod_spec(workload)
    return [*spec.get("initContainers", ()), *spec["containers"]]


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
