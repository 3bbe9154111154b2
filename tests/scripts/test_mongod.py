"""The test server itself, asked by another driver: it must refuse what a mongod refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from tests.rig.mongo.members import ReplicaSet, replica_set

HOSTS = ["db-0.db:27017", "db-1.db:27017", "db-2.db:27017"]
KEY = "a2V5IG9mIHRoZSBzZXQ="
MEMBERS = [{"_id": index, "host": host} for index, host in enumerate(HOSTS)]


@pytest.fixture
def set_() -> Iterator[ReplicaSet]:
    """A set of one member, and two more that are not in it."""
    with replica_set(HOSTS, [KEY]) as members:
        members.install(HOSTS[:1], HOSTS[0])
        yield members


def client(set_: ReplicaSet, user: str | None = "__system", password: str = KEY) -> MongoClient[dict[str, Any]]:
    """A direct connection to the first member."""
    port = set_.members[HOSTS[0]].port
    credentials = f"{user}:{quote_plus(password)}@" if user else ""
    return MongoClient(f"mongodb://{credentials}127.0.0.1:{port}/?directConnection=true&authSource=local")


@pytest.mark.parametrize(("user", "password"), [("__system", "wrong"), ("nobody", KEY)])
def test_wrong_credentials_are_refused(user: str, password: str, set_: ReplicaSet) -> None:
    """By the proof, not by the name alone."""
    with client(set_, user, password) as connection, pytest.raises(OperationFailure) as error:
        connection.admin.command("replSetGetStatus")
    assert error.value.code == 18


def test_right_credentials_open(set_: ReplicaSet) -> None:
    """And the server proves that it knows them too."""
    with client(set_) as connection:
        assert connection.admin.command("replSetGetConfig")["config"]["version"] == 7


def test_nothing_is_told_before_the_login(set_: ReplicaSet) -> None:
    """Except the greeting."""
    with client(set_, None) as connection:
        assert connection.admin.command("hello")["isWritablePrimary"]
        with pytest.raises(OperationFailure) as error:
            connection.admin.command("replSetGetConfig")
        assert error.value.code == 13


WRONG = {
    "two votes": ({"version": 8, "members": MEMBERS}, 103),
    "old version": ({"version": 7, "members": MEMBERS[:2]}, 103),
    "without the primary": ({"version": 8, "members": MEMBERS[1:2]}, 103),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_configuration_is_refused(what: str, set_: ReplicaSet) -> None:
    """As a primary refuses it."""
    config, code = WRONG[what]
    with client(set_) as connection, pytest.raises(OperationFailure) as error:
        connection.admin.command("replSetReconfig", {"_id": "rs0", **config})
    assert error.value.code == code


def test_a_set_is_initiated_once(set_: ReplicaSet) -> None:
    """The second time it has a configuration."""
    with client(set_) as connection, pytest.raises(OperationFailure) as error:
        connection.admin.command("replSetInitiate", {"_id": "rs0", "members": MEMBERS[:1]})
    assert error.value.code == 23
