"""The volumes of StatefulSets."""

from typing import Final

from mgmtcluster.constructs.parts.objects import Json, k8s, quantity

#: Name of the claim template, and of the volume in the pod.
DATA: Final = "data"

#: Volumes hold what nobody can make again: they outlive their StatefulSet and a scale-down.
RETAIN: Final = k8s.StatefulSetPersistentVolumeClaimRetentionPolicy(when_deleted="Retain", when_scaled="Retain")


def claim_spec(storage: str, storage_class: str | None, *, access: str = "ReadWriteOnce") -> k8s.PersistentVolumeClaimSpec:
    """A claim of this size; by default one node at a time may mount it."""
    return k8s.PersistentVolumeClaimSpec(
        access_modes=[access],
        storage_class_name=storage_class,
        resources=k8s.ResourceRequirements(requests={"storage": quantity(storage)}),
    )


def claim_template(storage: str, storage_class: str | None) -> k8s.KubePersistentVolumeClaimProps:
    """The claim that each pod makes for its own volume."""
    return k8s.KubePersistentVolumeClaimProps(metadata=k8s.ObjectMeta(name=DATA), spec=claim_spec(storage, storage_class))


def with_stored_claim_templates(manifest: Json) -> Json:
    """The StatefulSet with its claim templates as the API server stores them.

    Without these defaults every apply reports a change of a field that cannot be changed.
    """
    for claim in manifest["spec"].get("volumeClaimTemplates", ()):
        claim |= {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Pending"}}
        claim["spec"]["volumeMode"] = "Filesystem"
    return manifest
