"""A dump: of one secondary, counted, complete before anything is removed, and without a secret to be seen."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.rig.mongo.members import ReplicaSet, replica_set
from tests.scripts import leaks
from tests.scripts.backups import DATA, OLD, PASSWORD, Pod, files, last_line, names_in

HOSTS = ["db-0.db:27017", "db-1.db:27017", "db-2.db:27017"]


@pytest.fixture
def members() -> Iterator[ReplicaSet]:
    """A primary and two secondaries."""
    with replica_set(HOSTS, ["a2V5IG9mIHRoZSBzZXQ="]) as set_:
        for host, state in zip(HOSTS, ("PRIMARY", "SECONDARY", "SECONDARY"), strict=True):
            set_.members[host].state = state
        yield set_


@pytest.fixture
def pod(tmp_path: Path, members: ReplicaSet) -> Pod:
    """A pod that knows the members, and keeps two dumps."""
    pod = Pod(tmp_path / "pod")
    pod.env |= {"MEMBERS": addresses(members), "KEEP": "2"}
    return pod


def addresses(members: ReplicaSet) -> str:
    """Where the members listen, as the pod is told."""
    return ",".join(f"127.0.0.1:{members.members[host].port}" for host in HOSTS)


def dumped_from(pod: Pod) -> list[int]:
    """The ports of the members that were dumped."""
    return [int(host.partition(":")[2]) for step in pod.journal() if step[0] == "mongodump" for host in step[2]["hosts"]]


def test_a_dump_is_an_archive_and_what_was_counted(pod: Pod) -> None:
    """With the time of its start in its name, and everything that mongodump said it dumped."""
    ended = pod.run("dump")
    assert ended.returncode == 0
    name = names_in(pod.dumps)[0].partition(".")[0]
    assert names_in(pod.dumps) == files(name)
    assert re.fullmatch(r"registry-\d{8}T\d{6}Z", name)
    counted = (pod.dumps / f"{name}.counts").read_text().splitlines()
    assert counted == ["1\tadmin.system.version", *(f"{count}\t{each}" for each, count in DATA.items())]
    assert f"dumped 8 documents of 4 collections into {name}" in ended.stdout


def test_a_dump_is_of_one_point_in_time_and_of_everything(pod: Pod) -> None:
    """The oplog is in it, no database is left out, and one member alone is read: by a direct connection."""
    assert pod.run("dump").returncode == 0
    [[_, flags, to]] = pod.journal()
    assert flags == ["archive", "config", "gzip", "oplog"]
    assert len(to["hosts"]) == 1
    assert to["options"] == {"directConnection": "true", "readPreference": "secondaryPreferred", "authSource": "admin"}
    assert (to["user"], to["password"]) == ("backup", PASSWORD)
    assert yaml.safe_load((pod.folder / "credentials" / "config.yaml").read_text())["password"] == PASSWORD


def test_a_secondary_is_dumped_before_the_primary(pod: Pod, members: ReplicaSet) -> None:
    """The first one that answers in that role; the primary where there is no secondary."""
    assert pod.run("dump").returncode == 0
    members.members[HOSTS[1]].state = "RECOVERING"
    assert pod.run("dump").returncode == 0
    members.members[HOSTS[2]].stop()
    assert pod.run("dump").returncode == 0
    assert dumped_from(pod) == [members.members[HOSTS[number]].port for number in (1, 2, 0)]


def test_a_set_without_primary_and_secondary_is_not_dumped(pod: Pod, members: ReplicaSet) -> None:
    """Nobody answers, or nobody has a role."""
    members.members[HOSTS[0]].state = "STARTUP2"
    members.members[HOSTS[1]].state = "RECOVERING"
    members.members[HOSTS[2]].stop()
    pod.hold(*OLD)
    ended = pod.run("dump")
    assert (ended.returncode, last_line(ended)) == (1, "no member of registry is primary or secondary: nothing was dumped")
    assert names_in(pod.dumps) == files(*OLD)


def test_a_member_that_hangs_is_passed_over(pod: Pod, members: ReplicaSet) -> None:
    """After five seconds.

    Takes more than two seconds because it waits for the script's own limit.
    """
    members.members[HOSTS[1]].delay = 30
    assert pod.run("dump").returncode == 0
    assert dumped_from(pod) == [members.members[HOSTS[2]].port]


def test_old_dumps_are_removed_once_there_are_newer_ones(pod: Pod) -> None:
    """Of four, the two newest stay; what is named otherwise is nobody's to remove."""
    pod.hold(*OLD, "registry-other-20261122T013000Z", "metrics-db-20261122T013000Z")
    ended = pod.run("dump")
    assert ended.returncode == 0
    left = {name.partition(".")[0] for name in names_in(pod.dumps)}
    new = max(name for name in left if name.startswith("registry-2"))
    assert left == {new, OLD[2], "registry-other-20261122T013000Z", "metrics-db-20261122T013000Z"}
    assert [line for line in ended.stdout.splitlines() if line.startswith("removed")] == [
        f"removed {OLD[1]}",
        f"removed {OLD[0]}",
    ]


@pytest.mark.parametrize("failing", ["mongodump", "counts"])
def test_a_dump_that_fails_leaves_the_older_ones(failing: str, pod: Pod) -> None:
    """A connection that is lost in the middle; a log that tells no counts. Nothing half-done stays behind."""
    pod.hold(*OLD)
    ended = pod.run("dump", FAILS=failing)
    assert ended.returncode == 1
    assert last_line(ended).endswith(": there is no new dump, and the older ones are kept")
    assert names_in(pod.dumps) == files(*OLD)


def test_the_log_of_mongodump_is_the_pods(pod: Pod) -> None:
    """As it comes; what went wrong is there."""
    assert "socket was unexpectedly closed" in pod.run("dump", FAILS="mongodump").stderr


def test_what_a_killed_dump_left_is_removed_a_day_later(pod: Pod) -> None:
    """Not before: it may be another one's that runs."""
    for name, hours in (("registry-20261120T013000Z.partial", 24), ("registry-20261121T013000Z.partial", 1)):
        (pod.dumps / name).touch()
        os.utime(pod.dumps / name, times=(time.time() - 3600 * hours,) * 2)
    assert pod.run("dump").returncode == 0
    assert [name for name in names_in(pod.dumps) if name.endswith("partial")] == ["registry-20261121T013000Z.partial"]


def test_an_archive_is_complete_once_it_has_its_name(pod: Pod) -> None:
    """Its counts come first: a dump that is killed between the two is none."""
    (pod.dumps / f"{OLD[2]}.counts").write_text("1\tshop.orders\n")
    pod.hold(OLD[0], OLD[1])
    assert pod.run("dump").returncode == 0
    assert names_in(pod.dumps)[:4] == sorted([*files(OLD[1]), f"{OLD[2]}.counts", names_in(pod.dumps)[3]])


def test_a_password_that_is_not_there(pod: Pod) -> None:
    """The file is named."""
    (pod.folder / "password").write_text("")
    ended = pod.run("dump")
    assert ended.returncode == 1
    assert last_line(ended) == f"the password of backup is missing: {pod.folder}/password is no file or empty"


def test_no_password_is_in_an_argument_an_environment_or_a_log(pod: Pod) -> None:
    """Nor in a dump's folder; it is in a file in memory, for the pod's user alone."""
    looks = pod.folder / "looks"
    with leaks.processes_watched(looks) as seen:
        ended = pod.run("dump", LOOKS=str(looks))
    assert ended.returncode == 0
    assert any("mongodump" in each for each in seen)
    assert not any(PASSWORD in each for each in seen)
    assert PASSWORD not in ended.stdout + ended.stderr
    assert not any(PASSWORD.encode() in file.read_bytes() for file in pod.dumps.iterdir())
    assert [each.name for each in (pod.folder / "credentials").iterdir()] == ["config.yaml"]
