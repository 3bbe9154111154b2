"""A metrics service between a queue and a database."""

from cdk8s import Chart

from mgmtcluster import Endpoint, MetricsService, RedisQueue, ReplicatedDatabase
from tests.scenarios.conftest import Golden

QUEUE = Endpoint("queue", "shop", 6379, scheme="redis")


def scenario(chart: Chart) -> None:
    """The queue's password and the database's Secrets are made elsewhere."""
    database = ReplicatedDatabase(chart, "db", members=3, storage="1Gi", node_label="db=yes", existing_secrets={})
    RedisQueue(
        chart, "queue", endpoint=QUEUE, lists=["SALES"], storage="1Gi", bootstrap_image="mongo:8.0.26", admin_secret="queue-admin"
    )
    MetricsService(
        chart,
        "sales",
        image="example.test/sales:1",
        endpoint=Endpoint("sales", "shop", 8889),
        database=database.grant("sales", env="MONGO_URL"),
        queue=QUEUE,
        queue_env="QUEUE_HOST",
    )


def test_metrics_service(golden: Golden) -> None:
    """Two edges, two projections: a host and a connection string."""
    golden(scenario)
