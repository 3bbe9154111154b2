"""Classes, who makes their volumes, and volumes of an earlier installation."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from mgmtcluster.cli.checks import storage
from mgmtcluster.cli.checks.volumes import volumes
from mgmtcluster.cli.expected import Expected

from .views import expecting, item, rows, the_row, view, workload

BUNDLED = item("StorageClass", "platform-disks", provisioner="platform/disks")


def template(storage_asked: str) -> dict[str, Any]:
    """A claim template of a StatefulSet."""
    return {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": storage_asked}}}}


DATABASE = workload("StatefulSet", "registry", "registries", replicas=2, volumeClaimTemplates=[template("10Gi")])
QUEUE = workload("StatefulSet", "metrics-redis", "metrics-system", volumeClaimTemplates=[template("1Gi")])
DUMPS = item("PersistentVolumeClaim", "registry-backup", "registries", spec={"resources": {"requests": {"storage": "20Gi"}}})
OWN = expecting(BUNDLED, DATABASE, QUEUE, DUMPS)


def named(storage_class: str) -> Expected:
    """The same on a class that the settings name."""
    return expecting(DATABASE, QUEUE, settings={"storage_class": storage_class})


def of_class(name: str, provisioner: str, **fields: Any) -> dict[str, Any]:
    """A StorageClass."""
    return item("StorageClass", name, provisioner=provisioner, **fields)


def test_the_bundled_class() -> None:
    """The installation makes it, or has made it."""
    assert the_row(storage.storage_class, view(expected=OWN)).found == "platform-disks is made by the installation"
    there = of_class("platform-disks", "platform/disks", ours=True)
    assert the_row(storage.storage_class, view(there, expected=OWN)).found == "platform-disks is there"


@pytest.mark.parametrize(
    "there", [of_class("platform-disks", "platform/disks"), of_class("platform-disks", "other/disks", ours=True)]
)
def test_a_class_of_the_bundled_ones_name(there: dict[str, Any]) -> None:
    """It is deleted, or another is named."""
    row = the_row(storage.storage_class, view(there, expected=OWN))
    assert (row.verdict, row.found) == ("fail", f"platform-disks is not the platform's but of {there['provisioner']}")
    assert row.fix[0].startswith("kubectl delete storageclass platform-disks   # its volumes stay; or name another")


def test_a_class_that_is_not_there() -> None:
    """Those that are there are named."""
    row = the_row(storage.storage_class, view(expected=named("fast")))
    assert (row.verdict, row.found) == ("fail", "there is no fast; there is: none")
    row = the_row(storage.storage_class, view(of_class("slow", "x"), of_class("cold", "y"), expected=named("fast")))
    assert row.found == "there is no fast; there is: cold, slow"
    assert row.fix == ["settings.yaml: storage_class: NAME", "make synth"]


LATE = {"volumeBindingMode": "WaitForFirstConsumer"}
KEPT = {"reclaimPolicy": "Retain"}
DELETED = "volumes of fast are deleted with their claims"
EARLY = "volumes of fast are made before a node is chosen: a pod may find its volume where it may not run itself"


@pytest.mark.parametrize(
    ("fields", "found", "wanted"),
    [
        ({**LATE, "reclaimPolicy": "Delete"}, DELETED, "reclaimPolicy: Retain"),
        (LATE, DELETED, "reclaimPolicy: Retain"),
        ({**KEPT, "volumeBindingMode": "Immediate"}, EARLY, "volumeBindingMode: WaitForFirstConsumer"),
        (KEPT, EARLY, "volumeBindingMode: WaitForFirstConsumer"),
        ({}, f"{DELETED}; {EARLY}", "reclaimPolicy: Retain, volumeBindingMode: WaitForFirstConsumer"),
    ],
)
def test_a_class_that_does_less_than_is_promised(fields: dict[str, str], found: str, wanted: str) -> None:
    """It deletes volumes, or makes them too early; both are the server's defaults."""
    row = the_row(storage.storage_class, view(of_class("fast", "disks", **fields), expected=named("fast")))
    assert (row.verdict, row.found) == ("warn", found)
    assert row.fix == [f"kubectl get storageclass fast -o yaml   # make one like it with {wanted}, and name that"]


@pytest.mark.parametrize(
    "provisioner",
    [
        "nfs.csi.k8s.io",
        "k8s-sigs.io/nfs-subdir-external-provisioner",
        "cluster.local/nfs-subdir-external-provisioner",
        "cluster.local/shared-nfs-server-provisioner",
        "fuseim.pri/ifs",
        "openebs.io/nfsrwx",
        "efs.csi.aws.com",
        "filestore.csi.storage.gke.io",
        "file.csi.azure.com",
        "nasplugin.csi.alibabacloud.com",
        "csi-isilon.dellemc.com",
    ],
)
def test_a_class_of_a_shared_file_system(provisioner: str) -> None:
    """Databases are not safe on it."""
    row = the_row(storage.storage_class, view(of_class("fast", provisioner, **LATE, **KEPT), expected=named("fast")))
    assert row.verdict == "warn"
    assert row.found.startswith(f"fast is of {provisioner}, a shared file system: MongoDB and Redis may lose data there")


@pytest.mark.parametrize(
    "provisioner",
    [
        "rancher.io/local-path",
        "ebs.csi.aws.com",
        "pd.csi.storage.gke.io",
        "disk.csi.azure.com",
        "driver.longhorn.io",
        "openebs.io/local",
        "diskplugin.csi.alibabacloud.com",
        "cephfsless.example.com",
    ],
)
def test_a_class_of_disks(provisioner: str) -> None:
    """Nothing is said against one that keeps volumes, and makes them where the pod is."""
    row = the_row(storage.storage_class, view(of_class("fast", provisioner, **LATE, **KEPT), expected=named("fast")))
    assert (row.verdict, row.found) == ("ok", "fast is there")


BY_HAND = of_class("local", "kubernetes.io/no-provisioner")


def volume(name: str, size: str, phase: str = "Available", **spec: Any) -> dict[str, Any]:
    """A PersistentVolume; of the class ``local``, and kept, unless its spec says otherwise."""
    made = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": "local"}
    kept = {"persistentVolumeReclaimPolicy": "Retain"}
    return item("PersistentVolume", name, spec={**made, **kept, **spec}, status={"phase": phase}, creationTimestamp=f"of {name}")


ENOUGH = [volume("a", "1Gi"), volume("b", "10Gi"), volume("c", "12Gi")]


def test_volumes_that_are_made_by_hand() -> None:
    """One waits for each claim; the class's own reclaim policy says nothing of them."""
    for policy in ({}, {"reclaimPolicy": "Delete"}, {"reclaimPolicy": "Retain"}):
        row = the_row(storage.storage_class, view({**BY_HAND, **policy}, *ENOUGH, expected=named("local")))
        assert (row.verdict, row.found) == ("ok", "local is there, with a volume for each of 3 claims")


@pytest.mark.parametrize(
    ("there", "short"),
    [
        (
            [],
            ", ".join(
                ["1Gi for metrics-system/data-metrics-redis-0", *(f"10Gi for registries/data-registry-{n}" for n in (0, 1))]
            ),
        ),
        ([volume("a", "1Gi"), volume("b", "10Gi"), volume("c", "9Gi")], "10Gi for registries/data-registry-1"),
        ([volume("a", "100Gi"), volume("b", "10Gi")], "10Gi for registries/data-registry-1"),
        ([*ENOUGH[:2], volume("c", "12Gi", storageClassName="other")], "10Gi for registries/data-registry-1"),
        ([*ENOUGH[:2], volume("c", "12Gi", "Bound")], "10Gi for registries/data-registry-1"),
    ],
)
def test_volumes_by_hand_that_are_missing(there: list[dict[str, Any]], short: str) -> None:
    """Nobody makes them: each claim that none is large enough for is named."""
    row = the_row(storage.storage_class, view(BY_HAND, *there, expected=named("local")))
    assert (row.verdict, row.fix) == ("fail", [f"make PersistentVolumes of local with reclaim policy Retain: {short}"])
    number = len(short.split(", "))
    assert row.found == f"nobody makes volumes of local, and {number} claim{'s' * (number > 1)} of 3 will find none"


def test_claims_that_are_there_ask_for_no_volume() -> None:
    """They have theirs."""
    claims = [item("PersistentVolumeClaim", f"data-registry-{ordinal}", "registries", ours=True) for ordinal in (0, 1)]
    row = the_row(storage.storage_class, view(BY_HAND, *claims, volume("a", "1Gi"), expected=named("local")))
    assert (row.verdict, row.found) == ("ok", "local is there, with a volume for each of 1 claim")


def test_volumes_by_hand_that_do_not_outlive_their_claims() -> None:
    """Those that have the policy themselves; a command changes it."""
    deleted = volume("b", "10Gi", persistentVolumeReclaimPolicy="Delete")
    row = the_row(storage.storage_class, view(BY_HAND, ENOUGH[0], deleted, ENOUGH[2], expected=named("local")))
    assert (row.verdict, row.found) == ("warn", "volumes that do not outlive their claims: b")
    assert row.fix == ["""kubectl patch pv b -p '{"spec": {"persistentVolumeReclaimPolicy": "Retain"}}'"""]


def deployment(**container: Any) -> dict[str, Any]:
    """Somebody's provisioner."""
    return workload("Deployment", "provisioner", "disks", {"name": "one", **container})


@pytest.mark.parametrize(
    "other",
    [
        deployment(command=["start", "platform/disks"]),
        deployment(args=["--provisioner-name=platform/disks"]),
        deployment(env=[{"name": "PROVISIONER", "value": "platform/disks"}]),
        of_class("fast", "platform/disks"),
    ],
)
def test_others_who_answer_to_the_provisioners_name(other: dict[str, Any]) -> None:
    """By its name in a command, an argument, a variable or a class."""
    row = the_row(storage.provisioner, view(other, expected=OWN))
    assert (row.verdict, "uses the name platform/disks too" in row.found) == ("fail", True)
    where = "deployment -n disks provisioner" if other["kind"] == "Deployment" else "storageclass fast"
    assert row.fix == [f"kubectl delete {where}"]


@pytest.mark.parametrize(
    "other",
    [
        deployment(args=["--provisioner-name=other/disks"]),
        of_class("fast", "other/disks"),
        of_class("platform-disks", "platform/disks", ours=True),
        {**deployment(args=["platform/disks"]), **item("Deployment", "provisioner", "disks", ours=True)},
    ],
)
def test_nobody_else_answers_to_the_provisioners_name(other: dict[str, Any]) -> None:
    """Another name, or the platform's own."""
    assert the_row(storage.provisioner, view(other, expected=OWN)).verdict == "ok"


def test_without_a_bundled_provisioner_nobody_is_in_its_way() -> None:
    """There is no row."""
    assert [*rows(storage.provisioner, view(expected=named("fast")))] == []


def released(name: str, claim: str, size: str = "10Gi") -> dict[str, Any]:
    """A volume whose claim was deleted."""
    namespace, _, claim_name = claim.partition("/")
    reference = {"namespace": namespace, "name": claim_name, "uid": "1"}
    return volume(name, size, "Released", claimRef=reference, storageClassName="platform-disks")


def test_no_volume_waits() -> None:
    """None is there; none that is Released was of the platform; none of the platform's is Released."""
    others = [released("a", "shop/data-web-0"), released("b", "registries/data-registry-7")]
    bound = volume("c", "10Gi", "Bound", claimRef={"namespace": "registries", "name": "data-registry-0"})
    for there in ([], others, [bound], [volume("d", "1Gi")]):
        assert the_row(volumes, view(*there, expected=OWN)).verdict == "ok"


def test_volumes_that_wait_are_adopted() -> None:
    """Each by commands of its own, after the namespaces are there; its claim is as the volume says."""
    there = [
        released("a", "registries/data-registry-0"),
        released("b", "metrics-system/data-metrics-redis-0", "1Gi"),
        released("c", "registries/registry-backup", "20Gi"),
    ]
    row = the_row(volumes, view(*there, expected=OWN))
    assert row.verdict == "fail"
    assert row.found.endswith("a (data of the database registry), b (data of metrics-redis), c (data of registry-backup)")
    assert row.fix[0] == "kubectl apply -f dist/00-platform.k8s.yaml"
    claim = yaml.safe_load(row.fix[1].partition("<<'END'\n")[2].partition("END\n")[0])
    assert claim["metadata"] == {"namespace": "registries", "name": "data-registry-0"}
    assert claim["spec"] == {
        "volumeName": "a",
        "storageClassName": "platform-disks",
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "10Gi"}},
    }
    assert "kubectl patch pv b --type=json" in row.fix[2]
    assert len(row.fix) == 4


def test_a_volume_without_a_class_is_adopted_without_one() -> None:
    """An empty class is written as one."""
    there = released("a", "registries/data-registry-0")
    del there["spec"]["storageClassName"]
    row = the_row(volumes, view(there, expected=OWN))
    assert yaml.safe_load(row.fix[1].partition("<<'END'\n")[2].partition("END\n")[0])["spec"]["storageClassName"] == ""


def test_of_several_volumes_of_a_claim_one_is_chosen() -> None:
    """By a person, who looks at them from the oldest on."""
    there = [released(name, "registries/data-registry-0") for name in ("b", "a")]
    row = the_row(volumes, view(*there, expected=OWN))
    assert (row.verdict, row.found) == (
        "fail",
        "2 Released volumes were of registries/data-registry-0 (data of the database registry): choose one of them",
    )
    assert [line.partition("   #")[0] for line in row.fix] == [
        "kubectl describe pv a",
        "kubectl describe pv b",
        "kubectl delete pv NAME",
        "mgmtcluster preflight",
    ]


def test_volumes_that_came_too_late() -> None:
    """A new claim has their place: a warning, beside those that still wait."""
    claim = item("PersistentVolumeClaim", "data-registry-0", "registries", ours=True)
    late, waits = released("a", "registries/data-registry-0"), released("b", "registries/data-registry-1")
    first, second = rows(volumes, view(claim, late, waits, expected=OWN))
    assert (first.verdict, second.verdict) == ("fail", "warn")
    assert second.found == "Released, and a new one has their place: a"
    assert second.fix == ["kubectl delete pv a   # when nobody needs the data in them"]
