"""The converge Job under the real mongosh: users, keys, versions, and what it is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.rig.mongo.errors import HangUp
from tests.rig.mongo.members import replica_set
from tests.scripts import leaks
from tests.scripts.conftest import Converge
from tests.scripts.job import HOSTS, KEY, OLD_KEY, PASSWORDS, USERS, WRITES, asked_users, last_line

pytestmark = pytest.mark.slow


def test_users_have_the_password_and_the_roles_that_are_asked_for(converge: Converge) -> None:
    """They are made for SCRAM-SHA-256, with the roles of the request and no other."""
    with replica_set(HOSTS[:1], [KEY]) as set_:
        assert converge(set_, 1).returncode == 0
        assert set_.users == asked_users()
        assert set_.write_concern == "majority"


def test_user_writes_wait_for_a_majority(converge: Converge) -> None:
    """A password that is not on a majority could be lost with the primary."""
    with replica_set(HOSTS[:1], [KEY]) as set_:
        assert converge(set_, 1).returncode == 0
        concerns = [command["writeConcern"]["w"] for _, name, command in set_.log if name in WRITES[3:]]
        assert concerns == ["majority"] * 3


WRONG_USERS: dict[str, dict[str, Any]] = {
    "password": {"pwd": "before", "roles": USERS[1]["roles"], "mechanisms": ["SCRAM-SHA-256"]},
    "roles": {"pwd": PASSWORDS["blocks-db"], "roles": [], "mechanisms": ["SCRAM-SHA-256"]},
    "more roles": {
        "pwd": PASSWORDS["blocks-db"],
        "roles": [{"role": "readWrite", "db": "blocks"}, {"role": "root", "db": "admin"}],
        "mechanisms": ["SCRAM-SHA-256"],
    },
    "mechanisms": {
        "pwd": PASSWORDS["blocks-db"],
        "roles": USERS[1]["roles"],
        "mechanisms": ["SCRAM-SHA-1", "SCRAM-SHA-256"],
    },
}


@pytest.mark.parametrize("what", WRONG_USERS)
def test_a_user_that_differs_is_repaired(what: str, converge: Converge) -> None:
    """Whatever differs is set; a user nobody asks for is left alone."""
    with replica_set(HOSTS[:1], [KEY]) as set_:
        set_.install(HOSTS[:1], HOSTS[0])
        set_.users, set_.write_concern = asked_users(), "majority"
        right = dict(set_.users["blocks-db"])
        set_.users["blocks-db"] = WRONG_USERS[what]
        set_.users["somebody"] = {"pwd": "else", "roles": [], "mechanisms": ["SCRAM-SHA-256"]}
        result = converge(set_, 1)
        assert result.returncode == 0
        assert set_.users["blocks-db"] == right
        assert set_.users["somebody"]["pwd"] == "else"
        assert set_.commands("createUser", "updateUser") == [(HOSTS[0], "updateUser")]
        assert "repaired user blocks-db" in result.stdout


def test_a_password_that_could_not_be_tried_is_not_wrong(converge: Converge) -> None:
    """A login that is cut off is tried again, and the user stays as it is."""
    logins: list[str] = []

    def cut_off_the_second(_host: str, command: str) -> None:
        if command == "saslStart":
            logins.append(command)
            if len(logins) == 2:
                raise HangUp

    with replica_set(HOSTS[:1], [KEY], before=cut_off_the_second) as set_:
        set_.install(HOSTS[:1], HOSTS[0])
        set_.users, set_.write_concern = asked_users(), "majority"
        result = converge(set_, 1)
        assert result.returncode == 0, result.stdout
        assert f"waiting: {HOSTS[0]} did not users: Mongo" in result.stdout
        assert not set_.commands("updateUser")


KEYFILES = {"a list": f"- {OLD_KEY}\n- {KEY}\n", "quoted": f"- \"{OLD_KEY}\"\n- '{KEY}'\n", "in line": f"[{OLD_KEY}, {KEY}]"}


@pytest.mark.parametrize("keyfile", KEYFILES)
def test_while_the_key_is_rotated_either_key_opens(keyfile: str, converge: Converge, secrets: Path) -> None:
    """Members that know the old key alone, both, or the new one alone are one set."""
    (secrets / "keyfile" / "keyfile").write_text(KEYFILES[keyfile])
    with replica_set(HOSTS[:3], [KEY]) as set_:
        set_.members[HOSTS[0]].keys = [OLD_KEY]
        set_.members[HOSTS[1]].keys = [OLD_KEY, KEY]
        result = converge(set_, 3)
        assert result.returncode == 0, result.stdout
        assert set_.hosts == HOSTS[:3]


@pytest.mark.parametrize("text", ["", "short", "no base64!", "x" * 1025, "- bmV3K2tleS8rLzEyMw==\n- b2xk"])
def test_a_keyfile_mongod_would_not_take_is_refused(text: str, converge: Converge, secrets: Path) -> None:
    """Before any member is asked."""
    (secrets / "keyfile" / "keyfile").write_text(text)
    with replica_set(HOSTS[:1], [KEY]) as set_:
        result = converge(set_, 1)
        assert result.returncode == 1
        assert last_line(result).startswith("the keyfile holds no key: 6 to 1024 characters of base64")
        assert not set_.log


def test_the_feature_compatibility_version_comes_last(converge: Converge) -> None:
    """It is raised once, confirmed, after the users."""
    with replica_set(HOSTS[:3], [KEY], feature_compatibility_version="7.0") as set_:
        result = converge(set_, 3, FEATURE_COMPATIBILITY_VERSION="8.0")
        assert result.returncode == 0, result.stdout
        assert set_.feature_compatibility_version == "8.0"
        names = [name for _, name in set_.commands(*WRITES, "setFeatureCompatibilityVersion")]
        assert names[-1] == "setFeatureCompatibilityVersion"
        assert names.count("setFeatureCompatibilityVersion") == 1
        converge(set_, 3, FEATURE_COMPATIBILITY_VERSION="8.0")
        assert len(set_.commands("setFeatureCompatibilityVersion")) == 1


def test_the_version_waits_for_every_binary(converge: Converge) -> None:
    """While one member runs the older binary, it stays."""
    with replica_set(HOSTS[:3], [KEY], feature_compatibility_version="7.0") as set_:
        set_.install(HOSTS[:3], HOSTS[0])
        set_.members[HOSTS[2]].version = "7.0.37"
        result = converge(set_, 3, FEATURE_COMPATIBILITY_VERSION="8.0", DEADLINE_SECONDS="1")
        assert result.returncode == 1
        assert last_line(result).endswith(f"{HOSTS[2]} runs 7.0.37, older than feature compatibility version 8.0")
        assert set_.feature_compatibility_version == "7.0"


def test_the_version_waits_for_every_member(converge: Converge) -> None:
    """A member that is away could run anything.

    Takes more than two seconds because it waits until the Job gives up.
    """
    with replica_set(HOSTS[:3], [KEY], feature_compatibility_version="7.0") as set_:
        set_.install(HOSTS[:3], HOSTS[0])
        set_.members[HOSTS[2]].stop()
        result = converge(set_, 3, FEATURE_COMPATIBILITY_VERSION="8.0", DEADLINE_SECONDS="1")
        assert result.returncode == 1
        assert last_line(result) == f"gave up waiting: {HOSTS[2]} is neither primary nor secondary"
        assert set(set_.users) == set(PASSWORDS)
        assert set_.feature_compatibility_version == "7.0"


def test_the_version_is_never_lowered(converge: Converge) -> None:
    """That is a person's decision."""
    with replica_set(HOSTS[:1], [KEY]) as set_:
        result = converge(set_, 1, FEATURE_COMPATIBILITY_VERSION="7.0")
        assert result.returncode == 1
        assert last_line(result) == "the feature compatibility version is 8.0 and is never lowered to 7.0 here"


def test_unasked_the_version_is_left_alone(converge: Converge) -> None:
    """Without the setting it is not even read."""
    with replica_set(HOSTS[:1], [KEY], feature_compatibility_version="7.0") as set_:
        assert converge(set_, 1).returncode == 0
        assert not set_.commands("getParameter", "setFeatureCompatibilityVersion")


MISTAKES: dict[str, tuple[dict[str, str], str]] = {
    "MEMBERS": ({"MEMBERS": "registry-0"}, "MEMBERS is not a JSON list"),
    "USERS": ({"USERS": "{}x"}, "USERS is not a JSON list"),
    "REPLICA_SET": ({"REPLICA_SET": ""}, "REPLICA_SET is not set"),
    "TIMEOUTS": ({"TIMEOUTS": ""}, "TIMEOUTS is not set"),
    "no secrets": ({"SECRETS_DIR": "/nonexistent"}, "the keyfile is missing: no file /nonexistent/keyfile/keyfile"),
    "nobody": ({"MEMBERS": "[]"}, "no member is asked for"),
    "eight": (
        {"MEMBERS": json.dumps([f"db-{n}:1" for n in range(8)])},
        "8 members are asked for, a replica set has at most 7 votes",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_setting_is_told_in_a_sentence(mistake: str, converge: Converge) -> None:
    """Not with a stack trace."""
    env, sentence = MISTAKES[mistake]
    with replica_set(HOSTS[:1], [KEY]) as set_:
        result = converge(set_, 1, **env)
        assert result.returncode == 1
        assert result.stdout.splitlines()[-1] == sentence
        assert not result.stderr


def test_a_mistake_nobody_thought_of_is_not_waited_for(converge: Converge) -> None:
    """It ends the Job with its name and where it happened, without its text."""
    with replica_set(HOSTS[:1], [KEY]) as set_:
        result = converge(set_, 1, USERS="[null]")
        assert result.returncode == 1
        assert last_line(result).startswith("unexpected TypeError at setUser ")


@pytest.mark.parametrize("text", [None, "", "ends in a line\n"])
def test_a_password_that_cannot_be_used_is_refused(text: str | None, converge: Converge, secrets: Path) -> None:
    """Missing, empty, or with white space that a URI cannot hold."""
    file = secrets / "users" / "blocks-db"
    file.unlink() if text is None else file.write_text(text)
    with replica_set(HOSTS[:1], [KEY]) as set_:
        result = converge(set_, 1)
        assert result.returncode == 1
        assert last_line(result).startswith("the password of blocks-db is ")
        assert "blocks-db" not in set_.users


def test_no_secret_is_in_an_argument_a_log_or_the_output(converge: Converge, environment: dict[str, str]) -> None:
    """Neither key nor password leaves the process but to the server, in this run and in one that repairs.

    Takes more than two seconds because the Job runs twice.
    """
    with replica_set(HOSTS[:3], [KEY]) as set_, leaks.processes_watched() as seen:
        first = converge(set_, 3)
        set_.users["root"]["pwd"] = "before"
        second = converge(set_, 3)
    logs = leaks.files_below(Path(environment["HOME"]))
    assert first.returncode == second.returncode == 0
    assert any("converge.js" in text for text in seen)
    assert logs
    told = "\n".join([first.stdout, first.stderr, second.stdout, second.stderr, *logs, *seen])
    for secret in [KEY, KEY.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"), *PASSWORDS.values()]:
        assert secret not in told


def test_it_runs_from_a_mounted_config_map(converge: Converge, scripts: Path, tmp_path: Path) -> None:
    """There every file is a link to a link."""
    data = tmp_path / "mount" / "..2026_01_01"
    data.mkdir(parents=True)
    (tmp_path / "mount" / "..data").symlink_to(data.name)
    for script in scripts.iterdir():
        (data / script.name).write_bytes(script.read_bytes())
        (tmp_path / "mount" / script.name).symlink_to(Path("..data") / script.name)
    with replica_set(HOSTS[:1], [KEY]) as set_:
        result = converge(set_, 1, script=tmp_path / "mount" / "converge.js")
        assert result.returncode == 0, result.stdout + result.stderr
