"""A made-up shop, which knows nothing of the platform."""

from typing import Any

from cdk8s import Chart

from mgmtcluster import Context, Endpoint, ExecProbe, ReplicatedDatabase, Sidecar, WebService, set_context
from mgmtcluster.testing import Manifests
from tests.rendering import render_chart

IMAGE = "example.test/app:1"
ORDERS = Endpoint("orders", "shop", 8080, node_port=30400)
TILL = Endpoint("till", "shop", 8081)


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
