"""What pods are given by those who run the cluster, in the types of cdk8s-plus-27."""

from collections.abc import Sequence
from typing import Any, Final

from mgmtcluster.constructs.parts.objects import as_mapping, k8s, quantity
from mgmtcluster.constructs.parts.typed import with_fields
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.pods import Pods, raised_requests

# The names that cdk8s-plus-27 has for fields that Kubernetes writes otherwise.
_TOLERATION_FIELDS: Final = {"tolerationSeconds": "toleration_seconds"}


def with_given(containers: Sequence[k8s.Container], given: Pods, *, where: str) -> list[k8s.Container]:
    """These containers with one pull policy, where one is given, and with requests that limits have the given ratio to.

    Raises:
        InvalidInput: a container has no limit that could have it; after ``where``.
    """
    changed = list(containers)
    if given.image_pull_policy:
        changed = [with_fields(container, image_pull_policy=given.image_pull_policy) for container in changed]
    if given.max_limit_request_ratio:
        changed = [with_fields(each, resources=_raised(each, given, where)) for each in changed]
    return changed


def _raised(container: k8s.Container, given: Pods, where: str) -> k8s.ResourceRequirements | None:
    resources = as_mapping(container.resources)
    try:
        requests = raised_requests(resources["requests"], resources["limits"], given.max_limit_request_ratio)
    except ValueError as error:
        raise InvalidInput([f"{where}: the container {container.name} {error}"]) from None
    return with_fields(container.resources, requests={name: quantity(amount) for name, amount in requests.items()})


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
