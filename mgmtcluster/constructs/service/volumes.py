"""What the containers of a service mount: directories they write to, files, claims."""

from collections.abc import Iterator
from typing import Final

from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.objects import Manifest, k8s
from mgmtcluster.constructs.parts.token import TOKEN, TOKEN_DIRECTORY, token_volume
from mgmtcluster.constructs.parts.volumes import claim_spec
from mgmtcluster.constructs.service.spec import Spec
from mgmtcluster.containers import Container
from mgmtcluster.kinds.sources import Claim, ConfigFile, SecretFiles

#: The volume of all files that are text.
_TEXTS: Final = "files"

#: How long a token lives: as long as one that Kubernetes mounts by itself, since clients read the file anew at such times.
_TOKEN_SECONDS: Final = 3607

#: The annotation that changes with those texts, so that the pods are replaced.
CHECKSUM: Final = "checksum/files"


def volumes_of(spec: Spec) -> list[k8s.Volume]:
    """The volumes of a service's pods; a claim a pod is none of them."""
    volumes = [volume for container in spec.containers for volume in _own_volumes(container)]
    if spec.main.api_token:
        volumes.append(token_volume(seconds=_TOKEN_SECONDS))
    if spec.texts:
        volumes.append(pods.config_map_volume(_TEXTS, spec.files_name))
    claims = {} if spec.claims_are_per_pod else spec.claims
    return volumes + [
        k8s.Volume(name=name, persistent_volume_claim=k8s.PersistentVolumeClaimVolumeSource(claim_name=name))
        for name in claims.values()
    ]


def _own_volumes(container: Container) -> Iterator[k8s.Volume]:
    size = container.resources.ephemeral_storage_limit
    for directory in container.writes:
        yield pods.empty_dir(pods.volume_name(container.name, directory), size)
    for path, source in container.files.items():
        name = pods.volume_name(container.name, path)
        if isinstance(source, ConfigFile):
            yield pods.config_map_volume(name, source.name)
        elif isinstance(source, SecretFiles):
            yield pods.secret_volume(name, source.name)


def mounts_of(spec: Spec, container: Container) -> list[k8s.VolumeMount]:
    """What a container mounts, and where."""
    mounts = [
        k8s.VolumeMount(name=pods.volume_name(container.name, directory), mount_path=directory) for directory in container.writes
    ]
    for path, source in container.files.items():
        name = pods.volume_name(container.name, path)
        if isinstance(source, ConfigFile):
            mounts.append(k8s.VolumeMount(name=name, mount_path=path, sub_path=source.key, read_only=True))
        elif isinstance(source, SecretFiles):
            mounts.append(k8s.VolumeMount(name=name, mount_path=path, read_only=True))
        else:
            mounts.append(k8s.VolumeMount(name=_TEXTS, mount_path=path, sub_path=name, read_only=True))
    if container.api_token:
        mounts.append(k8s.VolumeMount(name=TOKEN, mount_path=TOKEN_DIRECTORY, read_only=True))
    return mounts + [
        k8s.VolumeMount(name=spec.claims[claim], mount_path=directory) for directory, claim in container.claims.items()
    ]


def define_volumes(spec: Spec) -> list[Manifest]:
    """Define the claims that all pods of a service share, and the ConfigMap of its files that are text."""
    workload = spec.workload
    if spec.texts:
        workload.config_map("files", spec.files_name, spec.texts)
    if spec.claims_are_per_pod:
        return []
    return [
        Manifest(
            workload.scope,
            f"claim-{name}",
            k8s.KubePersistentVolumeClaimProps(metadata=workload.metadata(name), spec=_claim_spec(claim)),
        )
        for claim, name in spec.claims.items()
    ]


def claim_templates(spec: Spec) -> list[k8s.KubePersistentVolumeClaimProps]:
    """The claims that each pod makes for itself."""
    return [
        k8s.KubePersistentVolumeClaimProps(metadata=k8s.ObjectMeta(name=name), spec=_claim_spec(claim))
        for claim, name in spec.claims.items()
    ]


def _claim_spec(claim: Claim) -> k8s.PersistentVolumeClaimSpec:
    return claim_spec(claim.size, claim.storage_class, access=claim.access)
