"""A database on its way from five members to three."""

from cdk8s import Chart

from mgmtcluster import ReplicatedDatabase
from tests.scenarios.conftest import Golden


def scenario(chart: Chart) -> None:
    """Five pods, of which three vote."""
    ReplicatedDatabase(
        chart,
        "db",
        members=3,
        keep_running=5,
        storage="20Gi",
        memory="4Gi",
        node_label="example.test/disk=ssd",
        storage_class="fast",
        replica_set="main",
        image="mongo:8.0.26",
    )


def test_five_members_going_down_to_three(golden: Golden) -> None:
    """Five Services a member, three hosts in what the Job converges on, a cache of half the memory beyond 1 GiB."""
    golden(scenario)
