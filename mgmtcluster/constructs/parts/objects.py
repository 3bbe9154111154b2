"""Kubernetes objects: written in the types of cdk8s-plus-27, turned into mappings in Python, handed to cdk8s once.

What is private to jsii stands here and nowhere else: where a generated struct keeps its values, and the names of its fields.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from types import FrameType
from typing import Any, Final, TypeVar

import jsii
from cdk8s import ApiObject, ApiObjectMetadata, JsonPatch
from cdk8s_plus_27 import k8s
from constructs import Construct, IValidation

from mgmtcluster.constructs.parts.synthesis import current_synthesis
from mgmtcluster.kinds.errors import InvalidInput

__all__ = ["Json", "Manifest", "as_mapping", "content_hash", "k8s", "number", "quantity", "sorted_json"]

Json = dict[str, Any]

_Plain = TypeVar("_Plain", k8s.Quantity, k8s.IntOrString)


class Manifest(ApiObject):
    """An object whose manifest is made in Python.

    It is completed when the app is synthesized, since only then every edge is known, and patched after that.

    Args:
        props: what cdk8s-plus-27 takes for its kind, such as ``k8s.KubeDeploymentProps(…)``; for a kind it does not know, the
            manifest itself, with ``metadata`` as ``k8s.ObjectMeta``.
        complete: gets the manifest at synth and returns the one to write. Default: as it is.
        hashed: the field whose content the name ends in a hash of, as that of a Job must. Default: the name is as it is.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        props: Any,
        *,
        complete: Callable[[Json], Json] = lambda manifest: manifest,
        hashed: Callable[[Json], Any] | None = None,
    ) -> None:
        manifest = as_mapping(props)
        self._is_custom = isinstance(props, Mapping)
        if not self._is_custom:
            manifest = {**_kind_of(type(props)), **manifest}
        self._manifest: Json = manifest
        self._complete = complete
        self._hashed = hashed
        self._patches: list[JsonPatch] = []
        self._metadata_was_touched = False
        self._written: tuple[FrameType, Json] | None = None
        super().__init__(
            scope,
            id,
            api_version=manifest["apiVersion"],
            kind=manifest["kind"],
            metadata=ApiObjectMetadata(**{key: manifest["metadata"][key] for key in _METADATA if key in manifest["metadata"]}),
        )

    def __getattribute__(self, name: str) -> Any:
        # A property of its own would be called back by Node.js for each object; most are never asked for their metadata.
        if name == "metadata":
            object.__setattr__(self, "_metadata_was_touched", True)
        return super().__getattribute__(name)

    @property
    def written_kind(self) -> str:
        """Its kind, without a call to Node.js."""
        return str(self._manifest["kind"])

    def add_json_patch(self, *ops: JsonPatch) -> None:
        """Patch the manifest as it is written: it is completed first, patched then, and named last."""
        if not self._patches:
            self.node.add_validation(_Patched(self))
        self._patches.extend(ops)

    def to_json(self) -> Any:
        """The manifest as it is written, rendered once in a synth.

        Raises:
            InvalidInput: a patch does not fit.
        """
        synthesis = current_synthesis()
        if synthesis is None:
            return self._write()
        if self._written is None or self._written[0] is not synthesis:
            self._written = (synthesis, self._write())
        return self._written[1]

    def _write(self) -> Json:
        manifest = self._complete(json.loads(json.dumps(self._manifest)))
        if self._metadata_was_touched:
            manifest["metadata"] = self._touched_metadata(manifest["metadata"])
        if self._patches:
            manifest = self._patched(manifest)
        if self._hashed:
            manifest["metadata"]["name"] += f"-{content_hash(self._hashed(manifest))}"
        first = {key: manifest.pop(key) for key in ("apiVersion", "kind", "metadata")}
        written: Json = sorted_json(first) | sorted_json(manifest)
        return written

    def _touched_metadata(self, ours: Json) -> Json:
        """What somebody else has added or changed, over ours."""
        theirs: Json = super().to_json()["metadata"]
        # cdk8s gives the chart's namespace to every object, whatever its kind.
        theirs.pop("namespace", None)
        return theirs | {key: ours[key] for key in ("name", "namespace") if key in ours}

    def _patched(self, manifest: Json) -> Json:
        try:
            patched: Json = JsonPatch.apply(manifest, *self._patches)
        except RuntimeError as error:
            name = f"{manifest['kind']} {manifest['metadata']['name']}"
            reason = str(error).partition("\n")[0]
            raise InvalidInput(
                [f"{self.node.path}: JsonPatch: does not fit {name} ({reason}); write paths of the manifest as it is written"]
            ) from None
        return patched if self._is_custom else _unwrapped(patched)


@jsii.implements(IValidation)
class _Patched:
    """What is wrong with the patches of an object, as cdk8s asks."""

    def __init__(self, patched: Manifest) -> None:
        self._patched = patched

    def validate(self) -> list[str]:
        try:
            self._patched.to_json()
        except InvalidInput as error:
            return list(error.problems)
        return []


_METADATA = ("name", "namespace", "labels", "annotations")


#: The kinds that are written here, with their versions: Node.js knows them too, and takes three calls to say so.
API_VERSIONS: Final = {
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "ConfigMap": "v1",
    "CronJob": "batch/v1",
    "Deployment": "apps/v1",
    "Job": "batch/v1",
    "Namespace": "v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PersistentVolumeClaim": "v1",
    "PodDisruptionBudget": "policy/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "Service": "v1",
    "ServiceAccount": "v1",
    "StatefulSet": "apps/v1",
    "StorageClass": "storage.k8s.io/v1",
}


def _kind_of(props: type) -> Json:
    """``apiVersion`` and ``kind`` of what these props describe, such as ``KubeDeploymentProps``."""
    kind = props.__name__.removeprefix("Kube").removesuffix("Props")
    return {"apiVersion": API_VERSIONS[kind], "kind": kind}


def as_mapping(value: Any) -> Any:
    """A generated struct as the mapping that Kubernetes reads; what is not set is left out."""
    if isinstance(value, k8s.Quantity | k8s.IntOrString):
        return vars(value)["plain"]
    if names := getattr(value, "__jsii_name_mapping__", None):
        fields = ((names[name], field) for name, field in value._values.items() if field is not None)
        return {FIELD_NAMES.get(name, name): as_mapping(field) for name, field in fields}
    if isinstance(value, Mapping):
        return {key: as_mapping(field) for key, field in value.items()}
    return [as_mapping(item) for item in value] if isinstance(value, list | tuple) else value


#: The fields that Node.js knows by another name than Kubernetes; those of a schema within a CRD are not among them.
FIELD_NAMES: Final = {
    "clientIp": "clientIP",
    "clusterIp": "clusterIP",
    "datasetUuid": "datasetUUID",
    "diskUri": "diskURI",
    "downwardApi": "downwardAPI",
    "externalId": "externalID",
    "hostIp": "hostIP",
    "hostIpc": "hostIPC",
    "hostPid": "hostPID",
    "insecureSkipTlsVerify": "insecureSkipTLSVerify",
    "loadBalancerIp": "loadBalancerIP",
    "nodeId": "nodeID",
    "nonResourceUrLs": "nonResourceURLs",
    "openApiv3Schema": "openAPIV3Schema",
    "pdId": "pdID",
    "podCidRs": "podCIDRs",
    "podCidr": "podCIDR",
    "providerId": "providerID",
    "scaleIo": "scaleIO",
    "setHostnameAsFqdn": "setHostnameAsFQDN",
    "storagePolicyId": "storagePolicyID",
    "targetCpuUtilizationPercentage": "targetCPUUtilizationPercentage",
    "targetWwNs": "targetWWNs",
    "volumeId": "volumeID",
}


#: The fields that cdk8s-plus-27 has a type of its own for, where Kubernetes takes text or a number.
PLAIN_FIELDS: Final = frozenset(
    {
        *("averageValue", "capacity", "divisor", "maxSurge", "maxUnavailable", "maximumVolumeSize", "minAvailable", "port"),
        *("sizeLimit", "targetPort", "value"),
    }
)

#: The fields that are mappings to such values.
PLAIN_MAPS: Final = frozenset(
    {
        *("capacity", "default", "defaultRequest", "hard", "limits", "max", "maxLimitRequestRatio", "min", "overhead"),
        *("podFixed", "requests"),
    }
)


def _unwrapped(value: Any, *, key: str = "", within: str = "") -> Any:
    """The JSON with what a patch holds as a ``Quantity`` or ``IntOrString``, which Node.js returns as ``{"value": …}``."""
    if isinstance(value, dict):
        if value.keys() == {"value"} and (key in PLAIN_FIELDS or within in PLAIN_MAPS) and isinstance(value["value"], str | int):
            return value["value"]
        return {name: _unwrapped(field, key=name, within=key) for name, field in value.items()}
    return [_unwrapped(item) for item in value] if isinstance(value, list) else value


@cache
def quantity(amount: str) -> k8s.Quantity:
    """A Kubernetes quantity."""
    return _plain(k8s.Quantity, amount)


@cache
def number(value: int) -> k8s.IntOrString:
    """A whole number where Kubernetes takes text too: a port, a budget."""
    return _plain(k8s.IntOrString, value)


def _plain(kind: type[_Plain], value: str | int) -> _Plain:
    """A value of a type that Node.js would make, with which it has nothing to do."""
    made = kind.__new__(kind)
    vars(made)["plain"] = value
    return made


def sorted_json(value: Any) -> Any:
    """The same JSON with the keys of every mapping in order, as cdk8s writes them."""
    if isinstance(value, dict):
        return {key: sorted_json(value[key]) for key in sorted(value)}
    return [sorted_json(item) for item in value] if isinstance(value, list) else value


def content_hash(content: Any) -> str:
    """Eight hexadecimal digits that change whenever this JSON does."""
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]
