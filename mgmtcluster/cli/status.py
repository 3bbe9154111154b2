"""``mgmtcluster status``: how far the installation has come."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from rich.console import Console
from rich.live import Live

from mgmtcluster.cli import expected as expectations
from mgmtcluster.cli.api import Cluster
from mgmtcluster.cli.errors import CouldNotLook
from mgmtcluster.cli.expected import Expected
from mgmtcluster.cli.output import console, print_json, waiting
from mgmtcluster.cli.state import State, look
from mgmtcluster.cli.state_view import summary, view

_PAUSE_SECONDS: Final = 2.0


def run(
    *,
    watch_seconds: int | None,
    json: bool,
    settings: str | None,
    cached: bool,
    kubeconfig: str | None,
    context: str | None,
) -> bool:
    """Show the state, watching it for so long where that is wanted. Returns whether everything is there and Ready."""
    with waiting():
        cluster = Cluster(kubeconfig=kubeconfig, context=context)
        expected = expectations.load(settings, cached=cached)
        state = look(cluster, expected)
    shown = console()
    if watch_seconds is not None and not state.whole:
        state = _watch(cluster, expected, state, shown, seconds=watch_seconds, silent=json)
    if json:
        print_json(asdict(state))
    elif watch_seconds is None or not shown.is_terminal:
        shown.print(view(state, bars=shown.is_terminal))
    return state.whole


def _watch(cluster: Cluster, expected: Expected, state: State, shown: Console, *, seconds: int, silent: bool) -> State:
    """Show every state until one is whole or the time is over, and return the last."""
    states = _states(cluster, expected, state, until=time.monotonic() + seconds)
    if silent:
        return list(states)[-1]
    if not shown.is_terminal:
        return _print_changes(states, shown)
    page = view(state, bars=True)
    with Live(page, console=shown, vertical_overflow="crop", redirect_stdout=False, redirect_stderr=False) as live:
        for state in states:
            live.update(view(state, bars=True))
    return state


def _print_changes(states: Iterator[State], shown: Console) -> State:
    """Print a line for each phase that has moved, for logs."""
    said: set[str] = set()
    for state in states:
        for line in [line for line in map(summary, state.phases) if line not in said]:
            shown.print(line)
            said.add(line)
    return state


def _states(cluster: Cluster, expected: Expected, state: State, *, until: float) -> Iterator[State]:
    """This state and those after it; while the server does not answer, as when it is upgraded, there is none."""
    yield state
    while not state.whole and (left := until - time.monotonic()) > 0:
        time.sleep(min(_PAUSE_SECONDS, left))
        try:
            state = look(cluster, expected, after=state)
        except CouldNotLook:
            continue
        yield state
