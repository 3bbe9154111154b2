"""Keys of labels and annotations that somebody owns, and those that are free for whoever runs the cluster."""

from typing import Annotated, Final

from pydantic import AfterValidator

from mgmtcluster.kinds.names import label_key

_OURS: Final = "this project, which sets it"

#: Whole keys, and what owns each.
_KEYS: Final = {
    **{f"app.kubernetes.io/{name}": _OURS for name in ("component", "instance", "managed-by", "name", "part-of", "version")},
    "controller-revision-hash": "Kubernetes' controller of StatefulSets",
    "controller-uid": "Kubernetes' controller of Jobs",
    "defaultVolumeType": "the storage provisioner",
    "job-name": "Kubernetes' controller of Jobs",
    "pod-template-hash": "Kubernetes' controller of Deployments",
    "prometheus.io/monitor": _OURS,
}

#: Domains, and what owns every key in them and below them.
_DOMAINS: Final = {
    "argocd.argoproj.io": "Argo CD",
    "checksum": _OURS,
    "pod-security.kubernetes.io": "Pod Security, whose levels this project sets",
    "kubernetes.io": "Kubernetes",
    "k8s.io": "Kubernetes",
}

#: Kubernetes' own keys that its documentation gives to users: with a slash at their end, all of a domain.
_FREE: Final = (
    "app.kubernetes.io/created-by",
    "cluster-autoscaler.kubernetes.io/",
    "controller.kubernetes.io/pod-deletion-cost",
    "kubernetes.io/description",
    "kubernetes.io/egress-bandwidth",
    "kubernetes.io/ingress-bandwidth",
    "scheduler.alpha.kubernetes.io/",
)


def free_key(text: str) -> str:
    """The key of a label or an annotation that neither Kubernetes, Argo CD nor this project owns."""
    owner = owner_of(label_key(text))
    if owner:
        raise ValueError(f"{text!r} belongs to {owner}; write another key")
    return text


def owner_of(key: str) -> str | None:
    """What owns a key; None where everybody may set it."""
    if key in _KEYS:
        return _KEYS[key]
    if any(key == free or (free.endswith("/") and key.startswith(free)) for free in _FREE):
        return None
    domain = key.rpartition("/")[0]
    return next((owner for own, owner in _DOMAINS.items() if domain == own or domain.endswith(f".{own}")), None)


def service_annotation_key(text: str) -> str:
    """The key of a Service's annotation; those of Kubernetes' domains configure load balancers."""
    owner = owner_of(label_key(text))
    if owner not in (None, "Kubernetes"):
        raise ValueError(f"{text!r} belongs to {owner}; write another key")
    return text


ServiceAnnotationKey = Annotated[str, AfterValidator(service_annotation_key)]
FreeKey = Annotated[str, AfterValidator(free_key)]
