"""A made-up shop, which knows nothing of the platform."""

from collections.abc import Callable
from typing import Any

import pytest
from cdk8s import App, Chart

from mgmtcluster import (
    Cluster,
    Context,
    DatabaseAlerts,
    Endpoint,
    ExecProbe,
    InvalidInput,
    LocalPathProvisioner,
    ReplicatedDatabase,
    Sidecar,
    WebService,
    rules,
    set_context,
)
from mgmtcluster.testing import Manifest, Manifests
from tests.rendering import render_chart

IMAGE = "example.test/app:1"
ORDERS = Endpoint("orders", "shop", 8080, node_port=30400)
TILL = Endpoint("till", "shop", 8081)
QUEUE = Endpoint("queue", "shop", 6379, scheme="redis")

#: What makes constructs in a chart.
Define = Callable[[Chart], object]


def web_service(chart: Chart, id: str = "orders", **arguments: Any) -> WebService:
    """A service with as little as can be said, and what is given."""
    return WebService(chart, id, **{"image": IMAGE, "endpoint": ORDERS, **arguments})


def database(chart: Chart, id: str = "db", **arguments: Any) -> ReplicatedDatabase:
    """A database with as little as can be said, and what is given."""
    return ReplicatedDatabase(chart, id, **{"members": 3, "storage": "1Gi", "node_label": "db=yes", **arguments})


def sidecar(**arguments: Any) -> Sidecar:
    """A sidecar with as little as can be said, and what is given."""
    probes = {"readiness": ExecProbe(command=["ready"]), "liveness": ExecProbe(command=["alive"], period_seconds=30)}
    return Sidecar(**{"name": "helper", "image": "example.test/helper:1", **probes, **arguments})


def orders(*, context: Context | None = None, **arguments: Any) -> Manifests:
    """The objects of one service with these arguments, in a chart with this context."""

    def define(chart: Chart) -> None:
        if context:
            set_context(chart, context)
        web_service(chart, **arguments)

    return render_chart(define)


def written(chart: Chart, kind: str, name: str) -> dict[str, Any]:
    """The manifest of this kind whose name begins so."""
    manifests: list[dict[str, Any]] = chart.to_json()
    [found] = [each for each in manifests if each["kind"] == kind and each["metadata"]["name"].startswith(name)]
    return found


def chart_of_a_shop() -> Chart:
    """A chart whose rules are enforced."""
    app = App()
    rules.enforce(app)
    return Chart(app, "test", namespace="shop")


def in_cluster(cluster: Cluster, define: Define, *, node_address: str | None = None) -> Manifests:
    """What is made in a chart of this cluster."""

    def all_of_it(chart: Chart) -> None:
        set_context(chart, Context(cluster=cluster, node_address=node_address))
        define(chart)

    return render_chart(all_of_it)


def provisioner(chart: Chart) -> None:
    """What asks the API server for its whole life."""
    LocalPathProvisioner(
        chart, "storage", namespace="shop", provisioner="example.test/local", storage_class="local", directory="/var/volumes"
    )


def refused(define: Define, *, namespace: str | None = "shop") -> tuple[str, ...]:
    """What is said of it."""
    with pytest.raises(InvalidInput) as error:
        render_chart(define, namespace=namespace)
    assert all("\n" not in problem for problem in error.value.problems)
    return error.value.problems


def alerts(**arguments: Any) -> tuple[Manifest, Manifest]:
    """The ServiceMonitor and the PrometheusRule of a database."""
    given = {"database": "db", "namespace": "shop", "members": 3, **arguments}
    monitor, rule = render_chart(lambda chart: DatabaseAlerts(chart, "alerts", **given))
    return monitor, rule
