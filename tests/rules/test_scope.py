"""What belongs to the whole cluster has no namespace, and a definition may tell so."""

import pytest
from cdk8s import App, Chart

from mgmtcluster import rules
from tests.rules.found import declare, found_in, problems

CLUSTER_KINDS = [
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("networking.k8s.io/v1", "IngressClass"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
    ("apiregistration.k8s.io/v1", "APIService"),
    ("gateway.networking.k8s.io/v1", "GatewayClass"),
    ("cert-manager.io/v1", "ClusterIssuer"),
    ("v1", "Namespace"),
]
DEFINITION = {"group": "example.test", "names": {"kind": "Widget"}, "scope": "Namespaced"}


@pytest.mark.parametrize(("api_version", "kind"), CLUSTER_KINDS)
def test_a_kind_without_a_namespace_has_none(api_version: str, kind: str) -> None:
    """In a chart without a namespace nothing is missing; in one with a namespace, cdk8s writes it and a server drops it."""
    for namespace in (None, "shop"):
        app = App()
        chart = Chart(app, "test", namespace=namespace)
        declare(chart, kind, "one", api_version=api_version, spec=DEFINITION)
        rules.enforce(app)
        assert found_in(app) == [], namespace


@pytest.mark.parametrize(("api_version", "kind"), CLUSTER_KINDS[:5])
def test_a_namespace_that_somebody_wrote_is_found(api_version: str, kind: str) -> None:
    """Another one than the chart's."""
    manifest = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "one", "namespace": "shop"}, "spec": DEFINITION}
    assert problems([manifest]) == [f"{kind}/shop/one: metadata.namespace: {kind} has none; leave it out"]


@pytest.mark.parametrize(
    ("scope", "namespace", "expected"),
    [
        ("Namespaced", None, "Widget/one: metadata.namespace: is missing; write it"),
        ("Namespaced", "shop", None),
        ("Cluster", None, None),
        ("Cluster", "shop", "Widget/shop/one: metadata.namespace: Widget has none; leave it out"),
    ],
)
def test_a_definition_tells_the_scope_of_its_kind(scope: str, namespace: str | None, expected: str | None) -> None:
    """Where the app brings it."""
    definition = {"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1", "metadata": {"name": "widgets"}}
    widget = {"kind": "Widget", "apiVersion": "example.test/v1", "metadata": {"name": "one", "namespace": namespace}}
    if namespace is None:
        del widget["metadata"]["namespace"]  # type: ignore[attr-defined]
    found = problems([{**definition, "spec": {**DEFINITION, "scope": scope}}, widget])
    assert found == ([expected] if expected else [])
