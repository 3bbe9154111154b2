"""One chart is one phase: one file, one wave, and what goes when it is deleted."""

import re

import pytest

from mgmtcluster.charts import phases
from mgmtcluster.testing import Manifest, Manifests, load
from tests.rendering import DIST, files_of, name_of

PHASES = {name: load(content) for name, content in files_of(DIST).items()}
WAVES = {f"{phase.id}.k8s.yaml": phase.wave for phase in phases.PHASES}
DATABASES = ("10-registry-database.k8s.yaml", "40-metrics-database.k8s.yaml")

each_phase = pytest.mark.parametrize("phase", PHASES)


@each_phase
def test_every_object_is_of_the_phases_wave(phase: str) -> None:
    """Argo CD waits between them."""
    waves = {each["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] for each in PHASES[phase]}
    assert waves == {str(int(WAVES[phase]))}


def test_a_phase_is_a_file_and_a_wave_waits_for_what_it_needs() -> None:
    """In install order; the platform before databases, databases before services."""
    assert [*PHASES] == [*WAVES] == sorted(WAVES)
    for phase in phases.PHASES:
        expected = phases.Wave.DATABASES if phase.database else phases.Wave.SERVICES
        assert phase.wave == (phases.Wave.PLATFORM if phase == phases.PLATFORM else expected)


@each_phase
def test_every_namespaced_object_carries_its_namespace(phase: str) -> None:
    """So that ``kubectl apply`` needs none."""
    cluster_wide = {"Namespace", "StorageClass", "ClusterRole", "ClusterRoleBinding"}
    for each in PHASES[phase]:
        assert ("namespace" in each["metadata"]) is (each["kind"] not in cluster_wide), name_of(each)


def test_namespaces_are_the_platforms_alone() -> None:
    """Deleting another file deletes no namespace; in its own file, a namespace stands before what is in it."""
    for phase, objects in PHASES.items():
        assert bool(objects.of_kind("Namespace", "StorageClass", "ClusterRole")) is phase.startswith("00")
    names = [each["metadata"]["name"] for each in PHASES["00-platform.k8s.yaml"].of_kind("Namespace")]
    seen: set[str] = set()
    for each in PHASES["00-platform.k8s.yaml"]:
        if each["kind"] == "Namespace":
            seen.add(each["metadata"]["name"])
        assert each["metadata"].get("namespace") in {None, *seen}, name_of(each)
    used = {each["metadata"]["namespace"] for objects in PHASES.values() for each in objects if "namespace" in each["metadata"]}
    assert {*names} == used


@each_phase
def test_deleting_a_phase_deletes_what_is_its_own_alone(phase: str) -> None:
    """No object stands in two files, and what a pod mounts or runs as is of its own file or of an earlier one."""
    own = {*map(name_of, PHASES[phase])}
    assert len(own) == len(PHASES[phase])
    for other, objects in PHASES.items():
        if other != phase:
            assert not own & {*map(name_of, objects)}


@each_phase
def test_what_a_pod_needs_is_of_its_own_phase_or_an_earlier_one(phase: str) -> None:
    """Its account, and each ConfigMap: kubectl applies the files in their order."""
    before = [each for other, objects in PHASES.items() if other <= phase for each in objects]
    known = {*map(name_of, before)}
    for workload in PHASES[phase].workloads():
        namespace, spec = workload["metadata"]["namespace"], workload["spec"]["template"]["spec"]
        assert f"ServiceAccount/{namespace}/{spec['serviceAccountName']}" in known
        for volume in spec.get("volumes", ()):
            if "configMap" in volume:
                assert f"ConfigMap/{namespace}/{volume['configMap']['name']}" in known, name_of(workload)


def test_what_holds_data_is_never_pruned_or_deleted_unasked() -> None:
    """Argo CD asks before it prunes or deletes a namespace; claims outlive their StatefulSet, volumes their claims."""
    for each in PHASES["00-platform.k8s.yaml"].of_kind("Namespace"):
        options = each["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]
        assert options == "Prune=confirm,Delete=confirm"
    stateful_sets = [each for objects in PHASES.values() for each in objects.of_kind("StatefulSet")]
    assert len(stateful_sets) == 3
    for each in stateful_sets:
        assert each["spec"]["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def jobs() -> list[Manifest]:
    """The Jobs of all phases."""
    return [each for objects in PHASES.values() for each in objects.of_kind("Job")]


def test_a_job_is_plain_and_named_by_its_template() -> None:
    """No hook and no time to live: with either, an apply a day later would run it again."""
    assert len(jobs()) == 5
    for job in jobs():
        assert re.fullmatch(r"[a-z-]+-[0-9a-f]{8}", job["metadata"]["name"])
        assert "ttlSecondsAfterFinished" not in job["spec"]
        assert not [key for key in job["metadata"]["annotations"] if "hook" in key]


@pytest.mark.parametrize("phase", DATABASES)
def test_a_database_is_one_phase_whole(phase: str) -> None:
    """Members, Services, scripts, users' Secrets and both Jobs: applied again, it finds its data again."""
    kinds = {each["kind"] for each in PHASES[phase]}
    assert {"StatefulSet", "Service", "ConfigMap", "Job", "PodDisruptionBudget", "NetworkPolicy", "ServiceAccount"} <= kinds
    assert "Deployment" not in kinds


def test_services_need_no_other_phase_in_their_policies(objects: Manifests) -> None:
    """Both ends of an edge stand in policies of their own workloads: without one phase the others stay as they are."""
    for policy in objects.of_kind("NetworkPolicy"):
        selected = policy["spec"]["podSelector"].get("matchLabels", {})
        assert {*selected} <= {"app.kubernetes.io/name"}
        assert policy["metadata"]["name"] in (selected.get("app.kubernetes.io/name"), "default-deny")
