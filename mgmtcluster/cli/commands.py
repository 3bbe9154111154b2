"""Every command of the console script, a line each."""

import sys

import typer

from mgmtcluster.cli.errors import CouldNotLook
from mgmtcluster.cli.map import draw_map
from mgmtcluster.cli.plan_migration import plan_migration
from mgmtcluster.cli.preflight import preflight
from mgmtcluster.cli.services import services
from mgmtcluster.cli.status import status
from mgmtcluster.kinds.errors import InvalidInput

app = typer.Typer(
    help="Look at a cluster and the platform on it. Nothing is changed. Exits 0: well, 1: not well, 2: could not look.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(services)
app.command()(preflight)
app.command()(status)
app.command()(plan_migration)
app.command("map")(draw_map)


@app.callback()
def _group() -> None:
    """Keep a name for each command, however many there are."""


def run() -> None:
    """Run the command that the arguments name, and say errors in a line each."""
    try:
        app(prog_name="mgmtcluster")
    except (CouldNotLook, InvalidInput) as error:
        for line in str(error).splitlines():
            print(f"mgmtcluster: {line}", file=sys.stderr)
        raise SystemExit(2) from None
