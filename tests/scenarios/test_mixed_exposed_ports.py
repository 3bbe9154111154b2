"""Two ports of one Service, of which one alone is exposed."""

from cdk8s import Chart

from mgmtcluster import Endpoint, WebService
from tests.scenarios.conftest import Golden


def scenario(chart: Chart) -> None:
    """A WebSocket outside, an API inside."""
    WebService(
        chart,
        "allocator",
        image="example.test/allocator:1",
        endpoint=Endpoint("allocator", "shop", 8765, node_port=30444, scheme="ws"),
        other_endpoints=[Endpoint("allocator", "shop", 7777)],
    )


def test_mixed_exposed_ports(golden: Golden) -> None:
    """A ClusterIP Service with both, a NodePort Service with the one."""
    golden(scenario)
