"""What is wrong with a backup is refused in Python, in one line: among the settings and among the arguments."""

from collections.abc import Mapping
from typing import Any

import pytest

from mgmtcluster import Bucket, DatabaseBackup, InvalidInput, SecretKey, Settings
from tests.constructs.made_up import database
from tests.constructs.test_backup_bucket import OF_A_CLOUD, ROLE
from tests.constructs.test_database_backup import BUCKET, CLAIM, backup
from tests.rendering import render_chart

BAD = {
    "both places": (
        {**CLAIM, "bucket": BUCKET},
        "registry_database.backup.bucket: is set beside storage; write one of them",
    ),
    "no place": (
        {"keep": 3},
        "registry_database.backup.storage: is missing, and so is bucket; write storage: 50Gi or bucket: {endpoint: …, name:",
    ),
    "nothing": ({}, "registry_database.backup.storage: is missing, and so is bucket"),
    "true": (True, "registry_database.backup: expected a mapping, got True; write KEY: VALUE pairs"),
    "four fields": (
        {**CLAIM, "schedule": "30 1 * *"},
        "registry_database.backup.schedule: '30 1 * *' is not a cron schedule; write minute hour day month weekday, as in '30",
    ),
    "a nickname": ({**CLAIM, "schedule": "@daily"}, "'@daily' is not a cron schedule; write minute hour day month weekday"),
    "a minute too many": (
        {**CLAIM, "schedule": "60 1 * * *"},
        "'60 1 * * *' is not a cron schedule: minute '60'; write 0 to 59, *, */2, 1-5 or 1,3",
    ),
    "a Sunday that is 7": (
        {**CLAIM, "drill_schedule": "0 4 * * 7"},
        "drill_schedule: '0 4 * * 7' is not a cron schedule: weekday '7'; write 0 to 6",
    ),
    "a day that never comes": ({**CLAIM, "schedule": "0 0 31 2 *"}, "'0 0 31 2 *' never runs; write a day that its month has"),
    "a number for a schedule": ({**CLAIM, "schedule": 30}, "schedule: expected text, got 30; write it in quotes"),
    "keep nothing": ({**CLAIM, "keep": 0}, "registry_database.backup.keep: 0 is out of range; write at least 1"),
    "a small claim": ({"storage": "500Mi"}, "registry_database.backup.storage: '500Mi' is smaller than 1Gi; write 1Gi or more"),
    "an endpoint without scheme": (
        {"bucket": {**BUCKET, "endpoint": "s3.example.com"}},
        "registry_database.backup.bucket.endpoint: 's3.example.com' is not an HTTP URL; write http://HOST[:PORT][/PATH]",
    ),
    "an endpoint with keys": (
        {"bucket": {**BUCKET, "endpoint": "https://me:key@s3.example.com"}},
        "is not an HTTP URL; write http://",
    ),
    "a name of a bucket": (
        {"bucket": {**BUCKET, "name": "My_Dumps"}},
        "bucket.name: 'My_Dumps' is not a bucket name; write 3 to 63",
    ),
    "a prefix with a slash": (
        {"bucket": {**BUCKET, "prefix": "/one"}},
        "bucket.prefix: '/one' is not a prefix; write names of letters",
    ),
    "a prefix that climbs": ({"bucket": {**BUCKET, "prefix": "../one"}}, "bucket.prefix: '../one' is not a prefix"),
    "a region": ({"bucket": {**BUCKET, "region": "EU West"}}, "bucket.region: 'EU West' is not a region; write a-z"),
    "a bucket without its Secret": (
        {"bucket": {"endpoint": "https://s3.example.com", "name": "dumps"}},
        "registry_database.backup.bucket.secret: is missing, and so is service_account_annotations; write secret: NAME, or the",
    ),
    "an identity of another cloud": (
        {"bucket": {**OF_A_CLOUD, "service_account_annotations": {"iam.gke.io/gcp-service-account": "a@b.example"}}},
        "registry_database.backup.bucket.service_account_annotations: 'iam.gke.io/gcp-service-account' names an identity that S3",
    ),
    "a Secret and an identity": (
        {"bucket": {**BUCKET, "service_account_annotations": ROLE}},
        "registry_database.backup.bucket.service_account_annotations: is set beside secret; write one of them",
    ),
    "an annotation of Kubernetes": (
        {"bucket": {**OF_A_CLOUD, "service_account_annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}}},
        "'kubernetes.io/enforce-mountable-secrets' belongs to Kubernetes; write another key",
    ),
    "a CA from two places": (
        {"bucket": {**BUCKET, "ca": {"secret": "a", "config_map": "b", "key": "ca.crt"}}},
        "registry_database.backup.bucket.ca.config_map: is set beside secret; write one of them",
    ),
    "a CA from nowhere": (
        {"bucket": {**BUCKET, "ca": {"key": "ca.crt"}}},
        "registry_database.backup.bucket.ca.secret: is missing, and so is config_map; write one of them",
    ),
    "a CA without its key": (
        {"bucket": {**BUCKET, "ca": {"secret": "a"}}},
        "registry_database.backup.bucket.ca.key: is missing; write it",
    ),
    "a CA without TLS": (
        {"bucket": {**BUCKET, "endpoint": "http://s3.example.com", "ca": {"secret": "a", "key": "ca.crt"}}},
        "registry_database.backup.bucket.ca: is set, but endpoint begins with http://, which shows no certificate; write https",
    ),
    "an unknown key": ({**CLAIM, "kep": 3}, "registry_database.backup.kep: is not a setting; write keep"),
    "an unknown key of a bucket": (
        {"bucket": {**BUCKET, "nam": "a"}},
        "registry_database.backup.bucket.nam: is not a setting; write name",
    ),
}


@pytest.mark.parametrize(("given", "expected"), BAD.values(), ids=BAD.keys())
def test_a_bad_setting_is_one_line(given: object, expected: str) -> None:
    """Where, what was given, what to write."""
    with pytest.raises(InvalidInput) as refused:
        Settings.of({"registry_database": {"backup": given}})
    [problem] = refused.value.problems
    assert expected in problem


def test_the_secret_of_a_user_that_is_not_made_is_refused() -> None:
    """``backup`` is a user only with a backup."""
    with pytest.raises(InvalidInput, match=r"existing_secrets\.backup: is not a user of the database"):
        Settings.of({"registry_database": {"existing_secrets": {"backup": "b"}}})
    assert Settings.of({"registry_database": {"existing_secrets": {"backup": "b"}, "backup": CLAIM}})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"bucket": Bucket(**BUCKET)}, "test/dumps: bucket: is set beside storage; write one of them"),
        ({"storage": None}, "test/dumps: storage: is missing, and so is bucket"),
        ({"schedule": "* * * *"}, "test/dumps: schedule: '* * * *' is not a cron schedule; write minute hour"),
        ({"keep": 0}, "test/dumps: keep: 0 is out of range; write at least 1"),
        ({"bucket": "dumps"}, "test/dumps: bucket: expected Bucket or None, got 'dumps'"),
    ],
)
def test_a_bad_argument_is_one_line(arguments: Mapping[str, Any], expected: str) -> None:
    """Checked before jsii sees it."""
    with pytest.raises(InvalidInput) as refused:
        render_chart(lambda chart: backup(chart, **arguments))
    [problem] = refused.value.problems
    assert problem.startswith(expected)


def test_a_name_too_long_for_a_cron_job_is_refused() -> None:
    """39 characters, of which a database itself may have 40."""
    with pytest.raises(InvalidInput, match=r"is too long for names of CronJobs; write at most 38 characters"):
        render_chart(
            lambda chart: DatabaseBackup(
                chart, "dumps", database=database(chart, name="a" * 39), schedule="0 1 * * *", keep=1, storage="1Gi"
            )
        )


def test_a_bad_bucket_is_refused_where_it_is_made() -> None:
    """By its name, each of its fields."""
    with pytest.raises(InvalidInput) as refused:
        Bucket(endpoint="s3", name="A", secret="B")
    assert [problem.partition(":")[0] for problem in refused.value.problems] == ["Bucket 'A'"] * 3


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"secret": None}, "Bucket 'dumps': secret: is missing, and so is service_account_annotations; write secret: NAME, or"),
        ({"service_account_annotations": ROLE}, "Bucket 'dumps': service_account_annotations: is set beside secret; write one"),
        ({"endpoint": "http://s3", "ca": SecretKey("a", "b")}, "Bucket 'dumps': ca: is set, but endpoint begins with http://"),
        ({"ca": "ca.crt"}, "Bucket 'dumps': ca: expected SecretKey, ConfigKey or None, got 'ca.crt'"),
    ],
)
def test_what_does_not_open_a_bucket_is_refused_where_it_is_made(fields: Mapping[str, Any], expected: str) -> None:
    """In the same words as among the settings."""
    with pytest.raises(InvalidInput) as refused:
        Bucket(**{**BUCKET, **fields})
    [problem] = refused.value.problems
    assert problem.startswith(expected)
