"""Dumps of a database, in a bucket."""

from cdk8s import Chart

from mgmtcluster import Bucket, DatabaseBackup
from tests.constructs.made_up import database
from tests.scenarios.conftest import Golden

BUCKET = Bucket(endpoint="https://s3.example.test", name="dumps", secret="bucket-keys", prefix="shops/one", region="eu-1")


def scenario(chart: Chart) -> None:
    """Every night, of which three stay."""
    DatabaseBackup(chart, "dumps", database=database(chart), schedule="30 1 * * *", keep=3, bucket=BUCKET)


def test_backup(golden: Golden) -> None:
    """Three CronJobs, and what they change of the database: a user, and who may connect."""
    golden(scenario, beyond=database)
