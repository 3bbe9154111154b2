"""The first phase: namespaces, what holds in each of them, and volumes."""

from typing import Final

from constructs import Construct

from mgmtcluster import catalog
from mgmtcluster.charts.phase_chart import KEPT, PhaseChart
from mgmtcluster.charts.phases import PLATFORM
from mgmtcluster.constructs.local_path_provisioner import LocalPathProvisioner
from mgmtcluster.constructs.parts.objects import Manifest, k8s
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.settings import Settings
from mgmtcluster.settings.pods import MetadataSettings

#: The namespace of the bundled provisioner, the only one whose pods may mount directories of a node.
STORAGE_NAMESPACE: Final = "mgmtcluster-storage"

_PROVISIONER: Final = "mgmtcluster.aios/local-path"
_STORAGE_CLASS: Final = "mgmtcluster-local-path"


class Platform(PhaseChart):
    """Define the namespaces with Pod Security and default-deny NetworkPolicies, and the bundled storage where it is used.

    Attributes:
        storage_class: name of the StorageClass that the platform's volumes are of.
    """

    def __init__(self, scope: Construct, *, settings: Settings) -> None:
        super().__init__(scope, PLATFORM, settings=settings)
        for namespace in catalog.NAMESPACES:
            self._namespace(namespace, settings.namespaces, pod_security="restricted")
            self._deny(namespace)
        for namespace in catalog.ALIAS_NAMESPACES if settings.registry_namespace else ():
            # Names of Services alone are in it: what others run there, such as an image registry, goes on as it is.
            self._namespace(namespace, settings.namespaces, pod_security=None)
        self.storage_class = settings.storage_class or _STORAGE_CLASS
        if not settings.storage_class:
            self._namespace(STORAGE_NAMESPACE, settings.namespaces, pod_security="privileged")
            self._deny(STORAGE_NAMESPACE)
            LocalPathProvisioner(
                self,
                "storage",
                namespace=STORAGE_NAMESPACE,
                provisioner=_PROVISIONER,
                storage_class=_STORAGE_CLASS,
                directory=settings.volumes_directory,
                selinux=settings.volumes_selinux,
                image=settings.image("local-path-provisioner"),
                helper_image=settings.image("busybox"),
            )

    def _namespace(self, name: str, more: MetadataSettings, *, pod_security: str | None) -> None:
        """A namespace, which Argo CD neither prunes nor deletes unasked: its databases' claims would go with it."""
        workload = Workload(self, Peer(name, name), "namespace")
        labels = {f"pod-security.kubernetes.io/{mode}": pod_security for mode in ("enforce", "warn") if pod_security}
        metadata = workload.metadata(labels={**more.labels, **labels}, annotations={**more.annotations, **KEPT}, namespaced=False)
        Manifest(self, f"namespace-{name}", k8s.KubeNamespaceProps(metadata=metadata))

    def _deny(self, namespace: str) -> None:
        """What no other policy of the namespace allows is denied, in both directions."""
        workload = Workload(self, Peer(namespace, namespace), "namespace")
        spec = k8s.NetworkPolicySpec(pod_selector=k8s.LabelSelector(), policy_types=["Ingress", "Egress"])
        props = k8s.KubeNetworkPolicyProps(metadata=workload.metadata("default-deny"), spec=spec)
        Manifest(self, f"default-deny-{namespace}", props)
