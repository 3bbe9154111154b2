"""The state of an installation as a page."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mgmtcluster.cli.output import add_rows, table
from mgmtcluster.cli.state import PhaseState, State

_BAR_WIDTH = 24


def view(state: State, *, bars: bool) -> RenderableType:
    """Return the whole page; bars are for terminals."""
    parts = [_phases(state, bars=bars), *_tables(state)]
    parts.append(Text("Everything is there and Ready." if state.whole else "Not everything is there and Ready."))
    return Group(*(line for part in parts for line in (part, Text(""))))


def summary(phase: PhaseState) -> str:
    """Return a phase in one line."""
    return f"{phase.phase}: {phase.ready} of {phase.asked} ready" + (f", {len(phase.missing)} missing" if phase.missing else "")


def _phases(state: State, *, bars: bool) -> Table:
    shown = table("PHASE", *(["PROGRESS"] if bars else []), "READY", "NOT READY YET")
    for phase in state.phases:
        bar = [ProgressBar(total=max(phase.asked, 1), completed=phase.ready if phase.asked else 1, width=_BAR_WIDTH)]
        shown.add_row(Text(phase.phase), *(bar if bars else []), Text(f"{phase.ready} of {phase.asked}"), Text(not_ready(phase)))
    return shown


def not_ready(phase: PhaseState) -> str:
    """Return what a phase waits for, one object a line."""
    if phase.ready == 0 and len(phase.missing) > len(phase.workloads):
        return "everything"
    return "\n".join(_waiting(phase))


def _waiting(phase: PhaseState) -> Iterator[str]:
    for workload in phase.workloads:
        if workload.ready < workload.asked:
            yield f"{workload.object}: {workload.note or f'{workload.ready} of {workload.asked}'}"
    yield from (name if " (" in name else f"{name}: is not there" for name in phase.missing)


def _tables(state: State) -> Iterator[RenderableType]:
    members = table("DATABASE", "MEMBER", "READY", "ROLE", "NODE")
    for database in state.databases:
        rows = (
            (database.database, member.pod, "yes" if member.ready else "no", member.role or "unknown", member.node or "none")
            for member in database.members
        )
        add_rows(members, rows)
    yield members
    if state.pods:
        pods = table("POD", "CANNOT RUN", "BECAUSE")
        add_rows(pods, ((f"{trouble.namespace}/{trouble.pod}", trouble.reason, trouble.message) for trouble in state.pods))
        yield pods
    if state.events:
        events = table("LAST WARNINGS", "ABOUT", "TIMES", "REASON", "MESSAGE")
        rows = (
            (event.time, f"{event.namespace}/{event.object}", str(event.count), event.reason, event.message)
            for event in state.events
        )
        add_rows(events, rows)
        yield events
