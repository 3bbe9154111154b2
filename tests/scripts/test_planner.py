"""The planner under the real mongosh: single decisions, and many runs of a set that fails in every way."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.rig.scripts import SCRIPTS, Mongosh
from tests.scripts.conftest import HERE

RUNS = int(os.environ.get("PLANNER_RUNS", "100000"))
SEED = int(os.environ.get("PLANNER_SEED", "1"))
FEW = 5_000

#: The seeds that runs begin with: the first of these runs are fast tests, the others slow ones, all as long.
SEEDS = [
    pytest.param(SEED, id="few"),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(SEED + FEW, SEED + RUNS, FEW)),
]
PLAN = SCRIPTS / "plan.js"


def host(index: int) -> str:
    """The name of one member."""
    return f"db-{index}.db:27017"


def hosts(*indexes: int) -> list[str]:
    """The names of some members."""
    return [host(index) for index in indexes]


def config(*indexes: int, **more: Any) -> dict[str, Any]:
    """A configuration with these members."""
    members = [{"_id": index, "host": host(index), "votes": 1} for index in indexes]
    return {"_id": "rs0", "version": 4, "term": 2, "members": members, **more}


def health(live: list[int], *, votes: int, primary: int | None = 0, **more: Any) -> dict[str, Any]:
    """What assess says of a set in which these members are primary or secondary."""
    return {
        "primary": None if primary is None else host(primary),
        "answering": hosts(*live),
        "live": hosts(*live),
        "committed": True,
        "votingMembersCount": votes,
        "replicaSetIds": {},
        "usersDone": True,
        **more,
    }


def answer(state: str, configuration: dict[str, Any] | None, **seen: Any) -> dict[str, Any]:
    """What one member says."""
    return {"state": state, "config": configuration, **({"seen": seen} if seen else {})}


NOBODY = {**health([], votes=0, primary=None), "votingMembersCount": None}
THREE, FIVE = [0, 1, 2], [0, 1, 2, 3, 4]
NO_VOTE = {**config(*THREE), "members": [*config(0, 1)["members"], {"_id": 2, "host": host(2), "votes": 0}]}
HIGH_ID = {**config(0, 1), "members": [{"_id": 0, "host": host(0)}, {"_id": 255, "host": host(1)}]}

DECISIONS: dict[str, tuple[Any, list[str], dict[str, Any], str, str]] = {
    "nothing is asked for": (None, [], NOBODY, "refuse", "no member is asked for"),
    "one is asked for twice": (None, hosts(0, 0), NOBODY, "refuse", "asked for twice"),
    "eight are asked for": (None, hosts(*range(8)), NOBODY, "refuse", "at most 7 votes"),
    "all answer, none is initiated": (None, hosts(*THREE), {**NOBODY, "answering": hosts(*THREE)}, "initiate", host(0)),
    "one is silent": (None, hosts(*THREE), {**NOBODY, "answering": hosts(0, 2)}, "wait", f"{host(1)} does not answer"),
    "there is no primary": (config(*THREE), hosts(*THREE), health([1], votes=3, primary=None), "wait", "1 of 3 voting"),
    "a new member has no vote": (config(0, 1), hosts(*THREE), health([0], votes=1), "wait", f"is over: {host(1)}"),
    "a new member gets its vote": (config(0, 1), hosts(*THREE), health([0, 1], votes=1), "wait", "no vote yet"),
    "a configuration is not committed": (
        config(0),
        hosts(*THREE),
        health([0], votes=1, committed=False),
        "wait",
        "has not reached a majority",
    ),
    "most members are away": (config(*FIVE), hosts(*THREE), health([0, 1], votes=5), "wait", "2 of 5 voting members"),
    "a missing member answers": (config(0), hosts(*THREE), health([0, 2], votes=1), "add", f"add {host(2)}"),
    "a missing member is silent": (config(*THREE), hosts(*FIVE), health(THREE, votes=3), "wait", "cannot be added"),
    "the silent one is removed first": (
        config(*FIVE),
        hosts(*THREE),
        health([0, 1, 2, 4], votes=5),
        "remove",
        f"remove {host(3)}",
    ),
    "a removal would cost the majority": (
        config(*FIVE),
        hosts(*THREE),
        health([0, 3, 4], votes=5),
        "wait",
        "2 of 4 votes would be alive",
    ),
    "only the primary is left to remove": (
        config(0, 1, 2, 3),
        hosts(*THREE),
        health([0, 1, 2, 3], votes=4, primary=3),
        "stepDown",
        "step down",
    ),
    "the primary is removed last": (
        config(*FIVE),
        hosts(*THREE),
        health(FIVE, votes=5, primary=4),
        "remove",
        f"remove {host(3)}",
    ),
    "another set's member": (
        {**config(0), "members": [{"_id": 0, "host": "other-0.db:27017"}]},
        hosts(*THREE),
        health([0], votes=1),
        "refuse",
        "other-0.db:27017 is an unknown member",
    ),
    "another port": (
        {**config(0), "members": [{"_id": 0, "host": "db-3.db:27018"}]},
        hosts(*THREE),
        health([0], votes=1),
        "refuse",
        "unknown member",
    ),
    "two sets": (
        config(*THREE),
        hosts(*THREE),
        health(THREE, votes=3, replicaSetIds={"a": hosts(0), "b": hosts(1, 2)}),
        "refuse",
        "different replica sets",
    ),
    "a vote was taken away": (NO_VOTE, hosts(*THREE), health(THREE, votes=2), "refuse", f"{host(2)} has no vote"),
    "users are not set yet": (
        config(*THREE),
        hosts(*THREE),
        health(THREE, votes=3, usersDone=False),
        "users",
        "write concern and users",
    ),
    "users are set while a member is away": (
        config(*THREE),
        hosts(*THREE),
        health([0, 1], votes=3, usersDone=False),
        "users",
        "write concern and users",
    ),
    "a member is away": (config(*THREE), hosts(*THREE), health([0, 1], votes=3), "wait", "neither primary nor secondary"),
    "all is as desired": (config(*THREE), hosts(*THREE), health(THREE, votes=3), "done", "all 3 members"),
    "the highest number is taken": (HIGH_ID, hosts(*THREE), health(THREE, votes=2), "add", f"add {host(2)}"),
}

ANSWERS: dict[str, dict[str, dict[str, Any] | None]] = {
    "old primary": {
        host(0): answer("PRIMARY", config(0, 1, 2, 3, 4), term=2, committed=True, votingMembersCount=5, states={}),
        host(1): answer(
            "PRIMARY",
            config(*THREE),
            term=3,
            committed=True,
            votingMembersCount=3,
            states={host(1): "PRIMARY", host(2): "SECONDARY", host(0): "DOWN"},
        ),
        host(2): answer("SECONDARY", config(*THREE)),
    },
    "latest": {
        host(0): answer("SECONDARY", config(0, version=9, term=1)),
        host(1): answer("SECONDARY", config(0, 1, version=3, term=2)),
        host(2): None,
    },
    "sets": {
        host(0): answer("OTHER", config(0, settings={"replicaSetId": "a"})),
        host(1): answer("OTHER", config(1, settings={"replicaSetId": "b"})),
        host(2): answer("OTHER", None),
    },
}


def asked(command: list[str], script: str, home: Path, **env: str) -> str:
    """What a script here prints under mongosh, whatever it ends with."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), **env}
    arguments = [*command, "--nodb", "--quiet", str(HERE / script)]
    return subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=120, check=False).stdout


@pytest.fixture(scope="module")
def decided(mongosh_command: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the planner says to every question here, asked in one mongosh."""
    folder = tmp_path_factory.mktemp("cases")
    questions = {f"plan {name}": ("plan", list(case[:3])) for name, case in DECISIONS.items()}
    questions["relatives"] = ("relatives", [hosts(1, 2)])
    questions |= {f"assess {name}": ("assess", [answers]) for name, answers in ANSWERS.items()}
    calls = [{"call": call, "args": args} for call, args in questions.values()]
    (folder / "cases.json").write_text(json.dumps(calls))
    output = asked(mongosh_command, "cases.js", folder, PLAN=str(PLAN), CASES=str(folder / "cases.json"))
    return dict(zip(questions, json.loads(output), strict=True))


@pytest.mark.parametrize("name", DECISIONS)
def test_planner_decides(name: str, decided: dict[str, Any]) -> None:
    """Each situation has one right next step, and a line that says why."""
    *_, step, why = DECISIONS[name]
    assert decided[f"plan {name}"]["name"] == step
    assert why in decided[f"plan {name}"]["why"]


def test_a_new_configuration_differs_by_one_member_and_one_version(decided: dict[str, Any]) -> None:
    """What is sent keeps every member, number and setting it does not change."""
    sent = decided["plan a missing member answers"]["config"]
    added = {"_id": 1, "host": host(2)}
    assert sent == {**config(0), "version": 5, "members": [*config(0)["members"], added]}


def test_a_member_number_is_never_used_twice(decided: dict[str, Any]) -> None:
    """After 255 the lowest number that is free is taken."""
    numbers = [member["_id"] for member in decided["plan the highest number is taken"]["config"]["members"]]
    assert numbers == [0, 255, 1]


def test_only_the_first_member_is_initiated(decided: dict[str, Any]) -> None:
    """The others are added, so that none of them can be initiated a second time."""
    sent = decided["plan all answer, none is initiated"]["config"]["members"]
    assert sent == [{"_id": 0, "host": host(0)}]


def test_the_primary_of_the_latest_term_is_believed(decided: dict[str, Any]) -> None:
    """An old primary behind a partition neither leads nor counts as alive."""
    said = decided["assess old primary"]
    assert said["health"]["primary"] == host(1)
    assert said["health"]["live"] == hosts(1, 2)
    assert said["config"] == config(*THREE)


def test_without_a_primary_the_latest_configuration_counts(decided: dict[str, Any]) -> None:
    """A term outweighs any version, and a silent member says nothing."""
    said = decided["assess latest"]
    assert said["config"] == config(0, 1, version=3, term=2)
    assert said["health"]["answering"] == hosts(0, 1)
    assert said["health"]["live"] == []


def test_sets_are_told_apart(decided: dict[str, Any]) -> None:
    """Members of two sets are known by the identity in their configuration."""
    assert decided["assess sets"]["health"]["replicaSetIds"] == {"a": hosts(0), "b": hosts(1)}


def test_former_members_are_known_by_their_ordinal(decided: dict[str, Any]) -> None:
    """Every host that differs in nothing else, up to the seven a set may have."""
    assert decided["relatives"] == hosts(0, 3, 4, 5, 6)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_run_converges_and_breaks_no_rule(seed: int, mongosh: Mongosh) -> None:
    """Whatever crashes, is cut off or runs twice, the set gets where it should by safe steps.

    Takes more than two seconds because it plays thousands of lives of a set.
    """
    result = mongosh(HERE / "simulate.js", {"PLAN": str(PLAN), "RUNS": str(FEW), "SEED": str(seed)}, timeout=900)
    assert result.returncode == 0, result.stdout
    report = json.loads(result.stdout)
    assert report["seen"].pop("converged") == FEW
    steps = {"initiate done", "add done", "remove done", "stepDown done", "users done", "done done"}
    conflicts = {"initiate refused", "add refused", "remove refused", "stepDown refused", "users refused"}
    assert steps | conflicts | {"crash", "restart", "cut", "lose", "endJob", "startJob"} <= set(report["seen"])


MUTATIONS = {
    "remove without a majority": (
        "if (live < majority(votes)) return wait(`${host} cannot be removed",
        "if (false) return wait(`${host} cannot be removed",
        "majority: none in the new configuration",
    ),
    "change without a majority": ("if (live.length < needed) {", "if (false) {", "majority: none in the old"),
    "trust the primary's view alone": ("ROLES.includes(answers[host].state) && ", "", "a member is out of role"),
    "trust the members' word alone": (" && ROLES.includes(seen.states[host])", "", "majority: none"),
    "add two at a time": (
        "[...config.members, { _id: freeId(config), host }]",
        "[...config.members, ...missing.map((host, more) => ({ _id: freeId(config) + more, host }))]",
        "one vote a step",
    ),
    "remove two at a time": (
        "config.members.filter((member) => member.host !== host);",
        "config.members.filter((member) => desired.includes(member.host));",
        "one vote a step",
    ),
    "initiate though a member has a configuration": ("configs.sort(newer).at(-1) ?? null", "null", "second initiate"),
    "initiate though a member is silent": ("if (silent.length) {", "if (silent.length > 1) {", "second initiate"),
    "do not wait for a new member": ("if (health.votingMembersCount < voters.length) {", "if (false) {", "new member"),
    "do not wait for the last change": ("if (!health.committed)", "if (false)", "committed"),
    "remove the primary": ("if (host !== health.primary) return change", "if (true) return change", "primary: removed"),
    "never step down": ("return { name: 'stepDown', host", "return { name: 'wait', host", "convergence"),
    "an eighth vote": ("votersOf(config).length < MAX_VOTES", "true", "seven votes"),
    "remove a desired member": ("!desired.includes(host));\n  if (missing", "true);\n  if (missing", "desired"),
    "say done early": ("if (away.length) return wait", "if (false) return wait", "a member is out of role"),
    "forget the users": ("if (!health.usersDone)", "if (false)", "users are not set"),
    "send the old version": ("version: config.version + 1", "version: config.version", "latest primary"),
}


@pytest.fixture(scope="module")
def found(mongosh_command: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the runs say of each planner made wrong, all in one mongosh."""
    folder, text = tmp_path_factory.mktemp("wrong"), PLAN.read_text()
    files = [folder / f"{number}.js" for number in range(len(MUTATIONS))]
    for file, (right, wrong, _) in zip(files, MUTATIONS.values(), strict=True):
        file.write_text(text.replace(right, wrong))
    output = asked(mongosh_command, "simulate.js", folder, PLAN=":".join(map(str, files)), RUNS="3000")
    return dict(zip(MUTATIONS, json.loads(output), strict=True))


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_planner_made_wrong_is_found(name: str, found: dict[str, dict[str, Any]]) -> None:
    """Each rule has a mistake that breaks it, and the runs find the mistake and print how it came."""
    right, _, what = MUTATIONS[name]
    assert PLAN.read_text().count(right) == 1
    assert not found[name]["holds"]
    first, header, *rows = found[name]["text"].splitlines()
    assert what in first
    assert header.startswith("tick | 01234567 |")
    assert rows[-1].endswith(first.split(": ", 1)[1].rsplit(" (", 1)[0])


def test_a_failing_run_is_told_with_few_failures(found: dict[str, dict[str, Any]]) -> None:
    """Failures that the broken rule does not need are left out of the table."""
    first, _, *rows = found["initiate though a member is silent"]["text"].splitlines()
    failures = [row for row in rows if re.search(r"\| (crash|restart|cut|heal|lose|find|endJob|startJob) ", row)]
    assert first.endswith("failures: 1)")
    assert len(failures) == 1
