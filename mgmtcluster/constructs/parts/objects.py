"""The typed Kubernetes objects that everything here is made of, and what they all carry."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from cdk8s import ApiObject, ApiObjectMetadata, Chart
from cdk8s_plus_27 import k8s
from constructs import Construct

from mgmtcluster.edges import NAME_LABEL
from mgmtcluster.kinds.errors import InvalidInput

__all__ = [
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomObject",
    "Json",
    "LateJob",
    "LateNetworkPolicy",
    "LateStatefulSet",
    "StorageClass",
    "content_hash",
    "k8s",
    "metadata",
    "namespace_of",
    "number",
    "pod_labels",
    "quantity",
    "sorted_json",
]

Json = dict[str, Any]

# Each of these is a call to the Node.js that runs cdk8s; an app asks for the same few over and over.


@cache
def quantity(amount: str) -> k8s.Quantity:
    """A Kubernetes quantity."""
    return k8s.Quantity.from_string(amount)


@cache
def number(value: int) -> k8s.IntOrString:
    """A whole number where Kubernetes takes text too: a port, a budget."""
    return k8s.IntOrString.from_number(value)


@cache
def _chart_of(scope: Construct) -> Chart:
    return Chart.of(scope)


@cache
def _chart_labels(chart: Chart) -> Mapping[str, str]:
    return chart.labels


def metadata(
    scope: Construct,
    *,
    name: str,
    namespace: str | None,
    workload: str,
    component: str,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> k8s.ObjectMeta:
    """Metadata of an object that belongs to ``workload``; the labels of its chart are added by cdk8s.

    ``object_annotations`` of the chart, where it has them, are added too: cdk8s has labels for that, but no annotations.
    """
    inherited: Mapping[str, str] = getattr(_chart_of(scope), "object_annotations", {})
    return k8s.ObjectMeta(
        name=name,
        namespace=namespace,
        labels={**_own_labels(workload, component), **(labels or {})},
        annotations={**inherited, **(annotations or {})} or None,
    )


def pod_labels(scope: Construct, *, workload: str, component: str) -> dict[str, str]:
    """Labels of pods: those of the workload and those of the chart, which cdk8s puts on objects only."""
    return {**_chart_labels(_chart_of(scope)), **_own_labels(workload, component)}


def _own_labels(workload: str, component: str) -> dict[str, str]:
    return {
        NAME_LABEL: workload,
        "app.kubernetes.io/instance": workload,
        "app.kubernetes.io/component": component,
    }


def namespace_of(scope: Construct, given: str | None) -> str:
    """The namespace a construct is told to use, else its chart's.

    Raises:
        InvalidInput: there is neither.
    """
    namespace = given or _chart_of(scope).namespace
    if not namespace:
        raise InvalidInput(
            [f"{scope.node.path}: namespace: is missing, and the chart has none; write namespace=… on one of them"]
        )
    return namespace


class _Late:
    """An object whose manifest is completed when the app is synthesized: by then every edge is known.

    ``complete`` gets the manifest as cdk8s makes it and returns the one to write.
    """

    def __init__(self, scope: Construct, id: str, *, complete: Callable[[Json], Json], **props: Any) -> None:
        self._complete = complete
        super().__init__(scope, id, **props)  # type: ignore[call-arg]  # the next class is a generated one

    def to_json(self) -> Any:
        return sorted_json(self._complete(super().to_json()))  # type: ignore[misc]


class LateNetworkPolicy(_Late, k8s.KubeNetworkPolicy):
    """A NetworkPolicy completed at synth."""


class LateJob(_Late, k8s.KubeJob):
    """A Job completed at synth."""


class LateStatefulSet(_Late, k8s.KubeStatefulSet):
    """A StatefulSet completed at synth."""


class _ClusterScoped:
    """An object without a namespace: cdk8s stamps the chart's on every object, whatever its kind."""

    def to_json(self) -> Any:
        manifest = super().to_json()  # type: ignore[misc]
        manifest["metadata"].pop("namespace", None)
        return sorted_json(manifest)


class ClusterRole(_ClusterScoped, k8s.KubeClusterRole):
    """A ClusterRole in a chart of any namespace."""


class ClusterRoleBinding(_ClusterScoped, k8s.KubeClusterRoleBinding):
    """A ClusterRoleBinding in a chart of any namespace."""


class StorageClass(_ClusterScoped, k8s.KubeStorageClass):
    """A StorageClass in a chart of any namespace."""


class CustomObject(ApiObject):
    """An object of a kind that the cluster may not know, with its spec as it is given."""

    def __init__(self, scope: Construct, id: str, *, api_version: str, kind: str, metadata: k8s.ObjectMeta, spec: Json) -> None:
        self._spec = spec
        described = ApiObjectMetadata(
            name=metadata.name, namespace=metadata.namespace, labels=metadata.labels, annotations=metadata.annotations
        )
        super().__init__(scope, id, api_version=api_version, kind=kind, metadata=described)

    def to_json(self) -> Any:
        """The manifest, with the spec as it was passed."""
        return sorted_json({**super().to_json(), "spec": self._spec})


def sorted_json(value: Any) -> Any:
    """The same JSON with the keys of every mapping in order, as cdk8s writes them."""
    if isinstance(value, dict):
        return {key: sorted_json(value[key]) for key in sorted(value)}
    return [sorted_json(item) for item in value] if isinstance(value, list) else value


def content_hash(content: Any) -> str:
    """Eight hexadecimal digits that change whenever this JSON does."""
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]
