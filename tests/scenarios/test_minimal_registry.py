"""A registry with nothing but what it must be told."""

from cdk8s import Chart

from mgmtcluster import Endpoint, RegistryService, ReplicatedDatabase
from tests.scenarios.conftest import Golden


def scenario(chart: Chart) -> None:
    """A registry on a database whose Secrets are made elsewhere."""
    database = ReplicatedDatabase(
        chart, "db", members=3, storage="1Gi", node_label="db=yes", existing_secrets={"keyfile": "db-key"}
    )
    RegistryService(
        chart,
        "models",
        image="example.test/models:1",
        endpoint=Endpoint("models", "shop", 8080),
        database=database.grant("models", env="URL"),
    )


def test_minimal_registry(golden: Golden) -> None:
    """Its Deployment, Service, account, budget and policy; the user that it becomes; no Job that makes Secrets."""
    golden(scenario)
