"""What a container reads of objects made elsewhere: variables, files, volumes."""

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import AfterValidator

from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.names import ObjectName, SecretKeyName
from mgmtcluster.kinds.quantities import Memory

_FIELDS: Final = (
    *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"),
    *("status.hostIP", "status.podIP", "status.podIPs"),
)
_LABEL_KEY: Final = r"(?:[a-z0-9.-]{1,253}/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_KEYED: Final = re.compile(rf"metadata\.(labels|annotations)\['{_LABEL_KEY}'\]")


def _field_path(text: str) -> str:
    if text not in _FIELDS and not _KEYED.fullmatch(text):
        fields = ", ".join(_FIELDS)
        raise ValueError(f"{text!r} is not a field of a pod; write one of {fields}, metadata.labels['KEY']")
    return text


@dataclass(frozen=True)
class SecretKey:
    """The key of a Secret made elsewhere, as the value of an environment variable.

    Args:
        name: name of the Secret, in the namespace of the pod.
        key: the key in it.
    """

    name: ObjectName
    key: SecretKeyName

    def __post_init__(self) -> None:
        check_fields(self, where=f"SecretKey {self.name!r}")


@dataclass(frozen=True)
class ConfigKey:
    """The key of a ConfigMap made elsewhere, as the value of an environment variable.

    Args:
        name: name of the ConfigMap, in the namespace of the pod.
        key: the key in it.
    """

    name: ObjectName
    key: SecretKeyName

    def __post_init__(self) -> None:
        check_fields(self, where=f"ConfigKey {self.name!r}")


@dataclass(frozen=True)
class PodField:
    """A field of the pod itself, as the value of an environment variable.

    Args:
        path: as Kubernetes writes it, such as ``status.podIP`` or ``metadata.name``.
    """

    path: Annotated[str, AfterValidator(_field_path)]

    def __post_init__(self) -> None:
        check_fields(self, where="PodField")


@dataclass(frozen=True)
class SecretRef:
    """A Secret made elsewhere whose every key is an environment variable.

    Args:
        name: name of the Secret, in the namespace of the pod.
    """

    name: ObjectName

    def __post_init__(self) -> None:
        check_fields(self, where=f"SecretRef {self.name!r}")


@dataclass(frozen=True)
class ConfigRef:
    """A ConfigMap made elsewhere whose every key is an environment variable.

    Args:
        name: name of the ConfigMap, in the namespace of the pod.
    """

    name: ObjectName

    def __post_init__(self) -> None:
        check_fields(self, where=f"ConfigRef {self.name!r}")


@dataclass(frozen=True)
class ConfigFile:
    """A key of a ConfigMap made elsewhere, as a file.

    The file is as it was when the container started: a later change of the ConfigMap needs a restart.

    Args:
        name: name of the ConfigMap, in the namespace of the pod.
        key: the key in it.
    """

    name: ObjectName
    key: SecretKeyName

    def __post_init__(self) -> None:
        check_fields(self, where=f"ConfigFile {self.name!r}")


@dataclass(frozen=True)
class SecretFiles:
    """A Secret made elsewhere, as a directory with a file for each key.

    Args:
        name: name of the Secret, in the namespace of the pod.
    """

    name: ObjectName

    def __post_init__(self) -> None:
        check_fields(self, where=f"SecretFiles {self.name!r}")


#: What a file of a container may be: a key of a ConfigMap, a Secret as a directory, or text, which gets a ConfigMap of its own.
FileSource = str | ConfigFile | SecretFiles

#: Who may mount a volume, as Kubernetes writes it.
Access = Literal["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"]


@dataclass(frozen=True, eq=False)
class Claim:
    """A volume that outlives its pods: a PersistentVolumeClaim.

    One value is one claim of a service: its containers that are given the same value mount the same volume. Another service that
    is given it has a claim of its own. Deleting the manifest deletes the claim, and the class says what becomes of the data.

    Args:
        size: its size.
        storage_class: Default: the cluster's default class.
        access: who may mount it at a time. Default: the pods of one node.
    """

    size: Memory
    storage_class: ObjectName | None = None
    access: Access = "ReadWriteOnce"

    def __post_init__(self) -> None:
        check_fields(self, where="Claim")

    @property
    def is_for_one(self) -> bool:
        """Whether pods on several nodes cannot mount it at a time."""
        return self.access in ("ReadWriteOnce", "ReadWriteOncePod")
