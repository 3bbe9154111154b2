"""A database that Prometheus watches."""

from cdk8s import Chart

from mgmtcluster import DatabaseMonitoring
from tests.constructs.made_up import database
from tests.scenarios.conftest import Golden


def scenario(chart: Chart) -> None:
    """By a Prometheus in a namespace of its own."""
    DatabaseMonitoring(chart, "watch", database=database(chart), prometheus_namespace="monitoring")


def test_monitoring(golden: Golden) -> None:
    """An exporter, and what it changes of the database: a user, and who may connect."""
    golden(scenario, beyond=database)
