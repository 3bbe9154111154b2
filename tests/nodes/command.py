"""`mgmtcluster` against the nodes' cluster, to compare what it says with what a test did."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.cli.command import Done, mgmtcluster

from .machines import ROOT, Machines

#: The rows of `preflight` that warn on these nodes, because Kubernetes does not tell.
UNTOLD = {"network policies", "avx"}

_WATCHED_SECONDS = 600


@dataclass(frozen=True)
class Said:
    """What a command printed as JSON.

    Attributes:
        code: what it ended with.
        found: the JSON.
    """

    code: int
    found: Any

    def checks(self) -> dict[str, tuple[str, str]]:
        """The rows of `preflight`: what is looked at, the verdict, and what was found."""
        return {row["check"]: (row["verdict"], row["found"]) for row in self.found["checks"]}

    def phases(self) -> set[str]:
        """The phases of `status` of which anything is ready."""
        return {phase["phase"] for phase in self.found["phases"] if phase["ready"]}


def run(machines: Machines, *command: str) -> Done:
    """Run a command, whatever it ends with."""
    return mgmtcluster(*command, "--json", "--kubeconfig", str(machines.kubeconfig))


def ask(machines: Machines, *command: str) -> Said:
    """Run a command, which must be able to look."""
    done = run(machines, *command)
    assert done.returncode in (0, 1), done.stderr
    assert done.stderr == ""
    return Said(done.returncode, json.loads(done.stdout))


def unready_members(said: Said) -> dict[str, str | None]:
    """The members that `status` does not show as Ready, and the node it shows for each."""
    members = [member for database in said.found["databases"] for member in database["members"]]
    return {member["pod"]: member["node"] for member in members if not member["ready"]}


@contextmanager
def watching(machines: Machines) -> Iterator[subprocess.Popen[str]]:
    """`status --watch` beside what is done meanwhile; it must end by itself, with 0, at the latest soon after that."""
    command = [sys.executable, "-m", "mgmtcluster.cli", "status", "--watch", f"--timeout={_WATCHED_SECONDS}"]
    kubeconfig = f"--kubeconfig={machines.kubeconfig}"
    with subprocess.Popen([*command, kubeconfig], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as watch:
        try:
            yield watch
            printed, _ = watch.communicate(timeout=60)
        finally:
            watch.kill()
    assert watch.returncode == 0, printed
