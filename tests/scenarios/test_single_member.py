"""A database for a laptop."""

from cdk8s import Chart

from mgmtcluster import Context, ReplicatedDatabase, set_context
from tests.scenarios.conftest import Golden


def scenario(chart: Chart) -> None:
    """One member, on the cluster's default StorageClass, with Secrets of somebody else's."""
    set_context(chart, Context(image_pull_secrets=["registry"]))
    ReplicatedDatabase(
        chart,
        "db",
        members=1,
        single_member_may_lose_data=True,
        storage="1Gi",
        node_label="kubernetes.io/os=linux",
        existing_secrets={"keyfile": "my-key", "root": "my-root"},
    )


def test_single_member(golden: Golden) -> None:
    """Still a replica set, with its Job."""
    golden(scenario)
