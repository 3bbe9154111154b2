"""The samples for Argo CD and Flux are valid, and allow and install what dist/ has."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml
from cdk8s import App

from mgmtcluster import Monitoring, Settings, rules
from mgmtcluster.testing import Manifest, Manifests, load
from tests.rendering import ROOT, render
from tests.rig import crds

ARGO_CD = ROOT / "deploy" / "argocd"
FLUX = ROOT / "deploy" / "flux"
PROJECT = (ARGO_CD / "project.yaml").read_text()
BACKUP = {"backup": {"storage": "1Gi"}}
#: Settings that add kinds, and what project.yaml calls them.
ASKED: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    ((), {}),
    (("backups",), {"registry_database": BACKUP, "metrics_database": BACKUP}),
    (("monitoring",), {"monitoring": True}),
    (("backups", "monitoring"), {"registry_database": BACKUP, "metrics_database": BACKUP, "monitoring": True}),
]
IDS = ["by default", "backups", "monitoring", "both"]
SAMPLES = {
    f"{manifest['kind']} {manifest['metadata']['name']}": manifest
    for file in sorted((ROOT / "deploy").rglob("*.yaml"))
    for manifest in load(file.read_text())
}
APPLICATIONS = [SAMPLES["Application mgmtcluster"], SAMPLES["Application mgmtcluster-monitoring"]]
KUSTOMIZATIONS = [SAMPLES["Kustomization mgmtcluster"], SAMPLES["Kustomization mgmtcluster-monitoring"]]
REPOSITORY = SAMPLES["GitRepository mgmtcluster"]
CLUSTER_WIDE, NAMESPACED = "clusterResourceWhitelist", "namespaceResourceWhitelist"


def allowing(*asked: str) -> Manifest:
    """The project as it is, or with the lines that a comment offers for what was asked."""
    text = PROJECT
    for name in asked:
        [offered] = re.findall(rf"^    # With {name}.*:\n((?:    # - .+\n)+)", PROJECT, re.MULTILINE)
        text = text.replace(offered, offered.replace("    # - ", "    - "))
    project: Manifest = yaml.safe_load(text)
    return project


def allowed(project: Manifest, scope: str) -> list[tuple[str, str]]:
    """Group and kind of everything that the project allows in a scope."""
    return [(each["group"], each["kind"]) for each in project["spec"][scope]]


def kinds(objects: Manifests, *, namespaced: bool) -> set[tuple[str, str]]:
    """Group and kind of the objects with or without a namespace."""
    of_scope = (each for each in objects if ("namespace" in each["metadata"]) is namespaced)
    return {(each["apiVersion"].rpartition("/")[0], each["kind"]) for each in of_scope}


def monitoring() -> Iterator[Any]:
    """The objects of dist-monitoring/."""
    app = App()
    Monitoring(app, settings=Settings.of({"monitoring": True}))
    yield from rules.objects_of(app)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_valid(name: str) -> None:
    """Against the definition of its kind, strictly."""
    assert crds.problems(SAMPLES[name]) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_a_mistake_in_a_sample_is_found(name: str) -> None:
    """A field that nobody knows, a value of another type, a version that is not served."""
    unknown, other, old = deepcopy(SAMPLES[name]), deepcopy(SAMPLES[name]), deepcopy(SAMPLES[name])
    unknown["spec"]["unheardOf"] = 1
    other["spec"] = []
    old["apiVersion"] = old["apiVersion"].replace("/v1", "/v0")
    assert all(crds.problems(each) for each in (unknown, other, old))


def test_every_sync_option_is_one_of_argo_cds() -> None:
    """As its own documentation writes it."""
    documented = crds.argo_cd_file("docs/user-guide/sync-options.md").decode()
    options = [option for application in APPLICATIONS for option in application["spec"]["syncPolicy"]["syncOptions"]]
    assert all(option in documented for option in options)


@pytest.mark.parametrize(("asked", "settings"), ASKED, ids=IDS)
def test_the_project_allows_the_kinds_that_are_there_and_no_other(asked: tuple[str, ...], settings: dict[str, Any]) -> None:
    """Each once; with the lines for backups and monitoring where the settings ask for them."""
    objects = Manifests((*render(settings).objects, *(monitoring() if "monitoring" in asked else ())))
    project = allowing(*asked)
    for scope, namespaced in ((CLUSTER_WIDE, False), (NAMESPACED, True)):
        assert sorted(allowed(project, scope)) == sorted(kinds(objects, namespaced=namespaced))
    assert crds.problems(project) == []


def test_the_project_allows_the_namespaces_that_are_there_and_no_other(objects: Manifests) -> None:
    """Those that dist/ declares; everything in it is in one of them."""
    namespaces = [each["namespace"] for each in allowing()["spec"]["destinations"]]
    assert sorted(namespaces) == sorted(each["metadata"]["name"] for each in objects.of_kind("Namespace"))
    assert {each["metadata"].get("namespace", namespaces[0]) for each in objects} <= {*namespaces}


def test_the_samples_fit_together() -> None:
    """One project, one repository, and the folders that app.py writes."""
    project = allowing()
    urls = [application["spec"]["source"]["repoURL"] for application in APPLICATIONS]
    assert {*urls, *project["spec"]["sourceRepos"]} == {REPOSITORY["spec"]["url"]}
    for application, kustomization, folder in zip(APPLICATIONS, KUSTOMIZATIONS, ("dist", "dist-monitoring"), strict=True):
        assert application["spec"]["project"] == project["metadata"]["name"]
        assert application["spec"]["destination"] in project["spec"]["destinations"]
        assert application["spec"]["source"]["path"] == folder == kustomization["spec"]["path"].removeprefix("./")
        assert kustomization["spec"]["sourceRef"]["name"] == REPOSITORY["metadata"]["name"]
    assert KUSTOMIZATIONS[1]["spec"]["dependsOn"] == [{"name": KUSTOMIZATIONS[0]["metadata"]["name"]}]
