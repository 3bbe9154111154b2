"""The init container of services whose driver never connects again, under the real mongosh."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mgmtcluster.databases.replica_set import TIMEOUTS, query_of
from tests.rig.mongo.members import ReplicaSet, replica_set
from tests.rig.scripts import Mongosh
from tests.scripts import job, leaks

pytestmark = pytest.mark.slow

HOSTS = job.HOSTS[:3]
PASSWORD = "w0rd-of-the-service"
OPTIONS = "replicaSet=rs0&authSource=admin&w=majority&retryWrites=true&" + query_of(TIMEOUTS)
# Those of a service, but for an attempt, so that a set without a primary is told sooner.
IMPATIENT = OPTIONS.replace(query_of(TIMEOUTS), query_of({**TIMEOUTS, "serverSelectionTimeoutMS": "2000"}))
FORMS = {
    "slash and options": f"/?{OPTIONS}",
    "options without slash": f"?{OPTIONS}",
    "a database": f"/blocks?{OPTIONS}",
    "no options": "",
    "slash": "/",
}

Wait = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def set_() -> Iterator[ReplicaSet]:
    """A set with a primary and the service's user."""
    with replica_set(HOSTS, ["a2V5IG9mIHRoZSBzZXQ="]) as members:
        members.install(HOSTS, HOSTS[1])
        members.users["blocks-db"] = {"pwd": PASSWORD, "roles": [], "mechanisms": ["SCRAM-SHA-256"]}
        yield members


@pytest.fixture
def wait(mongosh: Mongosh, scripts: Path) -> Wait:
    """Run the init container."""

    def run(set_: ReplicaSet, tail: str = FORMS["slash and options"], **env: str) -> subprocess.CompletedProcess[str]:
        default = {
            **job.reached_by_name(set_),
            "DATABASE_URI": f"mongodb://blocks-db:{PASSWORD}@{','.join(HOSTS)}{tail}",
            "POLL_SECONDS": "0.05",
            "DEADLINE_SECONDS": "300",
        }
        return mongosh(scripts / "wait-for-primary.js", {**default, **env})

    return run


@pytest.mark.parametrize("form", ["slash and options", "options without slash", "a database"])
def test_a_primary_that_lets_the_user_in_is_the_end(form: str, wait: Wait, set_: ReplicaSet) -> None:
    """Whichever member it is, and however the URI is written."""
    result = wait(set_, FORMS[form])
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines() == ["a primary answers"]


@pytest.mark.parametrize("form", ["no options", "slash"])
def test_a_uri_without_options_is_used_as_it_is(form: str, wait: Wait, set_: ReplicaSet) -> None:
    """A single member's URI may end with its host."""
    uri = f"mongodb://blocks-db:{PASSWORD}@{HOSTS[1]}{FORMS[form]}"
    result = wait(set_, DATABASE_URI=uri)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_user_that_does_not_exist_yet_is_waited_for(wait: Wait, set_: ReplicaSet) -> None:
    """The Job that makes it comes after the primary."""
    user = set_.users.pop("blocks-db")
    logins: list[str] = []

    def create_later(host: str, command: str) -> None:
        if command == "saslStart":
            logins.append(host)
        if len(logins) > 3:
            set_.users["blocks-db"] = user

    set_.before = create_later
    result = wait(set_)
    assert result.returncode == 0, result.stdout
    assert result.stdout.splitlines() == ["waiting: the user or its password is not accepted yet", "a primary answers"]


def test_a_primary_that_is_not_elected_yet_is_waited_for(wait: Wait, set_: ReplicaSet) -> None:
    """Secondaries alone are not enough."""
    set_.primary, set_.members[HOSTS[1]].state = None, "SECONDARY"
    greetings: list[str] = []

    def elect_later(host: str, _command: str) -> None:
        greetings.append(host)
        if len(greetings) > 40 and set_.primary is None:
            set_.primary, set_.members[HOSTS[2]].state = HOSTS[2], "PRIMARY"

    set_.before = elect_later
    result = wait(set_, f"/?{IMPATIENT}")
    assert result.returncode == 0, result.stdout
    assert result.stdout.splitlines()[-1] == "a primary answers"


@pytest.mark.parametrize("missing", ["primary", "user"])
def test_it_gives_up_with_a_sentence(missing: str, wait: Wait, set_: ReplicaSet, environment: dict[str, str]) -> None:
    """What was missing, and never the password.

    Takes more than two seconds because the driver looks for a primary for two seconds.
    """
    options = IMPATIENT if missing == "primary" else OPTIONS
    if missing == "primary":
        set_.primary, set_.members[HOSTS[1]].state = None, "SECONDARY"
        expected = "gave up waiting: no primary answers (MongoServerSelectionError)"
    else:
        set_.users.clear()
        expected = "gave up waiting: the user or its password is not accepted yet"
    result = wait(set_, f"/?{options}", DEADLINE_SECONDS="1")
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == expected
    logs = leaks.files_below(Path(environment["HOME"]))
    assert logs
    assert PASSWORD not in "\n".join([result.stdout, result.stderr, *logs])


@pytest.mark.parametrize("uri", ["", "mongodb://blocks-db:w0rd-of-the-service@:::/?x"])
def test_a_uri_that_is_none_is_told(uri: str, wait: Wait, set_: ReplicaSet) -> None:
    """With a sentence, without the URI."""
    result = wait(set_, DATABASE_URI=uri, DEADLINE_SECONDS="1")
    assert result.returncode == 1
    assert "DATABASE_URI" in result.stdout
    assert PASSWORD not in result.stdout + result.stderr
