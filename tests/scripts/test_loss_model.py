"""Which ways of running members keep every acknowledged write: the reason why a volume is pinned to one node."""

from __future__ import annotations

import pytest

from tests.scripts.loss_model import MODES, Member, Mode, State, explore, steps, trace_lines

LOSSES: dict[Mode, list[str]] = {
    "free": [
        "1. 0 is elected with the vote of 1 and 2",
        "2. a client writes to 0",
        "3. 1 replicates from 0",
        "4. the write is acknowledged: 0 and 1 hold it",
        "5. 0 crashes",
        "6. 0 restarts empty",
        "7. 2 is elected with the vote of 0: the acknowledged write is lost",
    ],
    "guard": [
        "1. 0 is elected with the vote of 1 and 2",
        "2. a client writes to 0",
        "3. 1 replicates from 0",
        "4. the write is acknowledged: 0 and 1 hold it",
        "5. 1 crashes",
        "6. 1 restarts empty",
        "7. 0 is cut off and steps down",
        "8. 2 is elected with the vote of 1: the acknowledged write is lost",
    ],
}


@pytest.mark.parametrize("mode", ["pinned", "readd"])
def test_no_state_loses_an_acknowledged_write(mode: Mode) -> None:
    """Neither where a member waits for its data, nor where it comes back without a vote.

    Takes more than two seconds because it explores every state.
    """
    result = explore(mode)
    assert result.trace is None
    assert result.states > 5000
    assert trace_lines(mode) == []


@pytest.mark.parametrize("mode", ["free", "guard"])
def test_a_member_that_starts_empty_can_lose_an_acknowledged_write(mode: Mode) -> None:
    """It votes for the one member that never had the write."""
    lines = trace_lines(mode)
    assert lines == LOSSES[mode]


def test_each_step_of_a_trace_is_possible() -> None:
    """A trace can be walked from the start, and ends where the write is lost."""
    for mode in MODES:
        state = State()
        for what in explore(mode).trace or ():
            state = dict(steps(state, mode))[what]
        lost = state.primary is not None and bool(state.promised) and not state.members[state.primary].log
        assert lost == (mode in LOSSES)


def test_a_stale_member_gets_no_vote_of_one_that_has_the_write() -> None:
    """Two members with data are enough to keep the third, stale one from being elected."""
    members = (Member(log=(1,)), Member(log=(1,)), Member(log=()))
    state = State(members=members, term=1, promised=frozenset({1}))
    elected = [what for what, _ in steps(state, "pinned") if "elected" in what]
    assert elected == ["0 is elected with the vote of 1 and 2", "1 is elected with the vote of 0 and 2"]


def test_a_primary_keeps_a_vote_it_needs() -> None:
    """A member is not removed while the rest does not hold what was promised."""
    members = (Member(log=(1,)), Member(up=False, log=(1,)), Member(log=()))
    state = State(members=members, term=1, primary=0, promised=frozenset({1}))
    assert not [what for what, _ in steps(state, "readd") if "removed" in what]
    copied = state.with_member(2, Member(log=(1,)))
    assert [what for what, _ in steps(copied, "readd") if "removed" in what]
