"""The version of the server, and the user's rights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from mgmtcluster.cli.checks import server
from mgmtcluster.cli.checks.rights import Right, denied
from mgmtcluster.cli.expected import Expected

from .views import expecting, item, the_row, view


@pytest.mark.parametrize(
    ("version", "verdict", "fix"),
    [
        ("v1.26.15", "fail", ["upgrade the cluster to 1.27 or newer"]),
        ("v1.27.0", "ok", []),
        ("v1.31.4+k3s1", "ok", []),
        ("v1.36.9-eks-1", "ok", []),
        ("v1.37.0", "warn", ["kubectl apply --dry-run=server -f dist/"]),
        ("v2.0.0", "warn", ["kubectl apply --dry-run=server -f dist/"]),
        ("", "fail", ["upgrade the cluster to 1.27 or newer"]),
    ],
)
def test_the_version(version: str, verdict: str, fix: list[str]) -> None:
    """What ``dist/`` is valid for, what was tried, and what is neither."""
    row = the_row(server.version, view(version=version))
    assert (row.verdict, row.fix) == (verdict, fix)
    assert (version or "unknown") in row.found


def test_rights_that_are_there() -> None:
    """Nothing is missing."""
    assert the_row(server.rights, view()).verdict == "ok"


def test_rights_that_are_missing() -> None:
    """The first few are named."""
    row = the_row(server.rights, view(denied=[f"create kind{number}" for number in range(8)]))
    assert (row.verdict, row.found.endswith("create kind5 and 2 more")) == ("fail", True)
    assert row.fix[0] == "kubectl auth can-i --list"


ROLE = item(
    "Role",
    "reader",
    "shop",
    rules=[{"apiGroups": [""], "resources": ["secrets", "pods/log"], "verbs": ["get"], "resourceNames": ["one"]}],
) | {"apiVersion": "rbac.authorization.k8s.io/v1"}
PLATFORM = expecting(item("Namespace", "shop"), item("Service", "web", "shop"), ROLE)


def all_but(*refused: str) -> Callable[[Sequence[Right]], list[bool]]:
    """A user who may do everything but this: verb, group, resource and name."""

    def may_all(rights: Sequence[Right]) -> list[bool]:
        return [
            not any(
                words in (f"{right['verb']} {right['resource']}", f"{right['verb']} {right['resource']} {right.get('name')}")
                for words in refused
            )
            for right in rights
        ]

    return may_all


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        ([], []),
        (["create services"], ["create services in shop"]),
        (["patch namespaces", "get services"], ["patch namespaces", "get services in shop"]),
        (["get secrets one"], []),
        (["escalate roles reader"], []),
        (["escalate roles reader", "get secrets one"], ["give others the right to get secrets/one in shop"]),
        (["bind roles reader", "get pods one"], ["give others the right to get pods/log/one in shop"]),
    ],
)
def test_what_an_apply_needs(refused: list[str], words: list[str]) -> None:
    """The verbs of kubectl; and what Roles give, unless the user may escalate and bind."""
    assert denied(all_but(*refused), PLATFORM, {}) == words


def test_a_role_that_is_there_already_asks_for_nothing() -> None:
    """Kubernetes lets everybody write what it gives already; another one is asked for."""
    may_all = all_but("escalate roles reader", "get secrets one")
    assert denied(may_all, PLATFORM, {"Role/shop/reader": ROLE}) == []
    other = {**ROLE, "rules": []}
    assert denied(may_all, PLATFORM, {"Role/shop/reader": other}) == ["give others the right to get secrets/one in shop"]


def test_every_right_is_asked_with_its_group_and_namespace() -> None:
    """As the server takes them."""
    asked: list[Right] = []

    def may_all(rights: Sequence[Right]) -> list[bool]:
        asked.extend(rights)
        return [True] * len(rights)

    denied(may_all, Expected(PLATFORM.settings, {"00": [ROLE]}), {})
    role = {"group": "rbac.authorization.k8s.io", "resource": "roles", "namespace": "shop"}
    assert asked == [
        *({"verb": verb, **role, "name": "reader"} for verb in ("escalate", "bind")),
        *({"verb": verb, **role} for verb in ("get", "create", "patch")),
    ]
