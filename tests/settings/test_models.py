"""Each model of the settings tells everything that is wrong with it, by itself and together with the others."""

from typing import Any

import pytest
from pydantic import ValidationError

from mgmtcluster import InvalidInput, Settings
from mgmtcluster.settings import DatabaseSettings
from mgmtcluster.settings.databases import BackupSettings

BUCKET = {"endpoint": "https://s3.example.com", "name": "dumps", "secret": "keys"}


def places(error: ValidationError) -> set[str]:
    """The paths to what is wrong."""
    return {".".join(map(str, details["loc"])) for details in error.errors()}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"members": 4}, {"members"}),
        ({"members": 1}, {"members"}),
        ({"members": 5, "keep_running": 4}, {"keep_running"}),
        ({"members": 3, "replace_member": 3}, {"replace_member"}),
        ({"members": 4, "storage": "10Gb"}, {"members", "storage"}),
        ({"members": 4, "member": 3}, {"members", "member"}),
        ({"members": 1, "single_member_may_lose_data": "yes"}, {"members", "single_member_may_lose_data"}),
        ({"members": 3, "keep_running": "5", "replace_member": 7}, {"keep_running", "replace_member"}),
        ({"members": "3", "keep_running": 2}, {"members"}),
    ],
)
def test_numbers_of_members_are_checked_beside_wrong_fields(fields: dict[str, Any], wrong: set[str]) -> None:
    """A field that is wrong by itself neither hides what else is wrong nor is judged by its default."""
    with pytest.raises(ValidationError) as error:
        DatabaseSettings.model_validate(fields)
    assert places(error.value) == wrong


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"storage"}),
        ({"storage": "1Gi", "bucket": BUCKET}, {"bucket"}),
        ({"storage": "1M", "bucket": BUCKET}, {"storage", "bucket"}),
        ({"storage": "1Gi", "bucket": {}}, {"bucket", "bucket.endpoint", "bucket.name", "bucket.secret"}),
        ({"storage": "1M"}, {"storage"}),
        ({"keep": 0}, {"keep", "storage"}),
    ],
)
def test_dumps_go_to_one_place_even_where_it_is_wrong(fields: dict[str, Any], wrong: set[str]) -> None:
    """A place that is wrong by itself is a place."""
    with pytest.raises(ValidationError) as error:
        BackupSettings.model_validate(fields)
    assert places(error.value) == wrong


def test_what_is_right_is_a_frozen_model_with_its_defaults() -> None:
    """The same through every door."""
    assert DatabaseSettings.model_validate({"members": 5}) == DatabaseSettings(members=5)
    assert Settings.of({"registry_database": {"members": 5}}).registry_database.storage == DatabaseSettings().storage


def test_all_models_and_the_rules_across_them_speak_at_once() -> None:
    """One line for every mistake, none twice."""
    database = {"members": 4, "storage": "10Gb", "member": 1, "feature_compatibility_version": "9.0", "backup": {"keep": 0}}
    raw = {
        "cluster_domain": "example.test",
        "cluster": {"cidrs": ["10.0.0.0/8", "x"]},
        "outside_cidrs": ["10.1.0.0/16", "10.1.0.0/16"],
        "registry_database": {**database, "existing_secrets": {"nobody": "a"}},
        "services": {"parser": {"replicas": 0, "resources": {"requests": {"memory": "1Gi"}}}, "nobody": {}},
    }
    with pytest.raises(InvalidInput) as error:
        Settings.of(raw, where="mine")
    assert sorted(problem.split(": ")[1] for problem in error.value.problems) == [
        "cluster.cidrs.1",
        "cluster_domain",
        "outside_cidrs",
        "outside_cidrs",
        "registry_database.backup.keep",
        "registry_database.backup.storage",
        "registry_database.existing_secrets.nobody",
        "registry_database.feature_compatibility_version",
        "registry_database.member",
        "registry_database.members",
        "registry_database.storage",
        "services.nobody",
        "services.parser.replicas",
        "services.parser.resources.limits.memory",
    ]
    assert len({*error.value.problems}) == len(error.value.problems)
