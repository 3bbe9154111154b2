"""What the generated types of cdk8s-plus-27 hold, as mappings.

What is private to jsii stands here and nowhere else: where a generated struct keeps its values, and the names of its fields.
"""

from collections.abc import Mapping
from copy import copy
from functools import cache
from typing import Any, Final, TypeVar

from cdk8s_plus_27 import k8s

_Struct = TypeVar("_Struct", bound=Any)
_Plain = TypeVar("_Plain", k8s.Quantity, k8s.IntOrString)

#: The kinds that are written here, with their versions: Node.js knows them too, and takes three calls to say so.
API_VERSIONS: Final = {
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "ConfigMap": "v1",
    "CronJob": "batch/v1",
    "Deployment": "apps/v1",
    "HorizontalPodAutoscalerV2": "autoscaling/v2",
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


def kind_of(props: type) -> dict[str, Any]:
    """``apiVersion`` and ``kind`` of what these props describe, such as ``KubeDeploymentProps``."""
    kind = props.__name__.removeprefix("Kube").removesuffix("Props")
    return {"apiVersion": API_VERSIONS[kind], "kind": kind.removesuffix("V2")}


def as_mapping(value: Any) -> Any:
    """A generated struct as the mapping that Kubernetes reads; what is not set is left out."""
    if isinstance(value, str | int):  # most are
        return value
    if isinstance(value, k8s.Quantity | k8s.IntOrString):
        return vars(value)["plain"]
    if names := getattr(value, "__jsii_name_mapping__", None):
        fields = ((names.get(name, name), field) for name, field in value._values.items() if field is not None)
        return {FIELD_NAMES.get(name, name): as_mapping(field) for name, field in fields}
    if isinstance(value, Mapping):
        return {key: as_mapping(field) for key, field in value.items()}
    return [as_mapping(item) for item in value] if isinstance(value, list | tuple) else value


def with_fields(struct: _Struct, **fields: Any) -> _Struct:
    """The same struct with these fields replaced."""
    replaced = copy(struct)
    replaced._values = {**struct._values, **fields}
    return replaced


def with_new_field(struct: _Struct, name: str, value: Any) -> _Struct:
    """The same struct with a field that is newer than the types, under Kubernetes' name for it."""
    return with_fields(struct, **{name: value})


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


def unwrapped(value: Any, *, key: str = "", within: str = "") -> Any:
    """The JSON with what a patch holds as a ``Quantity`` or ``IntOrString``, which Node.js returns as ``{"value": …}``."""
    if isinstance(value, dict):
        if value.keys() == {"value"} and (key in PLAIN_FIELDS or within in PLAIN_MAPS) and isinstance(value["value"], str | int):
            return value["value"]
        return {name: unwrapped(field, key=name, within=key) for name, field in value.items()}
    return [unwrapped(item) for item in value] if isinstance(value, list) else value


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
