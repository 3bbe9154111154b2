"""How the state of an installation looks."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mgmtcluster.cli.output import add_rows, table
from mgmtcluster.cli.state import Phase, State

_BAR_WIDTH = 24


def view(state: State, *, bars: bool) -> RenderableType:
    """The whole page; bars are for terminals."""
    parts = [_phases(state, bars=bars), *_tables(state)]
    parts.append(Text("Everything is there and Ready." if state.whole else "Not everything is there and Ready."))
    return Group(*(each for part in parts for each in (part, Text(""))))


def summary(phase: Phase) -> str:
    """A phase in a line."""
    return f"{phase.phase}: {phase.ready} of {phase.asked} ready" + (f", {len(phase.missing)} missing" if phase.missing else "")


def _phases(state: State, *, bars: bool) -> Table:
    shown = table("PHASE", *(["PROGRESS"] if bars else []), "READY", "NOT READY YET")
    for phase in state.phases:
        bar = [ProgressBar(total=max(phase.asked, 1), completed=phase.ready if phase.asked else 1, width=_BAR_WIDTH)]
        waiting = "everything" if phase.ready == 0 and len(phase.missing) > len(phase.workloads) else "\n".join(_waiting(phase))
        shown.add_row(Text(phase.phase), *(bar if bars else []), Text(f"{phase.ready} of {phase.asked}"), Text(waiting))
    return shown


def _waiting(phase: Phase) -> Iterator[str]:
    for each in phase.workloads:
        if each.ready < each.asked:
            note = f": {each.note}" if each.note else f": {each.ready} of {each.asked}"
            yield each.object + note
    yield from (f"{each}: is not there" if " (" not in each else each for each in phase.missing)


def _tables(state: State) -> Iterator[RenderableType]:
    members = table("DATABASE", "MEMBER", "READY", "ROLE", "NODE")
    for database in state.databases:
        add_rows(
            members,
            (
                (database.database, each.pod, "yes" if each.ready else "no", each.role or "unknown", each.node or "none")
                for each in database.members
            ),
        )
    yield members
    if state.pods:
        pods = table("POD", "CANNOT RUN", "BECAUSE")
        add_rows(pods, ((f"{each.namespace}/{each.pod}", each.reason, each.message) for each in state.pods))
        yield pods
    if state.events:
        events = table("LAST WARNINGS", "ABOUT", "TIMES", "REASON", "MESSAGE")
        add_rows(
            events,
            ((each.time, f"{each.namespace}/{each.object}", each.count, each.reason, each.message) for each in state.events),
        )
        yield events
