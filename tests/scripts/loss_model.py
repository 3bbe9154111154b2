"""Every state three members can reach when a member may come back without its data, and whether a write can be lost.

A member that starts empty votes while it copies the data, unless it was added anew; so whoever lets a member start
empty decides whether a stale one can win an election. Four ways of running the members are compared:

free    a member may start empty at any time, as where its volume is a folder of whichever node it lands on
guard   it may start empty while there is a primary to copy from
readd   it is removed from the set, and added as a new member that has no vote until its copy is complete
pinned  it never starts without its own data
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Mode = Literal["free", "guard", "readd", "pinned"]
MODES: tuple[Mode, ...] = ("free", "guard", "readd", "pinned")

MEMBERS = (0, 1, 2)
LAST_TERM = 3


@dataclass(frozen=True)
class Member:
    """One member: whether it runs, and the writes it holds, each named by its primary's term; None is an empty disk."""

    up: bool = True
    log: tuple[int, ...] | None = ()

    @property
    def position(self) -> tuple[int, int]:
        """How far its log is: an empty one is behind everybody."""
        return (-1, 0) if self.log is None else (self.log[-1] if self.log else 0, len(self.log))

    def holds(self, write: int) -> bool:
        """Whether this write is on its disk."""
        return self.log is not None and write in self.log


@dataclass(frozen=True)
class State:
    """The whole set: its members, who votes, who leads in which term, and the writes clients were promised."""

    members: tuple[Member, Member, Member] = (Member(), Member(), Member())
    voters: frozenset[int] = frozenset(MEMBERS)
    term: int = 0
    primary: int | None = None
    promised: frozenset[int] = frozenset()

    def with_member(self, index: int, member: Member) -> State:
        """The same set with one member changed."""
        first, second, third = (member if index == other else self.members[other] for other in MEMBERS)
        return replace(self, members=(first, second, third))

    def majority_of(self, voters: frozenset[int], supporters: frozenset[int]) -> bool:
        """Whether these supporters decide."""
        return len(voters & supporters) > len(voters) // 2

    def running(self) -> frozenset[int]:
        """The members that run."""
        return frozenset(index for index in MEMBERS if self.members[index].up)

    def holders(self, write: int) -> frozenset[int]:
        """The members that hold a write."""
        return frozenset(index for index in MEMBERS if self.members[index].holds(write))


Step = tuple[str, State]


def steps(state: State, mode: Mode) -> Iterator[Step]:
    """Everything that may happen next."""
    if state.primary is None:
        yield from _elections(state)
    else:
        yield from _writes(state, state.primary)
        yield from _copies(state, state.primary)
        if mode == "readd":
            yield from _reconfigurations(state, state.primary)
        yield f"{state.primary} is cut off and steps down", replace(state, primary=None)
    yield from _crashes(state)
    yield from _restarts(state, mode)


def _elections(state: State) -> Iterator[Step]:
    if state.term == LAST_TERM:
        return
    for index in state.voters & state.running():
        candidate = state.members[index]
        voters = frozenset(v for v in state.running() if state.members[v].position <= candidate.position)
        if candidate.log is not None and state.majority_of(state.voters, voters):
            others = sorted((voters & state.voters) - {index})
            yield (
                f"{index} is elected with the vote of {_names(others)}",
                replace(state, term=state.term + 1, primary=index),
            )


def _crashes(state: State) -> Iterator[Step]:
    for index in state.running():
        after = state.with_member(index, replace(state.members[index], up=False))
        yield f"{index} crashes", replace(after, primary=None if state.primary == index else state.primary)


def _restarts(state: State, mode: Mode) -> Iterator[Step]:
    for index in set(MEMBERS) - state.running():
        member = state.members[index]
        # One that was removed, or began to copy, has no data of its own to start with.
        if member.log is not None and index in state.voters:
            yield f"{index} restarts with its data", state.with_member(index, replace(member, up=True))
        if mode == "free" or (mode == "guard" and state.primary is not None):
            yield f"{index} restarts empty", state.with_member(index, Member(log=None))


def _writes(state: State, primary: int) -> Iterator[Step]:
    log = state.members[primary].log or ()
    if state.term not in log:
        yield (
            f"a client writes to {primary}",
            state.with_member(primary, replace(state.members[primary], log=(*log, state.term))),
        )
    elif state.term not in state.promised and state.majority_of(state.voters, state.holders(state.term)):
        holders = sorted(state.holders(state.term) & state.voters)
        yield (
            f"the write is acknowledged: {_names(holders)} hold it",
            replace(state, promised=state.promised | {state.term}),
        )


def _copies(state: State, primary: int) -> Iterator[Step]:
    source = state.members[primary]
    for index in state.running() - {primary}:
        member = state.members[index]
        if member.log != source.log:
            what = "completes its copy" if member.log is None else "replicates"
            yield f"{index} {what} from {primary}", state.with_member(index, replace(member, log=source.log))


def _reconfigurations(state: State, primary: int) -> Iterator[Step]:
    for index in set(MEMBERS) - {primary}:
        member = state.members[index]
        if index in state.voters and not member.up and _may_become(state, state.voters - {index}):
            after = replace(state, voters=state.voters - {index})
            yield f"{index} is removed, and added anew with an empty disk", after.with_member(index, Member(log=None))
        if index in state.voters:
            continue
        if member.up and member.log is not None and _may_become(state, state.voters | {index}):
            yield f"{index} gets its vote back", replace(state, voters=state.voters | {index})
        if not member.up:
            yield f"{index} restarts empty, without a vote", state.with_member(index, Member(log=None))


def _may_become(state: State, voters: frozenset[int]) -> bool:
    """A primary changes the voters when majorities, old and new, run, and hold what was promised."""
    enough = all(state.majority_of(these, state.running()) for these in (state.voters, voters))
    return enough and all(state.majority_of(voters, state.holders(write)) for write in state.promised)


def _lost(state: State) -> bool:
    if state.primary is None:
        return False
    return any(not state.members[state.primary].holds(write) for write in state.promised)


def _names(members: list[int]) -> str:
    return " and ".join(map(str, members)) or "nobody else"


@dataclass(frozen=True)
class Result:
    """How many states there are, and the shortest way to a lost write, if there is one."""

    states: int
    trace: tuple[str, ...] | None


def explore(mode: Mode) -> Result:
    """Visit every state, nearest first, until a promised write is lost or none is left."""
    start = State()
    came: dict[State, tuple[State, str] | None] = {start: None}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        for what, after in steps(state, mode):
            if after in came:
                continue
            came[after] = (state, what)
            if _lost(after):
                return Result(len(came), _way_to(after, came))
            queue.append(after)
    return Result(len(came), None)


def _way_to(state: State, came: dict[State, tuple[State, str] | None]) -> tuple[str, ...]:
    way: list[str] = []
    step = came[state]
    while step is not None:
        way.append(step[1])
        step = came[step[0]]
    return tuple(reversed(way))


def trace_lines(mode: Mode) -> list[str]:
    """The shortest way to a lost write as numbered lines; empty if there is none."""
    trace = explore(mode).trace or ()
    lines = [f"{number}. {what}" for number, what in enumerate(trace, start=1)]
    return [*lines[:-1], f"{lines[-1]}: the acknowledged write is lost"] if lines else []
