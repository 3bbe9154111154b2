"""The drill and the restore: every collection gets back as many documents as were dumped, or a sentence says which did not."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scripts import leaks
from tests.scripts.backups import DATA, OLD, PASSWORD, Pod, gzipped, last_line, names_in

MEMBERS = "db-0.db:27017,db-1.db:27017"
NEW = OLD[2]
Ended = subprocess.CompletedProcess[str]


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    """A pod with two old dumps and a new one of all kinds of collections."""
    pod = Pod(tmp_path / "pod", env={})
    pod.hold(*OLD)
    counts = {"admin.system.version": 1, "admin.system.users": 3, **DATA}
    (pod.dumps / f"{NEW}.counts").write_text("".join(f"{count}\t{name}\n" for name, count in counts.items()))
    (pod.dumps / f"{NEW}.archive.gz").write_bytes(gzipped(DATA))
    pod.env |= {"MEMBERS": MEMBERS, "USER_NAME": "root"}
    return pod


@pytest.fixture(params=["drill", "restore"])
def run(request: pytest.FixtureRequest, pod: Pod) -> Callable[..., Ended]:
    """Either of the two."""
    return lambda **env: pod.run(request.param, **env)


def test_as_many_as_were_dumped_is_well(run: Callable[..., Ended]) -> None:
    """Time series, empty collections and names with spaces too; the server's own collections do not count."""
    ended = run()
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[-1].startswith(f"restored 8 documents of 4 collections from {NEW}")


@pytest.mark.parametrize(
    ("loses", "sentence"),
    [
        (
            {"shop.orders": 1},
            f"{NEW} is restored with other counts than it was dumped with: shop.orders 5 dumped and 4 restored (1 such)",
        ),
        (
            {"shop.orders": "all", "bank.empty": "all"},
            f"{NEW} is restored with other counts than it was dumped with: bank.empty 0 dumped and none restored (2 such)",
        ),
    ],
)
def test_other_counts_are_told(loses: dict[str, object], sentence: str, run: Callable[..., Ended]) -> None:
    """A document that is missing, and a collection that is not restored at all."""
    ended = run(LOSES=json.dumps(loses))
    assert (ended.returncode, last_line(ended)) == (1, sentence)


def test_a_collection_that_was_never_dumped_is_told(run: Callable[..., Ended], pod: Pod) -> None:
    """An archive beside the counts of another one."""
    (pod.dumps / f"{NEW}.archive.gz").write_bytes(gzipped({**DATA, "shop.more": 2}))
    ended = run()
    assert ended.returncode == 1
    assert last_line(ended).endswith("shop.more none dumped and 2 restored (1 such)")


def test_no_dump_is_told(run: Callable[..., Ended], pod: Pod) -> None:
    """Nothing there, or only what is half-done."""
    for each in pod.dumps.iterdir():
        each.unlink()
    (pod.dumps / f"{OLD[0]}.counts").write_text("1\tshop.orders\n")
    (pod.dumps / f"{OLD[0]}.partial").touch()
    ended = run()
    assert (ended.returncode, last_line(ended)) == (1, f"there is no dump of registry in {pod.dumps}")


def test_a_dump_may_be_named(run: Callable[..., Ended], pod: Pod) -> None:
    """An older one; of one that is not there, those that are."""
    assert run(DUMP=OLD[0]).stdout.splitlines()[-1].startswith(f"restored 1 documents of 1 collections from {OLD[0]}")
    ended = run(DUMP="registry-2026")
    assert ended.returncode == 1
    assert last_line(ended) == f"there is no dump registry-2026 in {pod.dumps}, but {OLD[2]} {OLD[1]} {OLD[0]}"


def test_an_archive_that_cannot_be_read_is_told(run: Callable[..., Ended]) -> None:
    """And what mongorestore says of it is in the log."""
    ended = run(FAILS="mongorestore")
    assert ended.returncode == 1
    assert last_line(ended).startswith(f"mongorestore cannot restore {NEW}")
    assert "unexpected EOF" in ended.stderr


def test_dumps_stay_as_they_are(run: Callable[..., Ended], pod: Pod) -> None:
    """They are mounted read-only."""
    before = {file.name: file.read_bytes() for file in pod.dumps.iterdir()}
    run()
    assert {file.name: file.read_bytes() for file in pod.dumps.iterdir()} == before


def test_a_drill_restores_into_a_mongod_of_its_own(pod: Pod) -> None:
    """Which nobody else reaches, which needs no password, and which ends with it; the oplog is replayed."""
    assert pod.run("drill").returncode == 0
    started, restored = pod.journal()
    assert started[0] == "mongod"
    assert restored[:2] == ["mongorestore", ["archive", "gzip", "host", "oplogReplay", "port"]]
    assert restored[2]["hosts"] == [f"127.0.0.1:{pod.env['PORT']}"]
    assert names_in(pod.folder / "credentials") == []
    assert not [each for each in mongods() if str(pod.folder) in each]


def mongods() -> list[str]:
    """The arguments of every stand-in for mongod that runs."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_text()
        except OSError:
            continue
        if "--nounixsocket" in arguments:
            found.append(arguments)
    return found


def test_a_mongod_that_ends_is_told(pod: Pod) -> None:
    """With the last line of its log."""
    ended = pod.run("drill", FAILS="mongod")
    assert (ended.returncode, last_line(ended)) == (1, "the mongod of the drill ended: No space left on device")


def test_a_mongod_that_does_not_get_ready_is_told(pod: Pod) -> None:
    """After a limit, and it is ended."""
    ended = pod.run("drill", FAILS="start", START_SECONDS="1")
    assert (ended.returncode, last_line(ended)) == (1, "the mongod of the drill does not answer after 1 seconds")
    assert not [each for each in mongods() if str(pod.folder) in each]


def test_a_restore_goes_to_the_primary_of_the_set(pod: Pod) -> None:
    """Every member is named, collections are dropped first, the oplog is replayed, a majority acknowledges."""
    assert pod.run("restore").returncode == 0
    [[_, flags, to]] = pod.journal()
    assert flags == ["archive", "config", "drop", "gzip", "oplogReplay"]
    assert to["hosts"] == MEMBERS.split(",")
    assert to["options"] == {"replicaSet": "rs0", "authSource": "admin", "w": "majority"}
    assert (to["user"], to["password"]) == ("root", PASSWORD)


def test_a_restore_says_what_is_left_to_do(pod: Pod) -> None:
    """Users are of the dump, and may not have the passwords that their Secrets hold now."""
    assert pod.run("restore").stdout.rstrip().endswith("users and passwords are those of the dump too: converge the set anew")


def test_no_password_of_root_is_seen(pod: Pod) -> None:
    """In an argument, an environment or a log."""
    looks = pod.folder / "looks"
    with leaks.processes_watched(looks) as seen:
        ended = pod.run("restore", LOOKS=str(looks))
    assert ended.returncode == 0
    assert any("mongorestore" in each for each in seen)
    assert not any(PASSWORD in each for each in seen)
    assert PASSWORD not in ended.stdout + ended.stderr
