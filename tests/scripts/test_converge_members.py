"""The converge Job under the real mongosh: members come and go, one vote at a time."""

from __future__ import annotations

import pytest

from tests.rig.mongo.members import replica_set
from tests.scripts.conftest import Converge
from tests.scripts.job import HOSTS, KEY, WRITES, last_line

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("members", [1, 3, 5, 7])
def test_a_new_set_is_initiated_once_and_grows_member_by_member(members: int, converge: Converge) -> None:
    """One member is initiated, each other one is added, and users exist only once all are there."""
    with replica_set(HOSTS[:members], [KEY]) as set_:
        result = converge(set_, members)
        assert result.returncode == 0, result.stdout + result.stderr
        assert set_.hosts == HOSTS[:members]
        assert set_.commands("replSetInitiate") == [(HOSTS[0], "replSetInitiate")]
        assert len(set_.commands("replSetReconfig")) == members - 1
        assert [name for _, name in set_.commands(*WRITES)][-3:] == ["setDefaultRWConcern", "createUser", "createUser"]
        assert last_line(result) == f"all {members} members are primary or secondary"


def test_a_second_run_changes_nothing(converge: Converge) -> None:
    """A set that is as desired is only looked at."""
    with replica_set(HOSTS[:3], [KEY]) as set_:
        assert converge(set_, 3).returncode == 0
        before = len(set_.log)
        result = converge(set_, 3)
        assert result.returncode == 0
        assert not {name for _, name, _ in set_.log[before:]} & set(WRITES)
        assert "kept user root" in result.stdout


def test_members_are_added_to_a_set_that_runs(converge: Converge) -> None:
    """Each is added after the one before has its vote."""
    with replica_set(HOSTS[:5], [KEY], first_sync_looks=2, commit_looks=8) as set_:
        set_.install(HOSTS[:3], HOSTS[1])
        result = converge(set_, 5)
        assert result.returncode == 0, result.stdout
        assert set_.hosts == HOSTS[:5]
        assert set_.commands("replSetReconfig") == [(HOSTS[1], "replSetReconfig")] * 2
        assert f"waiting: a new member has no vote until its first sync is over: {HOSTS[3]}" in result.stdout
        assert "waiting: the last configuration has not reached a majority" in result.stdout


@pytest.mark.parametrize("stopped", [0, 2])
def test_members_are_removed_dead_or_alive(stopped: int, converge: Converge) -> None:
    """Five become three, one vote at a time, whether or not the pods are gone."""
    with replica_set(HOSTS[:5], [KEY]) as set_:
        set_.install(HOSTS[:5], HOSTS[0])
        for host in HOSTS[5 - stopped : 5]:
            set_.members[host].stop()
        result = converge(set_, 3)
        assert result.returncode == 0, result.stdout
        assert set_.hosts == HOSTS[:3]
        assert [len(command["replSetReconfig"]["members"]) for _, name, command in set_.log if name == "replSetReconfig"] == [
            4,
            3,
        ]


def test_a_primary_that_must_go_steps_down_first(converge: Converge) -> None:
    """It is the last one removed, by the primary after it."""
    with replica_set(HOSTS[:5], [KEY]) as set_:
        set_.install(HOSTS[:5], HOSTS[4])
        result = converge(set_, 3)
        assert result.returncode == 0, result.stdout
        assert set_.hosts == HOSTS[:3]
        steps = set_.commands("replSetReconfig", "replSetStepDown")
        assert steps == [(HOSTS[4], "replSetReconfig"), (HOSTS[4], "replSetStepDown"), (HOSTS[0], "replSetReconfig")]


def test_a_member_that_was_removed_comes_back(converge: Converge) -> None:
    """It greets like one without a configuration, and is added, never initiated."""
    with replica_set(HOSTS[:3], [KEY]) as set_:
        set_.install(HOSTS[:2], HOSTS[0])
        old = set_.members[HOSTS[2]]
        old.state, old.config = "REMOVED", set_.config
        assert converge(set_, 3).returncode == 0
        assert set_.hosts == HOSTS[:3]
        assert not set_.commands("replSetInitiate")
