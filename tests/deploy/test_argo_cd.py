"""Argo CD's own code allows and installs what its samples name: ``make test-argo``, since it takes minutes to compile."""

import os
import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from mgmtcluster.testing import Manifests, load
from tests.cluster.nodes import Nodes
from tests.deploy.argo_cd import Repository, argo_cd, refused, synced
from tests.deploy.go_programs import built
from tests.deploy.test_samples import APPLICATIONS, ASKED, IDS, PROJECT, REPOSITORY, allowing, monitoring
from tests.rendering import DIST, render, run_app
from tests.rig.kube import Json, Kubectl

pytestmark = [
    pytest.mark.argo,
    pytest.mark.skipif("KUBECONFIG" not in os.environ, reason="KUBECONFIG names no disposable cluster: docs/test-clusters.md"),
]
INSTALL, ALERTS = APPLICATIONS


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Argo CD's controller, repository server and permissions in one."""
    return built("argocd", tmp_path_factory.mktemp("argocd"))


@pytest.mark.parametrize(("asked", "settings"), ASKED, ids=IDS)
def test_argo_cd_allows_what_the_settings_need(program: Path, asked: tuple[str, ...], settings: dict[str, Any]) -> None:
    """The Application itself, and every object; with the lines for backups and monitoring where the settings ask for them."""
    project = allowing(*asked)
    assert refused(program, project, INSTALL, render(settings).objects) == []
    if "monitoring" in asked:
        assert refused(program, project, ALERTS, [*monitoring()]) == []


def test_argo_cd_refuses_what_the_project_does_not_name(program: Path) -> None:
    """No namespace, another one, another cluster or repository; a kind, and a namespace of an object."""
    for field, value in (("namespace", None), ("namespace", "default"), ("server", "https://203.0.113.10")):
        application = deepcopy(INSTALL)
        application["spec"]["destination"][field] = value
        [sentence] = refused(program, allowing(), application, [])
        assert sentence.startswith("destination ")
    application = deepcopy(INSTALL)
    application["spec"]["source"]["repoURL"] = "https://git.example.com/other.git"
    assert refused(program, allowing(), application, []) == ["repository https://git.example.com/other.git is not permitted"]
    backup = {"backup": {"storage": "1Gi"}}
    missing = refused(program, allowing(), INSTALL, render({"registry_database": backup}).objects)
    assert {sentence.partition("/")[0] for sentence in missing} == {"CronJob", "PersistentVolumeClaim"}
    elsewhere = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "default"}}
    assert refused(program, allowing(), INSTALL, [elsewhere]) == ["ConfigMap/default/one is not permitted"]


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """The disposable cluster."""
    return Kubectl(tmp_path_factory.mktemp("bin"))


@pytest.fixture(scope="module")
def nodes(kubectl: Kubectl) -> Iterator[Nodes]:
    """Five nodes with the labels of both databases."""
    made = Nodes(kubectl)
    made.start()
    made.only(**{f"node_{number}": ("registry=yes", "metrics-db=yes") for number in range(1, 6)})
    yield made
    made.stop()


@pytest.mark.usefixtures("nodes")
def test_the_controller_installs_changes_and_goes_back(program: Path, kubectl: Kubectl, tmp_path: Path) -> None:
    """dist/, then five members and another tag, then dist/ again: synced and Healthy, with the Jobs of that state alone.

    Before that, it refuses the Application without a namespace.
    """
    repository = Repository(tmp_path / "repository")
    shutil.copytree(DIST, repository.folder / "dist")
    revision = repository.commit()
    with argo_cd(program, kubectl, tmp_path):
        nowhere = deepcopy(INSTALL)
        del nowhere["spec"]["destination"]["namespace"]
        apply(kubectl, repository, PROJECT, yaml.safe_dump(nowhere))
        [condition] = kubectl.until("the Application without a namespace to be refused", lambda: conditions(kubectl))
        assert condition["type"] == "InvalidSpecError"
        assert kubectl.items("namespace", "registries") == []

        apply(kubectl, repository, yaml.safe_dump(INSTALL))
        synced(kubectl, "mgmtcluster", revision)
        first = jobs(kubectl)
        assert first == written_jobs(repository)

        (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"registry_database": {"members": 5}, "image_tag": "v2"}))
        ended = run_app("--settings", "settings.yaml", "--output", str(repository.folder / "dist"), cwd=tmp_path)
        assert ended.returncode == 0, ended.stderr
        synced(kubectl, "mgmtcluster", repository.commit())
        assert jobs(kubectl) == written_jobs(repository) != first

        shutil.rmtree(repository.folder / "dist")
        shutil.copytree(DIST, repository.folder / "dist")
        synced(kubectl, "mgmtcluster", repository.commit())
        assert jobs(kubectl) == first


def apply(kubectl: Kubectl, repository: Repository, *samples: str) -> None:
    """Apply samples as a user does: with a repository in them."""
    for sample in samples:
        kubectl("apply", "--filename=-", stdin=sample.replace(REPOSITORY["spec"]["url"], repository.url))


def conditions(kubectl: Kubectl) -> list[Json]:
    """What the controller says against the Application."""
    status = kubectl.item("application", "mgmtcluster", "--namespace=argocd").get("status", {})
    return list(status.get("conditions", ()))


def jobs(kubectl: Kubectl) -> set[str]:
    """The Jobs of the cluster that no CronJob made."""
    return {
        job["metadata"]["name"] for job in kubectl.items("jobs", "--all-namespaces") if not job["metadata"].get("ownerReferences")
    }


def written_jobs(repository: Repository) -> set[str]:
    """The Jobs in a repository's dist/."""
    files = (repository.folder / "dist").glob("*.yaml")
    return {job["metadata"]["name"] for file in files for job in Manifests(load(file.read_text())).of_kind("Job")}
