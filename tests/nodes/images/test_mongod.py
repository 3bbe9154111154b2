"""The stand-in for mongod: three processes, asked by the real mongosh and by another driver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo.errors import AutoReconnect, DuplicateKeyError, OperationFailure

from tests.nodes.images.members import KEY, Members, within
from tests.scripts.conftest import SCRIPTS, Mongosh, environment, mongosh, mongosh_path  # noqa: F401
from tests.scripts.job import last_line

CONVERGE = SCRIPTS / "converge.js"
OTHER_KEY = "c29tZWJvZHkgZWxzZSdz"


@pytest.fixture
def members(tmp_path: Path) -> Iterator[Members]:
    """Three members, not started."""
    made = Members(tmp_path / "set", 3)
    yield made
    made.stop()


@pytest.fixture
def converged(members: Members, mongosh: Mongosh) -> Members:  # noqa: F811
    """Three members of one set, with users."""
    for number in range(3):
        members.start(number)
    result = mongosh(CONVERGE, members.request())
    assert result.returncode == 0, result.stdout + "".join(members.log(number) for number in range(3))
    return members


def test_a_set_lives_through_what_happens_to_it(converged: Members, mongosh: Mongosh) -> None:  # noqa: F811
    """Acknowledged writes outlive a crash of the primary, a lost directory, the loss of power, and members that go."""
    with converged.client("blocks-db") as client:
        numbers = client.blocks.numbers
        for number in range(20):
            numbers.insert_one({"_id": number})
        first = converged.primary()
        converged.kill(first)
        numbers.insert_one({"_id": 20})
        assert converged.primary() != first
        assert numbers.estimated_document_count() == 21

        converged.wipe(first)
        converged.start(first)
        within(10, lambda: converged.state(first) == "secondary")
        with converged.member(first) as alone:
            assert alone.blocks.numbers.find_one({"_id": 20}) == {"_id": 20}

        for number in range(3):
            converged.kill(number)
        for number in range(3):
            converged.start(number)
        converged.primary()
        assert [each["_id"] for each in numbers.find()] == list(range(21))
    again = mongosh(CONVERGE, converged.request())
    assert again.stdout.count("kept user") == 2
    assert again.returncode == 0, again.stdout

    fewer = mongosh(CONVERGE, converged.request(2))
    assert last_line(fewer) == "all 2 members are primary or secondary", fewer.stdout
    within(10, lambda: converged.state(2) is None)


def test_a_primary_without_a_majority_steps_down_and_leads_again(converged: Members) -> None:
    """What it could not replicate was never acknowledged, and a signal ends each member with 0."""
    first = converged.primary()
    others = [number for number in range(3) if number != first]
    for number in others:
        converged.kill(number)
    with converged.client("blocks-db", retryWrites=False) as client, pytest.raises((OperationFailure, AutoReconnect)):
        client.blocks.numbers.insert_one({"_id": 1})
    within(10, lambda: converged.state(first) == "secondary")
    converged.start(others[0])
    leads = converged.primary()
    assert converged.end(leads) == 0
    assert "hands over" in converged.log(leads)
    assert [converged.end(number) for number in {first, others[0]} - {leads}] == [0]


def test_a_user_may_what_its_roles_name(converged: Members) -> None:
    """Its own database and no other, and nobody anything without a login."""
    with converged.client("blocks-db") as client:
        client.blocks.numbers.insert_one({"_id": 1})
        client.blocks.numbers.update_one({"_id": 1}, {"$set": {"seen": True}})
        assert client.blocks.numbers.find_one({"_id": 1}) == {"_id": 1, "seen": True}
        with pytest.raises(DuplicateKeyError):
            client.blocks.numbers.insert_one({"_id": 1})
        for database, command in (("other", {"find": "numbers"}), ("admin", {"usersInfo": {"user": "root", "db": "admin"}})):
            with pytest.raises(OperationFailure) as error:
                client[database].command(command)
            assert error.value.code == 13
    with converged.client("root") as root:
        root.admin.command("grantRolesToUser", "blocks-db", roles=[{"role": "read", "db": "other"}])
        with converged.client("blocks-db") as client:
            assert client.other.numbers.find_one() is None
        root.admin.command("dropUser", "blocks-db")
    with converged.client("blocks-db") as client, pytest.raises(OperationFailure) as error:
        client.blocks.numbers.find_one()
    assert error.value.code == 18
    secrets = ("r00t-s3cret", "bl0cks-s3cret", KEY)
    kept = b"".join((converged.data(number) / "state.bson").read_bytes() for number in range(3))
    assert not [secret for secret in secrets if secret.encode() in kept]


def test_a_key_is_rotated_member_by_member(converged: Members) -> None:
    """With both keys members accept either; one with another key alone is no longer heard."""
    for keys in (f"- {KEY}\n- {OTHER_KEY}\n", OTHER_KEY):
        converged.write_keys(keys)
        for number in range(3):
            assert converged.end(number) == 0
            converged.start(number)
            within(20, lambda: converged.state(number) and converged.primary() >= 0)  # noqa: B023
    assert converged.end(2) == 0
    converged.write_keys(KEY)
    converged.wipe(2)
    converged.start(2)
    with converged.client() as root:
        assert within(10, lambda: [each["health"] for each in root.admin.command("replSetGetStatus")["members"]] == [1, 1, 0])
    assert converged.state(2) is None


UNKNOWN = {
    "flag": (["--journal"], "unrecognized arguments: --journal"),
    "parameter": (["--setParameter=enableTestCommands=1"], "unknown parameter enableTestCommands"),
    "value": (["--setParameter=watchdogPeriodSeconds=5"], "write at least 60"),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_mongod_would_not_know_is_refused(what: str, members: Members) -> None:
    """With a sentence, and a code."""
    more, sentence = UNKNOWN[what]
    code, line = members.refused(0, *more)
    assert code == 2
    assert sentence in line


KEYFILES = {
    "world-readable": (KEY, 0o444, "too open"),
    "group-writable": (KEY, 0o460, "too open"),
    "short": ("abcde", 0o400, "holds no key"),
    "long": ("a" * 1025, 0o400, "holds no key"),
    "not base64": ("no key of base64!", 0o400, "holds no key"),
    "empty": ("\n", 0o400, "holds no key"),
    "three keys": ("- abcdef\n- bcdefg\n- cdefgh\n", 0o400, "holds no key"),
}


@pytest.mark.parametrize("what", KEYFILES)
def test_an_unfit_keyfile_is_refused(what: str, members: Members) -> None:
    """And what it holds is not told."""
    text, mode, sentence = KEYFILES[what]
    members.write_keys(text, mode)
    code, line = members.refused(0)
    assert code == 2
    assert sentence in line
    assert text.strip() not in line or not text.strip()


def test_a_data_directory_is_of_one_process(members: Members) -> None:
    """As long as that one lives, and it must be there."""
    members.start(0)
    within(10, lambda: (members.data(0) / "mongod.lock").exists() and "listens" in members.log(0))
    first = members.running[0]
    code, line = members.refused(0)
    assert code == 100
    assert "another mongod uses the data directory" in line
    first.kill()
    first.wait()
    members.data(1).rmdir()
    assert members.refused(1)[0] == 100
