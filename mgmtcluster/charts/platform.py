"""Phase 00: namespaces, what holds in each of them, and volumes."""

from typing import Final

from constructs import Construct

from mgmtcluster import catalog
from mgmtcluster.charts.phase import KEPT, Phase, Wave
from mgmtcluster.constructs.local_path_provisioner import LocalPathProvisioner
from mgmtcluster.constructs.parts.objects import k8s, metadata
from mgmtcluster.settings import Settings

#: The seed writes the registry database's host as ``registry-0.registry.svc…``, as if it were in a namespace of this name.
REGISTRY_ALIAS_NAMESPACE: Final = "registry"

#: The namespace of the bundled provisioner, the only one whose pods may mount directories of a node.
STORAGE_NAMESPACE: Final = "mgmtcluster-storage"

_PROVISIONER: Final = "mgmtcluster.aios/local-path"
_STORAGE_CLASS: Final = "mgmtcluster-local-path"
_VOLUMES_DIRECTORY: Final = "/var/lib/mgmtcluster/volumes"

NAMESPACES: Final = tuple(dict.fromkeys(endpoint.namespace for endpoint in catalog.ENDPOINTS))


class Platform(Phase):
    """Define the namespaces with Pod Security and default-deny NetworkPolicies, and the bundled storage where it is used.

    Attributes:
        storage_class: name of the StorageClass that the platform's volumes are of.
    """

    def __init__(self, scope: Construct, *, settings: Settings) -> None:
        super().__init__(scope, "00-platform", wave=Wave.PLATFORM)
        for namespace in (*NAMESPACES, REGISTRY_ALIAS_NAMESPACE):
            self._namespace(namespace, pod_security="restricted")
        self.storage_class = settings.storage_class or _STORAGE_CLASS
        if not settings.storage_class:
            self._namespace(STORAGE_NAMESPACE, pod_security="privileged")
            LocalPathProvisioner(
                self,
                "storage",
                namespace=STORAGE_NAMESPACE,
                provisioner=_PROVISIONER,
                storage_class=_STORAGE_CLASS,
                directory=_VOLUMES_DIRECTORY,
                image=settings.image("local-path-provisioner"),
                helper_image=settings.image("busybox"),
            )

    def _namespace(self, name: str, *, pod_security: str) -> None:
        """A namespace, which Argo CD neither prunes nor deletes unasked: its databases' claims would go with it."""
        k8s.KubeNamespace(
            self,
            f"namespace-{name}",
            metadata=metadata(
                self,
                name=name,
                namespace=None,
                workload=name,
                component="namespace",
                labels={f"pod-security.kubernetes.io/{mode}": pod_security for mode in ("enforce", "warn")},
                annotations=KEPT,
            ),
        )
        k8s.KubeNetworkPolicy(
            self,
            f"default-deny-{name}",
            metadata=metadata(self, name="default-deny", namespace=name, workload=name, component="namespace"),
            spec=k8s.NetworkPolicySpec(pod_selector=k8s.LabelSelector(), policy_types=["Ingress", "Egress"]),
        )
