"""Flux applies what is in a folder of manifests, and nothing else: built by its own code, in every layout that the docs show."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from mgmtcluster.testing import Manifest, load
from tests.deploy.go_programs import built
from tests.rendering import ROOT, name_of, run_app

pytestmark = pytest.mark.slow  # a machine that never compiled Flux's code needs a minute

INSTALL, MONITORING = ((ROOT / "deploy" / "flux" / name).read_text() for name in ("kustomization.yaml", "monitoring.yaml"))
#: The folder of each cluster, and its settings, as the page has them.
CLUSTERS = {
    output: ROOT / settings
    for settings, output in re.findall(r"make synth SETTINGS=(\S+) OUTPUT=(\S+)", (ROOT / "docs" / "install.md").read_text())
}


@pytest.fixture(scope="module")
def flux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that builds with Flux's code."""
    return built("flux", tmp_path_factory.mktemp("flux"))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with dist/ and a folder for each cluster of the docs, all with monitoring."""
    folder = tmp_path_factory.mktemp("repository")
    for output, settings in {"dist": ROOT / "settings.yaml", **CLUSTERS}.items():
        file = folder / f"{Path(output).name}.json"
        file.write_text(json.dumps({**(yaml.safe_load(settings.read_text()) or {}), "monitoring": True}))
        ended = run_app("--settings", file.name, "--output", output, cwd=folder)
        assert ended.returncode == 0, ended.stderr
    return folder


def build(flux: Path, repository: Path, folder: Path, *samples: str) -> subprocess.CompletedProcess[str]:
    """Flux's build of the Kustomizations of these samples."""
    files = [folder / f"{number}.yaml" for number in range(len(samples))]
    for file, sample in zip(files, samples, strict=True):
        file.write_text(sample)
    return subprocess.run([flux, repository, *files], capture_output=True, text=True, check=False)


def applied(flux: Path, repository: Path, folder: Path, *samples: str) -> Mapping[str, list[Manifest]]:
    """What Flux applies for these samples, by the name of the Kustomization."""
    done = build(flux, repository, folder, *samples)
    assert done.returncode == 0, done.stderr
    return {name: in_order([*load(text)]) for name, text in json.loads(done.stdout).items()}


def files_of(folder: Path) -> list[Manifest]:
    """What ``kubectl apply -f FOLDER`` reads."""
    return in_order([manifest for file in folder.glob("*.yaml") for manifest in load(file.read_text())])


def in_order(manifests: list[Manifest]) -> list[Manifest]:
    """By kind and name: kubectl applies them as they are written, Flux sorts them."""
    return sorted(manifests, key=name_of)


def test_flux_applies_the_committed_dist_as_it_is(flux: Path, tmp_path: Path) -> None:
    """Every object, and every object unchanged."""
    shutil.copytree(ROOT / "dist", tmp_path / "repository" / "dist")
    assert applied(flux, tmp_path / "repository", tmp_path, INSTALL) == {"mgmtcluster": files_of(ROOT / "dist")}


@pytest.mark.parametrize("cluster", ["dist", *CLUSTERS])
def test_flux_applies_the_folders_of_a_cluster_as_kubectl_does(
    cluster: str, flux: Path, repository: Path, tmp_path: Path
) -> None:
    """With several clusters and monitoring in one repository: its own folders, one for each Kustomization."""
    samples = [sample.replace("path: ./dist", f"path: ./{cluster}") for sample in (INSTALL, MONITORING)]
    assert applied(flux, repository, tmp_path, *samples) == {
        "mgmtcluster": files_of(repository / cluster),
        "mgmtcluster-monitoring": files_of(repository / f"{cluster}-monitoring"),
    }
    kinds = {manifest["kind"] for manifest in files_of(repository / f"{cluster}-monitoring")}
    assert kinds == {"ServiceMonitor", "PrometheusRule"}


def test_the_docs_show_several_clusters() -> None:
    """What the tests here read of the page."""
    assert [*CLUSTERS] == ["clusters/production", "clusters/laptop"]


def test_flux_reads_folders_within(flux: Path, tmp_path: Path) -> None:
    """The reason why none is in another: an object of an unknown kind there stops all, one of the same name the build."""
    dist = tmp_path / "repository" / "dist"
    shutil.copytree(ROOT / "dist", dist)
    (dist / "monitoring").mkdir()
    monitor = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": "m", "namespace": "utils"},
    }
    (dist / "monitoring" / "m.yaml").write_text(json.dumps(monitor))
    assert monitor in applied(flux, dist.parent, tmp_path, INSTALL)["mgmtcluster"]
    shutil.copytree(ROOT / "dist", dist / "production")
    assert "may not add resource with an already registered id" in build(flux, dist.parent, tmp_path, INSTALL).stderr
