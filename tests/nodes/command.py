"""`mgmtcluster` against the nodes' cluster, to compare what it says with what a test did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.cli.command import mgmtcluster

from .machines import Machines


@dataclass(frozen=True)
class Said:
    """What a command printed as JSON.

    Attributes:
        code: what it ended with.
        found: the JSON.
    """

    code: int
    found: Any


def ask(machines: Machines, *command: str) -> Said:
    """Run a command, which must be able to look."""
    done = mgmtcluster(*command, "--json", "--kubeconfig", str(machines.kubeconfig))
    assert done.returncode in (0, 1), done.stderr
    assert done.stderr == ""
    return Said(done.returncode, json.loads(done.stdout))


def unready_members(said: Said) -> dict[str, str | None]:
    """The members that `status` does not show as Ready, and the node it shows for each."""
    members = [member for database in said.found["databases"] for member in database["members"]]
    return {member["pod"]: member["node"] for member in members if not member["ready"]}
