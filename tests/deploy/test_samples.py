"""The samples for Argo CD and Flux are valid, and allow and install what dist/ has."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml
from cdk8s import App

from mgmtcluster import Monitoring, Settings, rules
from tests.deploy import crds
from tests.rendering import ROOT, Manifest, Manifests, load, render

ARGO_CD = ROOT / "deploy" / "argocd"
FLUX = ROOT / "deploy" / "flux"
PROJECT = (ARGO_CD / "project.yaml").read_text()
BACKUP = {"backup": {"storage": "1Gi"}}
SAMPLES = [each for file in sorted((ROOT / "deploy").rglob("*.yaml")) for each in load(file.read_text())]
CLUSTER_WIDE, NAMESPACED = "clusterResourceWhitelist", "namespaceResourceWhitelist"


def sample(kind: str) -> Manifest:
    """The sample of this kind."""
    [found] = [each for each in SAMPLES if each["kind"] == kind]
    return found


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
    """The objects of dist/monitoring/."""
    app = App()
    Monitoring(app, settings=Settings.of({"monitoring": True}))
    yield from rules.objects_of(app)


@pytest.mark.parametrize("kind", sorted({each["kind"] for each in SAMPLES}))
def test_a_sample_is_valid(kind: str) -> None:
    """Against the definition of its kind, strictly."""
    assert crds.problems(sample(kind)) == []


@pytest.mark.parametrize("kind", sorted({each["kind"] for each in SAMPLES}))
def test_a_mistake_in_a_sample_is_found(kind: str) -> None:
    """A field that nobody knows, a value of another type, a version that is not served."""
    unknown, other, old = deepcopy(sample(kind)), deepcopy(sample(kind)), deepcopy(sample(kind))
    unknown["spec"]["unheardOf"] = 1
    other["spec"] = []
    old["apiVersion"] = old["apiVersion"].replace("/v1", "/v0")
    assert all(crds.problems(each) for each in (unknown, other, old))


def test_every_sync_option_is_one_of_argo_cds() -> None:
    """As its own documentation writes it."""
    documented = crds.argo_cd_page("user-guide/sync-options.md")
    assert all(option in documented for option in sample("Application")["spec"]["syncPolicy"]["syncOptions"])


@pytest.mark.parametrize(
    ("asked", "settings"),
    [
        ((), {}),
        (("backups",), {"registry_database": BACKUP, "metrics_database": BACKUP}),
        (("monitoring",), {"monitoring": True}),
        (("backups", "monitoring"), {"registry_database": BACKUP, "metrics_database": BACKUP, "monitoring": True}),
    ],
    ids=["by default", "backups", "monitoring", "both"],
)
def test_the_project_allows_the_kinds_that_are_there_and_no_other(asked: tuple[str, ...], settings: dict[str, Any]) -> None:
    """Each once; with the lines for backups and monitoring where the settings ask for them."""
    objects = Manifests((*render(settings).objects, *(monitoring() if "monitoring" in asked else ())))
    project = allowing(*asked)
    for scope, namespaced in ((CLUSTER_WIDE, False), (NAMESPACED, True)):
        assert sorted(allowed(project, scope)) == sorted(kinds(objects, namespaced=namespaced))
    assert crds.problems(project) == []


def test_the_project_allows_the_namespaces_that_are_there_and_no_other(objects: Manifests) -> None:
    """Those that dist/ declares; everything in it is in one of them."""
    namespaces = [each["namespace"] for each in sample("AppProject")["spec"]["destinations"]]
    assert sorted(namespaces) == sorted(each["metadata"]["name"] for each in objects.of_kind("Namespace"))
    assert {each["metadata"].get("namespace", namespaces[0]) for each in objects} <= {*namespaces}


def test_the_samples_fit_together() -> None:
    """One project, one repository, and dist/ as it is committed."""
    application, project = sample("Application")["spec"], sample("AppProject")
    assert application["project"] == project["metadata"]["name"]
    assert [application["source"]["repoURL"]] == project["spec"]["sourceRepos"] == [sample("GitRepository")["spec"]["url"]]
    assert application["source"]["path"] == "dist" == sample("Kustomization")["spec"]["path"].removeprefix("./")
    assert sample("Kustomization")["spec"]["sourceRef"]["name"] == sample("GitRepository")["metadata"]["name"]
