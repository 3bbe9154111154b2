"""What pods are given by those who run the cluster, in the types of cdk8s-plus-27."""

from collections.abc import Sequence
from typing import Any, Final

from mgmtcluster.constructs.parts.objects import k8s
from mgmtcluster.constructs.parts.typed import with_fields
from mgmtcluster.kinds.pods import Pods

# The names that cdk8s-plus-27 has for fields that Kubernetes writes otherwise.
_TOLERATION_FIELDS: Final = {"tolerationSeconds": "toleration_seconds"}


def with_pull_policy(containers: Sequence[k8s.Container], policy: str | None) -> list[k8s.Container]:
    """These containers with one pull policy; None leaves each its own."""
    return [with_fields(container, image_pull_policy=policy) for container in containers] if policy else list(containers)


def placement(given: Pods) -> dict[str, Any]:
    """Where pods run, as ``k8s.PodSpec`` takes it: nodes, taints, priority."""
    tolerations = [
        k8s.Toleration(**{_TOLERATION_FIELDS.get(name, name): value for name, value in toleration.items()})
        for toleration in given.tolerations
    ]
    return {
        "node_selector": dict(given.node_selector) or None,
        "tolerations": tolerations or None,
        "priority_class_name": given.priority_class,
    }
