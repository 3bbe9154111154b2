"""What `mgmtcluster preflight` says of the nodes before anything is on them."""

from __future__ import annotations

from mgmtcluster import catalog

from .command import UNTOLD, ask
from .machines import NAMES, Machines


def test_preflight_finds_what_was_made(machines: Machines) -> None:
    """Three workers with both labels, room, free ports and no leftovers; that nothing is known of the network is a warning."""
    said = ask(machines, "preflight")
    checks = said.checks()
    assert (said.code, said.found["well"]) == (0, True), checks
    assert {check for check, (verdict, _) in checks.items() if verdict != "ok"} <= UNTOLD
    assert checks["workers"][1].startswith(f"{len(NAMES)} nodes are Ready")
    for database in catalog.DATABASES:
        assert checks[f"labels {database.name}"][1].startswith(f"{len(NAMES)} workers")


def test_status_finds_nothing(machines: Machines) -> None:
    """Every phase has something missing and nothing ready."""
    said = ask(machines, "status")
    assert (said.code, said.found["whole"]) == (1, False)
    assert said.phases() == set()
