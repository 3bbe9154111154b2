"""A database for a laptop."""

from cdk8s import Chart

from mgmtcluster import ReplicatedDatabase
from tests.scenarios.conftest import Golden


def scenario(chart: Chart) -> None:
    """One member, on the cluster's default StorageClass, with Secrets of somebody else's."""
    ReplicatedDatabase(
        chart,
        "db",
        members=1,
        single_member_may_lose_data=True,
        storage="1Gi",
        node_label="kubernetes.io/os=linux",
        existing_secrets={"keyfile": "my-key", "root": "my-root"},
        image_pull_secrets=["registry"],
    )


def test_single_member(golden: Golden) -> None:
    """Still a replica set, with its Job."""
    golden(scenario)
