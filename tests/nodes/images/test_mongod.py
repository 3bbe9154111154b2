"""The stand-in for mongod: three processes, asked by the real mongosh and by another driver."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bson import Int64, ObjectId
from pymongo import WriteConcern
from pymongo.collation import Collation
from pymongo.errors import AutoReconnect, DuplicateKeyError, NotPrimaryError, OperationFailure, WTimeoutError

from tests.nodes.images.driving import FOLDER, driving
from tests.nodes.images.members import KEY, PASSWORDS, Client, Members, members_in_memory
from tests.rendering import pod_spec, render
from tests.rig.mongo.wire import read_command, request
from tests.rig.scripts import SCRIPTS, Mongosh
from tests.rig.waiting import within

pytestmark = pytest.mark.slow

CONVERGE = SCRIPTS / "converge.js"
OTHER_KEY, UNKNOWN_KEY = "c29tZWJvZHkgZWxzZSdz", "a2V5IG5vYm9keSBrbm93cw=="


def converge(members: Members, mongosh: Mongosh) -> str:
    """Run the converge Job; what it printed."""
    result = mongosh(CONVERGE, members.request())
    assert result.returncode == 0, result.stdout + "".join(members.log(number) for number in range(3))
    return result.stdout


@pytest.fixture
def members() -> Iterator[Members]:
    """Three members, not started."""
    with members_in_memory(3) as made:
        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[Members]:
    """Three members, which every test leaves as it found them."""
    with members_in_memory(3) as made:
        for number in range(3):
            made.start(number)
        yield made


@pytest.fixture
def converged(shared: Members, mongosh: Mongosh) -> Iterator[Members]:
    """The shared ones, as one set with users."""
    if "is primary" not in "".join(shared.log(number) for number in range(3)):
        converge(shared, mongosh)
    yield shared
    shared.heal()


def test_a_set_lives_through_what_happens_to_it(members: Members, mongosh: Mongosh) -> None:
    """Acknowledged writes outlive a crash of the primary, a lost directory, the loss of power, and a member that goes.

    Takes more than two seconds because members are elected, crash and copy their data.
    """
    for number in range(3):
        members.start(number)
    assert "created user blocks-db" in converge(members, mongosh)
    with members.client("blocks-db") as client:
        numbers = client.blocks.numbers
        for number in range(20):
            numbers.insert_one({"_id": number})
        first = members.primary()
        members.kill(first)
        numbers.insert_one({"_id": 20})
        assert members.primary() != first
        assert numbers.estimated_document_count() == 21

        members.wipe(first)
        members.start(first)
        within(lambda: members.state(first) == "secondary")
        with members.member(first) as alone:
            assert alone.blocks.numbers.find_one({"_id": 20}) == {"_id": 20}

        for number in range(3):
            members.kill(number)
        for number in range(3):
            members.start(number)
        members.primary()
        assert [each["_id"] for each in numbers.find()] == list(range(21))
    assert converge(members, mongosh).count("kept user") == 2


def test_a_member_is_removed_and_comes_back(converged: Members) -> None:
    """It learns that it is out, and that it is in again, and the primary hands over when it is asked to."""
    with converged.client() as root:
        config = root.admin.command("replSetGetConfig")["config"]
        first = converged.primary()
        gone = next(number for number in range(3) if number != first)
        rest = [member for member in config["members"] if member["host"] != converged.hosts[gone]]
        root.admin.command("replSetReconfig", {**config, "version": config["version"] + 1, "members": rest}, maxTimeMS=60000)
        within(lambda: converged.state(gone) is None)
        root.admin.command("replSetReconfig", {**config, "version": config["version"] + 2}, maxTimeMS=60000)
        within(lambda: converged.state(gone) == "secondary")
        within(lambda: root.admin.command("replSetGetStatus")["votingMembersCount"] == 3)
    converged.step_down()


def test_a_primary_without_a_majority_steps_down(converged: Members) -> None:
    """What it could not replicate was never acknowledged.

    Takes more than two seconds because a primary steps down only after five seconds without a majority.
    """
    first = converged.primary()
    others = [number for number in range(3) if number != first]
    for number in others:
        converged.kill(number)
    with converged.client("blocks-db", retryWrites=False) as client, pytest.raises((OperationFailure, AutoReconnect)):
        client.blocks.numbers.insert_one({"_id": 1})
    within(lambda: converged.state(first) == "secondary")
    for number in others:
        converged.start(number)
    converged.primary()


def test_a_user_may_what_its_roles_name(converged: Members) -> None:
    """Its own database and no other, and nobody anything without a login; no password is on a disk."""
    numbers = [{"role": "readWrite", "db": "numbers"}]
    with converged.client() as root:
        root.admin.command("createUser", "guest", pwd=PASSWORDS["guest"], roles=numbers)
        with converged.client("guest") as client:
            client.numbers.prime.insert_one({"_id": 1})
            client.numbers.prime.update_one({"_id": 1}, {"$set": {"seen": True}})
            assert client.numbers.prime.find_one({"_id": 1}) == {"_id": 1, "seen": True}
            with pytest.raises(DuplicateKeyError):
                client.numbers.prime.insert_one({"_id": 1})
            for database, command in (("other", {"find": "some"}), ("admin", {"usersInfo": {"user": "root", "db": "admin"}})):
                with pytest.raises(OperationFailure) as error:
                    client[database].command(command)
                assert error.value.code == 13
            root.admin.command("grantRolesToUser", "guest", roles=[{"role": "read", "db": "other"}])
            assert client.other.some.find_one() is None
        root.admin.command("dropUser", "guest")
    with converged.client("guest") as client, pytest.raises(OperationFailure) as error:
        client.numbers.prime.find_one()
    assert error.value.code == 18
    kept = b"".join((converged.data(number) / "state.bson").read_bytes() for number in range(3))
    assert b"blocks-db" in kept
    assert not [secret for secret in (*PASSWORDS.values(), KEY) if secret.encode() in kept]


def test_a_key_is_rotated_member_by_member(converged: Members) -> None:
    """With both keys members accept either; one with a key that nobody knows is not heard.

    Takes more than two seconds because seven members start again, and one is not heard for three seconds.
    """

    def restart(number: int, keys: str) -> None:
        converged.write_keys(keys)
        assert converged.end(number) == 0
        converged.start(number)
        within(lambda: converged.state(number))

    def reaches_all(seconds: int) -> bool:
        with converged.client() as root:
            concern = WriteConcern(3, wtimeout=1000 * seconds)
            try:
                root.shop.get_collection("keys", write_concern=concern).insert_one({})
            except WTimeoutError:
                return False
        return True

    for number in range(3):
        restart(number, f"- {KEY}\n- {OTHER_KEY}\n")
        assert reaches_all(120)
    restart(2, OTHER_KEY)
    assert reaches_all(120)
    restart(2, UNKNOWN_KEY)
    assert not reaches_all(3)
    for number in (2, 1, 0):
        restart(number, KEY)
        assert reaches_all(120)


def test_a_member_says_at_once_that_it_no_longer_leads(converged: Members) -> None:
    """To a driver that keeps a request open, as MongoDB's drivers do."""
    with converged.member(converged.primary()) as alone, ThreadPoolExecutor(1) as pool:
        known = alone.admin.command("hello")
        open_request = pool.submit(alone.admin.command, "hello", topologyVersion=known["topologyVersion"], maxAwaitTimeMS=60000)
        converged.step_down()
        assert (known["isWritablePrimary"], open_request.result()["isWritablePrimary"]) == (True, False)


def test_a_driver_hears_of_the_set_all_the_while(converged: Members) -> None:
    """It asks once, as MongoDB's drivers do, and more than one answer comes."""
    known = {"processId": ObjectId(), "counter": Int64(0)}
    asked = {"hello": 1, "maxAwaitTimeMS": 100, "topologyVersion": known, "$db": "admin"}
    with socket.create_connection(("127.0.0.1", converged.ports[0]), 30) as connection:
        connection.sendall(request(1, asked, takes_many=True))
        first, second = (read_command(connection).command for _ in range(2))
    ids = {answer["topologyVersion"]["processId"] for answer in (first, second)}
    assert len(ids - {known["processId"]}) == len(ids) == 1


def test_a_write_to_a_secondary_may_be_sent_again(converged: Members) -> None:
    """The error carries the label by which drivers know it."""
    first = converged.primary()
    with converged.member((first + 1) % 3) as alone, pytest.raises(NotPrimaryError) as error:
        alone.blocks.command("insert", "numbers", documents=[{"_id": 1}], txnNumber=Int64(1))
    assert error.value.has_error_label("RetryableWriteError")


def test_a_write_that_is_sent_again_is_done_once(converged: Members) -> None:
    """As a driver does that got no answer: the same session, the same number."""
    with converged.client("blocks-db") as client, client.start_session() as session:
        grown = [{"q": {"_id": "again"}, "u": {"$inc": {"count": 1}}, "upsert": True}]
        first, second = (
            client.blocks.command("update", "numbers", updates=grown, txnNumber=Int64(1), session=session) for _ in range(2)
        )
        assert first["upserted"] == second["upserted"]
        assert client.blocks.numbers.find_one({"_id": "again"}) == {"_id": "again", "count": 1}


BEYOND: dict[str, Callable[[Client], object]] = {
    "transaction": lambda client: _in_a_transaction(client),
    "collation": lambda client: client.blocks.numbers.find_one({}, collation=Collation("de")),
    "writing aggregation": lambda client: client.blocks.numbers.aggregate([{"$out": "others"}]),
    "two collections of one name": lambda client: [client.blocks.create_collection("twins", check_exists=False) for _ in "12"],
}


def _in_a_transaction(client: Client) -> None:
    with client.start_session() as session, session.start_transaction():
        client.blocks.numbers.insert_one({}, session=session)


@pytest.mark.parametrize("what", BEYOND)
def test_what_is_not_kept_here_is_refused(what: str, converged: Members) -> None:
    """Nothing is done in part, or passed over."""
    with converged.client("blocks-db") as client, pytest.raises(OperationFailure):
        BEYOND[what](client)


DRIVERS = {"pymongo": ("python", "with_pymongo.py"), "mongoose": ("node", "with_mongoose.js")}


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_driver_of_the_services_works_through_the_loss_of_the_primary(driver: str, converged: Members) -> None:
    """Its commands do what MongoDB documents; its calls go on with the next primary, while the old one's address is silent.

    Takes more than two seconds because a primary is elected.
    """
    interpreter, program = DRIVERS[driver]
    env = {**os.environ, "MONGO_URL": converged.uri("blocks-db", "blocks")}
    with driving([Path(sys.executable).with_name(interpreter), FOLDER / program, "MONGO_URL"], env) as steady:
        first = converged.primary()
        converged.kill(first)
        with converged.silent(first):
            converged.primary(but=first)
            went = steady.end()
        converged.start(first)
        within(lambda: converged.state(first) == "secondary")
    assert went.lost_at_most_one(), went
    assert went.gave_up_in_time(), went


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


_ANYBODY, _GROUP_OF_THE_NAMESPACE = 1000650000, 1000650001


@pytest.fixture
def of_anybody() -> Iterator[Members]:
    """A member, not started."""
    if os.geteuid() != 0:
        pytest.skip("only root starts a process as another user, and owns a keyfile as Kubernetes does")
    with members_in_memory(1) as made:
        yield made


@pytest.mark.parametrize(
    ("owner", "groups"),
    [(0, (0,)), (_GROUP_OF_THE_NAMESPACE, (0, _GROUP_OF_THE_NAMESPACE))],
    ids=["group 0 alone", "with the namespace's group"],
)
def test_on_openshift_anybody_of_group_0_runs_a_member(owner: int, groups: tuple[int, ...], of_anybody: Members) -> None:
    """Its key and its volume are root's, as Kubernetes mounts them: for the group that the namespace gives, or for group 0."""
    pod = pod_spec(render({"cluster": {"openshift": True}}).objects.one("StatefulSet", "registries", "registry"))
    assert not {"runAsUser", "runAsGroup", "fsGroup"} & pod["securityContext"].keys()
    [keyfile] = [volume["secret"] for volume in pod["volumes"] if volume["name"] == "keyfile"]
    of_anybody.write_keys(KEY, keyfile["defaultMode"])
    os.chown(of_anybody.keyfile, 0, owner)
    os.chown(of_anybody.data(0), 0, owner)
    of_anybody.data(0).chmod(0o2770)
    process = of_anybody.start(0, user=_ANYBODY, groups=groups)
    within(lambda: "listens" in of_anybody.log(0) or process.poll() is not None)
    assert "listens" in of_anybody.log(0)
    assert f"\nUid:\t{_ANYBODY}\t" in Path(f"/proc/{process.pid}/status").read_text()
    assert (of_anybody.data(0) / "mongod.lock").stat().st_uid == _ANYBODY


def test_somebody_of_no_such_group_does_not(of_anybody: Members) -> None:
    """It cannot read the key, so the group is what lets the others."""
    of_anybody.write_keys(KEY, 0o440)
    process = of_anybody.start(0, user=_ANYBODY, groups=(_GROUP_OF_THE_NAMESPACE,))
    assert process.wait(timeout=120) == 2
    assert "cannot be read: Permission denied" in of_anybody.log(0)


def test_a_data_directory_is_of_one_process(members: Members) -> None:
    """As long as that one lives, and it must be there."""
    members.start(0)
    within(lambda: (members.data(0) / "mongod.lock").exists() and "listens" in members.log(0))
    first = members.running[0]
    code, line = members.refused(0)
    assert code == 100
    assert "another mongod uses the data directory" in line
    first.kill()
    first.wait()
    members.data(1).rmdir()
    assert members.refused(1)[0] == 100
