"""A service with a second name, and a client that uses it."""

from cdk8s import Chart

from mgmtcluster import Endpoint, WebService
from tests.scenarios.conftest import Golden

ORDERS = Endpoint("orders", "shop", 8080, node_port=30400)


def scenario(chart: Chart) -> None:
    """The client's edge opens both policies."""
    WebService(chart, "orders", image="example.test/orders:1", endpoint=ORDERS, aliases=["sales"], replicas=1)
    WebService(
        chart,
        "till",
        image="example.test/till:1",
        endpoint=Endpoint("till", "shop", 80),
        env={"ORDERS": ORDERS.path("/api")},
        replicas=1,
    )


def test_alias(golden: Golden) -> None:
    """Two Services on the same pods; the second one inside the cluster alone."""
    golden(scenario)
