"""No secret stands in the manifests, on a command line there, or in what the scripts say: as far as their text shows."""

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mgmtcluster.testing import Manifest, Manifests, load
from tests.rendering import DIST, ROOT, containers_of, leaves, name_of

SCRIPTS = ROOT / "mgmtcluster" / "scripts"
HOOKS = ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle")

#: A name of something secret, in what a script prints.
TELLING = re.compile(r"pass|pwd|keyfile|(?<!Object\.)\bkeys?\b|token|uri|credential|\bdata\b|\benv\b", re.IGNORECASE)
SPEAKS = re.compile(r"(?:\bprint|\bconsole\.\w+|\bnew Refusal|\bnew Error)\(")


@pytest.fixture(scope="module")
def dist() -> Manifests:
    """The committed manifests."""
    return Manifests(each for file in sorted(DIST.iterdir()) for each in load(file.read_text()))


def secret_variables(container: dict[str, Any]) -> set[str]:
    """The variables that come from a Secret, or whose value interpolates such a one."""
    variables = container.get("env", [])
    secret = {each["name"] for each in variables if "secretKeyRef" in each.get("valueFrom", {})}
    for each in variables:  # one is interpolated only into those after it
        if any(f"$({name})" in each.get("value", "") for name in secret):
            secret.add(each["name"])
    return secret


def on_command_lines(workload: Manifest) -> Iterator[str]:
    """Every use of a secret variable, in either spelling, on a command line of a workload."""
    for container in containers_of(workload):
        said = [container.get("command", []), container.get("args", []), *(container.get(hook, {}) for hook in HOOKS)]
        for name in secret_variables(container):
            used = re.compile(rf"\$\({name}\)|\$\{{?{name}\b|\b{name}\b")
            yield from (f"{name_of(workload)}: {text}" for _, text in leaves(said) if used.search(str(text)))


def test_no_command_line_names_a_secret_variable(dist: Manifests) -> None:
    """Neither of a container, nor of a probe or a hook; everybody on the node may read them."""
    workloads = dist.workloads()
    assert any(secret_variables(each) for workload in workloads for each in containers_of(workload))
    assert [line for workload in workloads for line in on_command_lines(workload)] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda container: container.update(args=["--uri=$(MONGO_URL)"]),
        lambda container: container.update(command=["sh", "-c", "exec serve --password ${DATABASE_PASSWORD}"]),
        lambda container: container["livenessProbe"].update(exec={"command": ["ping", "$(DATABASE_PASSWORD)"]}),
        lambda container: container["lifecycle"]["preStop"]["exec"].update(command=["node", "-e", "process.env.MONGO_URL"]),
    ],
    ids=["argument", "shell", "probe", "hook"],
)
def test_a_command_line_with_a_secret_is_noticed(change: Callable[[dict[str, Any]], object], dist: Manifests) -> None:
    """The variable itself, and the connection string made with it."""
    workload = copy.deepcopy(dist.one("Deployment", "registries", "vdag-db-svc"))
    change(containers_of(workload)[0])
    assert len(list(on_command_lines(workload))) == 1


def test_a_secret_is_taken_by_key(dist: Manifests) -> None:
    """No container gets whole Secrets as variables, whose names nobody here would know."""
    assert [name_of(each) for each in dist.workloads() for container in containers_of(each) if "envFrom" in container] == []


def spoken(script: str) -> Iterator[str]:
    """What a script's calls that print or refuse are given: their text without literal words."""
    for call in SPEAKS.finditer(script):
        depth, end = 1, call.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(script[end], 0)
            end += 1
        given = script[call.end() : end - 1]
        inside = re.findall(r"\$\{([^}]*)\}", given)
        yield " ".join([*inside, re.sub(r"`[^`]*`|'[^']*'", "", given)])


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.js")), ids=lambda path: path.name)
def test_a_script_says_nothing_secret_and_starts_no_process(script: Path) -> None:
    """Nothing that it prints or refuses names a password, a key, a token or a URI; and nobody else gets an argument."""
    text = script.read_text()
    assert [each for each in spoken(text) if TELLING.search(each)] == []
    assert re.findall(r"child_process|worker_threads|process\.argv|process\.env\.\w+ =[^=]", text) == []


@pytest.mark.parametrize(
    "line",
    [
        "console.log(`created ${user} with ${password}`);",
        "print(uri);",
        "throw new Refusal(`no answer from ${settings.uri}`);",
        "console.error('members', JSON.stringify({ host, pwd }));",
    ],
)
def test_a_script_that_says_a_secret_is_noticed(line: str) -> None:
    """In a template, by itself, in a refusal, in an object."""
    assert [each for each in spoken(f"const a = f(1);\n{line}\n") if TELLING.search(each)]


def test_the_scripts_do_speak() -> None:
    """So that what they say was looked at."""
    assert sum(len(list(spoken(script.read_text()))) for script in SCRIPTS.glob("*.js")) > 20
