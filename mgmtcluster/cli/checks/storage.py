"""Storage: the class, and who makes its volumes."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from kubernetes.utils.quantity import parse_quantity

from mgmtcluster.cli.checks.claims import is_there, phase_of, wanted_claims
from mgmtcluster.cli.checks.row import Row, counted, listed
from mgmtcluster.cli.checks.view import View, is_ours
from mgmtcluster.manifests import Object, containers, name_of

#: The provisioner of classes whose volumes somebody makes by hand.
_BY_HAND: Final = "kubernetes.io/no-provisioner"

#: Provisioners of shared file systems: NFS by name, and clouds' and vendors' that speak it.
_SHARED: Final = re.compile(
    r"(^|[./-])(nfs|nasplugin|efs|filestore)(?![a-z])"  # such as nfs.csi.k8s.io, efs.csi.aws.com, filestore.csi.storage.gke.io
    r"|^cluster\.local/.*nfs|^fuseim\.pri/ifs$|^openebs\.io/nfsrwx$|^csi-isilon\.dellemc\.com$|^file\.csi\.azure\.com$"
)


def storage_class(view: View) -> Iterator[Row]:
    """The class that the settings name exists; the bundled one is the platform's own, or not there yet."""
    classes = {item["metadata"]["name"]: item for item in view.objects["StorageClass"]}
    bundled = next(view.expected.of_kind("StorageClass"), None)
    if bundled is None:
        name = str(view.expected.settings.storage_class)
        yield _named(view, name, classes[name]) if name in classes else _missing(name, sorted(classes))
        return
    name = bundled["metadata"]["name"]
    found = classes.get(name)
    if found and (not is_ours(found) or found["provisioner"] != bundled["provisioner"]):
        fix = [f"kubectl delete storageclass {name}   # its volumes stay; or name another in settings.yaml: storage_class"]
        yield Row("storage class", "fail", f"{name} is not the platform's but of {found['provisioner']}", fix)
    else:
        yield Row("storage class", "ok", f"{name} is {'there' if found else 'made by the installation'}")


def _missing(name: str, others: Sequence[str]) -> Row:
    found = f"there is no {name}; there is: {listed(others) or 'none'}"
    return Row("storage class", "fail", found, ["settings.yaml: storage_class: NAME", "make synth"])


def _named(view: View, name: str, found: Object) -> Row:
    """The row of a class that the settings name."""
    if found["provisioner"] == _BY_HAND:
        return _by_hand(view, name)
    reasons = [*_reasons_against(found)]
    if reasons:
        wanted = ", ".join(wanted for _, wanted in reasons)
        fix = [f"kubectl get storageclass {name} -o yaml   # make one like it with {wanted}, and name that"]
        return Row("storage class", "warn", "; ".join(reason for reason, _ in reasons), fix)
    return Row("storage class", "ok", f"{name} is there")


def _reasons_against(found: Object) -> Iterator[tuple[str, str]]:
    """Why a class does less than the platform promises, and what one should have instead. Kubernetes' defaults count."""
    name = found["metadata"]["name"]
    if found.get("reclaimPolicy") != "Retain":
        yield f"volumes of {name} are deleted with their claims", "reclaimPolicy: Retain"
    if found.get("volumeBindingMode") != "WaitForFirstConsumer":
        where = "a pod may find its volume where it may not run itself"
        yield f"volumes of {name} are made before a node is chosen: {where}", "volumeBindingMode: WaitForFirstConsumer"
    if _SHARED.search(found["provisioner"]):
        loses = "MongoDB and Redis may lose data there, and may not own their files"
        yield (
            f"{name} is of {found['provisioner']}, a shared file system: {loses}",
            "a provisioner of block devices or local disks",
        )


def _by_hand(view: View, name: str) -> Row:
    """The row of a class whose volumes are made by hand: one must wait for each claim, and it keeps its own reclaim policy."""
    claims = [claim for claim in wanted_claims(view) if not is_there(view, claim.name)]
    volumes = [volume for volume in view.objects["PersistentVolume"] if volume["spec"].get("storageClassName") == name]
    free = [volume for volume in volumes if phase_of(volume) == "Available"]
    sizes = sorted(parse_quantity(volume["spec"]["capacity"]["storage"]) for volume in free)  # type: ignore[no-untyped-call]
    short = []
    for claim in sorted(claims, key=lambda claim: float(parse_quantity(claim.storage))):  # type: ignore[no-untyped-call]
        large_enough = [size for size in sizes if size >= parse_quantity(claim.storage)]  # type: ignore[no-untyped-call]
        if large_enough:
            sizes.remove(large_enough[0])
        else:
            short.append(claim)
    if short:
        found = f"nobody makes volumes of {name}, and {counted(len(short), 'claim')} of {len(claims)} will find none"
        asked = listed([f"{claim.storage} for {claim.name}" for claim in short], most=20)
        return Row("storage class", "fail", found, [f"make PersistentVolumes of {name} with reclaim policy Retain: {asked}"])
    deleted = sorted(
        volume["metadata"]["name"] for volume in free if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
    )
    if deleted:
        patch = """'{"spec": {"persistentVolumeReclaimPolicy": "Retain"}}'"""
        found = f"volumes that do not outlive their claims: {listed(deleted)}"
        return Row("storage class", "warn", found, [f"kubectl patch pv {' '.join(deleted)} -p {patch}"])
    return Row("storage class", "ok", f"{name} is there, with a volume for each of {counted(len(claims), 'claim')}")


def provisioner(view: View) -> Iterator[Row]:
    """Nobody else answers to the name of the bundled provisioner."""
    bundled = next(view.expected.of_kind("StorageClass"), None)
    if bundled is None:
        return
    name = bundled["provisioner"]
    others = [
        *(item for item in view.objects["StorageClass"] if item["provisioner"] == name and not is_ours(item)),
        *(item for item in view.objects["Deployment"] if not is_ours(item) and _answers_to(item, name)),
    ]
    for item in others:
        where = f"-n {item['metadata']['namespace']} " if "namespace" in item["metadata"] else ""
        fix = [f"kubectl delete {item['kind'].lower()} {where}{item['metadata']['name']}"]
        yield Row("provisioner", "fail", f"{name_of(item)} uses the name {name} too: both would make a volume for a claim", fix)
    if not others:
        yield Row("provisioner", "ok", f"nobody else uses the name {name}")


def _answers_to(deployment: Object, name: str) -> bool:
    words = [word for item in containers(deployment) for key in ("command", "args") for word in item.get(key) or ()]
    values = [variable.get("value") for item in containers(deployment) for variable in item.get("env") or ()]
    return any(name in (text, str(text).partition("=")[2]) for text in (*words, *values))


CHECKS: Final = (storage_class, provisioner)
