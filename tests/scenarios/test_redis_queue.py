"""A queue that makes its own administrator's password, open outside."""

from cdk8s import Chart

from mgmtcluster import Endpoint, RedisQueue
from tests.scenarios.conftest import Golden


def scenario(chart: Chart) -> None:
    """As little as can be said."""
    RedisQueue(
        chart,
        "queue",
        endpoint=Endpoint("queue", "shop", 6379, node_port=30444, scheme="redis"),
        lists=["SALES", "RETURNS"],
        storage="1Gi",
        bootstrap_image="mongo:8.0.26",
    )


def test_redis_queue(golden: Golden) -> None:
    """A StatefulSet, its volume and its users; the Job that makes the password, and its one right."""
    golden(scenario)
