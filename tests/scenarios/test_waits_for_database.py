"""A registry with a sidecar that uses its database too, and that starts when the database does."""

from cdk8s import Chart

from mgmtcluster import Endpoint, ExecProbe, RegistryService, ReplicatedDatabase, Sidecar
from tests.scenarios.conftest import Golden


def scenario(chart: Chart) -> None:
    """The database is another chart's in another file; here is what its client looks like."""
    database = ReplicatedDatabase(chart, "db", members=3, storage="1Gi", node_label="db=yes", existing_secrets={})
    RegistryService(
        chart,
        "tasks",
        image="example.test/tasks:1",
        endpoint=Endpoint("tasks", "shop", 8000),
        database=database.grant("tasks", env="MONGO_URL"),
        replicas=1,
        waits_for_database=True,
        sidecars=[
            Sidecar(
                name="writer",
                image="example.test/writer:1",
                database_env="WRITER_URL",
                readiness=ExecProbe(command=["ready"]),
                liveness=ExecProbe(command=["alive"], period_seconds=30),
            )
        ],
    )


def test_waits_for_database(golden: Golden) -> None:
    """A container that runs first; one connection string for both containers."""
    golden(scenario)
