"""Kinds of objects, as the API server serves them."""

from dataclasses import dataclass
from typing import Final

from mgmtcluster.manifests import Object


@dataclass(frozen=True)
class Kind:
    """A kind of objects, as the API server serves it.

    Attributes:
        api_version: group and version, as a manifest has them.
        name: the kind, as a manifest has it.
    """

    api_version: str
    name: str

    @property
    def group(self) -> str:
        """The API group; empty for Kubernetes' first one."""
        return self.api_version.rpartition("/")[0]

    @property
    def plural(self) -> str:
        """The resource's name in paths and in RBAC rules."""
        lower = self.name.lower()
        if lower.endswith("y"):
            return f"{lower[:-1]}ies"
        return f"{lower}es" if lower.endswith("s") else f"{lower}s"

    def path(self, namespace: str | None = None) -> str:
        """The path of the list of all objects, or of those of a namespace."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        return f"{root}/namespaces/{namespace}/{self.plural}" if namespace else f"{root}/{self.plural}"

    @classmethod
    def of(cls, manifest: Object) -> "Kind":
        """The kind of a manifest."""
        return cls(manifest["apiVersion"], manifest["kind"])


POD: Final = Kind("v1", "Pod")
NODE: Final = Kind("v1", "Node")
SERVICE: Final = Kind("v1", "Service")
EVENT: Final = Kind("v1", "Event")
CONFIG_MAP: Final = Kind("v1", "ConfigMap")
NAMESPACE: Final = Kind("v1", "Namespace")
VOLUME: Final = Kind("v1", "PersistentVolume")
CLAIM: Final = Kind("v1", "PersistentVolumeClaim")
RESOURCE_QUOTA: Final = Kind("v1", "ResourceQuota")
ENDPOINT_SLICE: Final = Kind("discovery.k8s.io/v1", "EndpointSlice")
DEPLOYMENT: Final = Kind("apps/v1", "Deployment")
STATEFUL_SET: Final = Kind("apps/v1", "StatefulSet")
DAEMON_SET: Final = Kind("apps/v1", "DaemonSet")
JOB: Final = Kind("batch/v1", "Job")
SERVICE_CIDR: Final = Kind("networking.k8s.io/v1", "ServiceCIDR")
STORAGE_CLASS: Final = Kind("storage.k8s.io/v1", "StorageClass")
