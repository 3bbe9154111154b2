"""Volumes on the nodes' own disks."""

from cdk8s import Chart

from mgmtcluster import LocalPathProvisioner
from tests.scenarios.conftest import Golden


def scenario(chart: Chart) -> None:
    """Under names of one's own."""
    LocalPathProvisioner(
        chart, "storage", namespace="shop", provisioner="example.test/local", storage_class="local", directory="/var/lib/shop"
    )


def test_local_path_provisioner(golden: Golden) -> None:
    """A StorageClass, what makes its volumes, and its rights."""
    golden(scenario, namespace=None)
