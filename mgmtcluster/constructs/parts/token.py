"""The token of a ServiceAccount, for one container of a pod and no other."""

from typing import Final

from mgmtcluster.constructs.parts.objects import k8s
from mgmtcluster.constructs.parts.pods import READ_ONLY_MODE, pod_field

#: Where clients of the Kubernetes API look for it.
TOKEN_DIRECTORY: Final = "/var/run/secrets/kubernetes.io/serviceaccount"

#: Name of the volume.
TOKEN: Final = "token"


def token_volume(*, seconds: int) -> k8s.Volume:
    """What ``automountServiceAccountToken`` mounts in every container, to be mounted in those that need it.

    Args:
        seconds: how long a token lives. The kubelet replaces it before it ends.
    """
    namespace = k8s.DownwardApiVolumeFile(path="namespace", field_ref=pod_field("metadata.namespace"))
    return k8s.Volume(
        name=TOKEN,
        projected=k8s.ProjectedVolumeSource(
            default_mode=READ_ONLY_MODE,
            sources=[
                k8s.VolumeProjection(
                    service_account_token=k8s.ServiceAccountTokenProjection(path="token", expiration_seconds=seconds)
                ),
                k8s.VolumeProjection(
                    config_map=k8s.ConfigMapProjection(
                        name="kube-root-ca.crt", items=[k8s.KeyToPath(key="ca.crt", path="ca.crt")]
                    )
                ),
                k8s.VolumeProjection(downward_api=k8s.DownwardApiProjection(items=[namespace])),
            ],
        ),
    )
