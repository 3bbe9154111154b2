"""The converge Job under the real mongosh: when it waits, when it tries again, and when it ends with a sentence."""

from __future__ import annotations

import threading

import pytest

from tests.rig.mongo.members import Fault, replica_set
from tests.scripts.conftest import Converge
from tests.scripts.job import HOSTS, KEY, OTHER_KEY, PASSWORDS, USERS, WRITES, Ended, last_line

pytestmark = pytest.mark.slow

STRANGER = "stranger-0.registry.registries.svc.cluster.local:27017"


def test_a_set_is_not_initiated_while_members_cannot_find_themselves(converge: Converge) -> None:
    """The first member lost its data, the others greet as if they had none: their configuration tells."""
    with replica_set(HOSTS[:3], [KEY]) as set_:
        set_.install(HOSTS[:3], None)
        for host in HOSTS[1:3]:
            set_.members[host].state = "REMOVED"
        first = set_.members[HOSTS[0]]
        first.state, first.config = "", None
        result = converge(set_, 3, DEADLINE_SECONDS="1")
        assert result.returncode == 1
        assert last_line(result) == "gave up waiting: no primary: 3 of 3 voting members answer, 2 are needed"
        assert not set_.commands("replSetInitiate")


def test_a_set_is_not_initiated_while_a_former_member_has_the_data(converge: Converge) -> None:
    """Every desired member lost its data, the ones that are to go did not."""
    with replica_set(HOSTS[:5], [KEY]) as set_:
        set_.install(HOSTS[:5], None)
        for host in HOSTS[:3]:
            set_.members[host].state, set_.members[host].config = "", None
        result = converge(set_, 3, DEADLINE_SECONDS="1")
        assert result.returncode == 1
        assert last_line(result) == "gave up waiting: no primary: 5 of 5 voting members answer, 3 are needed"
        assert not set_.commands("replSetInitiate")


def test_a_member_that_cannot_tell_its_configuration_is_not_one_without(converge: Converge) -> None:
    """Only the member's own word that it has none allows an initiate."""
    faults = [Fault("replSetGetConfig", "InterruptedAtShutdown", times=1000)]
    with replica_set(HOSTS[:3], [KEY], faults=faults) as set_:
        result = converge(set_, 3, DEADLINE_SECONDS="1")
        assert result.returncode == 1
        assert "do not answer; a set is initiated only when every desired member does" in last_line(result)
        assert not set_.commands("replSetInitiate")


def test_a_set_is_not_initiated_while_a_member_is_silent(converge: Converge) -> None:
    """It waits, and says for whom."""
    with replica_set(HOSTS[:3], [KEY]) as set_:
        set_.members[HOSTS[2]].stop()
        result = converge(set_, 3, DEADLINE_SECONDS="1")
        assert result.returncode == 1
        expected = f"{HOSTS[2]} does not answer; a set is initiated only when every desired member does"
        assert last_line(result) == f"gave up waiting: {expected}"
        assert not set_.commands(*WRITES)


def test_a_silent_member_is_waited_for(converge: Converge) -> None:
    """Once the last one answers, the set is initiated."""
    with replica_set(HOSTS[:3], [KEY]) as set_:
        set_.members[HOSTS[2]].stop()
        looks: list[str] = []

        def wake(host: str, command: str) -> None:
            looks.append(host)
            if command == "hello" and looks.count(HOSTS[0]) > 20 and not set_.members[HOSTS[2]].up:
                set_.members[HOSTS[2]].start()

        set_.before = wake
        result = converge(set_, 3)
        assert result.returncode == 0, result.stdout
        assert f"waiting: {HOSTS[2]} does not answer" in result.stdout


def test_without_a_primary_nothing_is_changed(converge: Converge) -> None:
    """No configuration is ever forced."""
    with replica_set(HOSTS[:5], [KEY]) as set_:
        set_.install(HOSTS[:5], None)
        for host in HOSTS[2:5]:
            set_.members[host].stop()
        result = converge(set_, 3, DEADLINE_SECONDS="1")
        assert result.returncode == 1
        assert last_line(result) == "gave up waiting: no primary: 2 of 5 voting members answer, 3 are needed"
        assert not set_.commands(*WRITES)


def test_an_unknown_member_is_refused(converge: Converge) -> None:
    """A member of another name is nobody's to remove."""
    with replica_set([*HOSTS[:3], STRANGER], [KEY]) as set_:
        set_.install([*HOSTS[:2], STRANGER], HOSTS[0])
        result = converge(set_, 3)
        assert result.returncode == 1
        assert last_line(result) == f"{STRANGER} is an unknown member: remove it by hand first"
        assert not set_.commands(*WRITES)


def test_a_wrong_keyfile_is_refused_and_never_told(converge: Converge) -> None:
    """The sentence names the member, not the key."""
    with replica_set(HOSTS[:3], [OTHER_KEY]) as set_:
        result = converge(set_, 3)
        assert result.returncode == 1
        assert last_line(result) == f"{HOSTS[0]} does not accept the keyfile: the member runs with another one"
        assert KEY not in result.stdout + result.stderr


@pytest.mark.parametrize("command", ["createUser", "setDefaultRWConcern", "usersInfo", "replSetReconfig"])
def test_no_right_is_told_at_once(command: str, converge: Converge) -> None:
    """A command the server denies ends the Job with its name."""
    with replica_set(HOSTS[:3], [KEY], denied={command}) as set_:
        result = converge(set_, 3)
        assert result.returncode == 1
        assert last_line(result) == f"no right to run {command} on {HOSTS[0]}"


@pytest.mark.parametrize("how", ["lost before", "lost after"])
@pytest.mark.parametrize("command", ["replSetInitiate", "replSetReconfig", "createUser", "setDefaultRWConcern"])
def test_a_connection_lost_in_the_middle_is_no_end(command: str, how: str, converge: Converge) -> None:
    """Whether the command ran or not, the Job looks again and goes on from there."""
    with replica_set(HOSTS[:3], [KEY], faults=[Fault(command, how)]) as set_:
        result = converge(set_, 3)
        assert result.returncode == 0, result.stdout
        assert set_.hosts == HOSTS[:3]
        assert set(set_.users) == set(PASSWORDS)
        assert len(set_.commands("replSetInitiate")) == 1
        assert f"{HOSTS[0]} did not" in result.stdout


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("replSetInitiate", "AlreadyInitialized"),
        ("replSetReconfig", "NewReplicaSetConfigurationIncompatible"),
        ("replSetReconfig", "ConfigurationInProgress"),
        ("replSetReconfig", "NotWritablePrimary"),
        ("replSetReconfig", "CurrentConfigNotCommittedYet"),
        ("createUser", "Location51003"),
        ("createUser", "NotWritablePrimary"),
    ],
)
def test_another_job_that_was_faster_is_no_end(command: str, error: str, converge: Converge) -> None:
    """A conflict means to read again and to plan anew."""
    with replica_set(HOSTS[:3], [KEY], faults=[Fault(command, error)]) as set_:
        result = converge(set_, 3)
        assert result.returncode == 0, result.stdout
        assert f": {error}" in result.stdout
        assert set_.hosts == HOSTS[:3]


def test_an_error_nobody_expects_ends_the_job(converge: Converge) -> None:
    """It is told by its name: its text may quote the command."""
    with replica_set(HOSTS[:1], [KEY], faults=[Fault("createUser", "BadValue")]) as set_:
        result = converge(set_, 1)
        assert result.returncode == 1
        assert last_line(result) == f"{HOSTS[0]} refuses to users: BadValue"


def test_a_step_down_that_finds_no_successor_is_tried_again(converge: Converge) -> None:
    """Secondaries that lag need time."""
    with replica_set(HOSTS[:5], [KEY], faults=[Fault("replSetStepDown", "ExceededTimeLimit", times=2)]) as set_:
        set_.install(HOSTS[:4], HOSTS[3])
        result = converge(set_, 3)
        assert result.returncode == 0, result.stdout
        assert set_.hosts == HOSTS[:3]


def test_two_jobs_at_once_bring_one_set_about(converge: Converge) -> None:
    """Whoever is second reads again: one initiate, every member and user once."""
    with replica_set(HOSTS[:3], [KEY]) as set_:
        results: list[Ended] = []
        threads = [threading.Thread(target=lambda: results.append(converge(set_, 3))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [result.returncode for result in results] == [0, 0], [result.stdout for result in results]
        assert len(set_.commands("replSetInitiate")) == 1
        assert len(set_.commands("createUser")) == len(USERS)
        assert set_.hosts == HOSTS[:3]


def test_the_primary_changes_in_the_middle(converge: Converge) -> None:
    """The next step goes to the new one."""
    with replica_set(HOSTS[:5], [KEY]) as set_:
        set_.install(HOSTS[:3], HOSTS[0])

        def elect_once(host: str, command: str) -> None:
            if command == "replSetReconfig" and host == HOSTS[0] and set_.primary == HOSTS[0]:
                set_.elect(HOSTS[0])

        set_.before = elect_once
        result = converge(set_, 5)
        assert result.returncode == 0, result.stdout
        assert set_.hosts == HOSTS[:5]
        assert {host for host, _ in set_.commands("replSetReconfig")} == {HOSTS[1]}
