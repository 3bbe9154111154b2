"""Which objects are in a namespace, and which are the cluster's own."""

from collections.abc import Callable, Sequence
from typing import Final

from mgmtcluster.manifests import GROUPS, Object, group_of, of_kind

#: Those of Kubernetes' own kinds that are in no namespace.
CLUSTER_SCOPED: Final = frozenset(
    {
        *("APIService", "CSIDriver", "CSINode", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding"),
        *("ClusterTrustBundle", "ComponentStatus", "CustomResourceDefinition", "DeviceClass", "DeviceTaintRule", "FlowSchema"),
        *("IPAddress", "IngressClass", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"),
        *("MutatingWebhookConfiguration", "Namespace", "Node", "PersistentVolume", "PodSecurityPolicy", "PriorityClass"),
        *("PriorityLevelConfiguration", "ResourceClass", "ResourceSlice", "RuntimeClass", "SelfSubjectAccessReview"),
        *("SelfSubjectReview", "SelfSubjectRulesReview", "ServiceCIDR", "StorageClass", "StorageVersion"),
        *("StorageVersionMigration", "SubjectAccessReview", "TokenReview", "ValidatingAdmissionPolicy"),
        *("ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration", "VolumeAttachment", "VolumeAttributesClass"),
    }
)


def scope_of(objects: Sequence[Object]) -> Callable[[Object], bool | None]:
    """A function that tells whether an object is in a namespace; None where its kind comes with somebody else's installation."""
    scopes = {
        (definition["spec"]["group"], definition["spec"]["names"]["kind"]): definition["spec"]["scope"] == "Namespaced"
        for definition in of_kind(objects, "CustomResourceDefinition")
    }

    def is_namespaced(manifest: Object) -> bool | None:
        group = group_of(manifest)
        return manifest["kind"] not in CLUSTER_SCOPED if group in GROUPS else scopes.get((group, manifest["kind"]))

    return is_namespaced
