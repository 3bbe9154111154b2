"""Every command with its options. Its code is imported when it runs, so that ``--help`` and completion import nothing else."""

import sys
from typing import Annotated

import typer

from mgmtcluster.cli.errors import CouldNotLook
from mgmtcluster.cli.options import ContextOption, JsonOption, KubeconfigOption, NoCacheOption, SettingsOption, VersionOption

app = typer.Typer(
    help="Look at a cluster and the platform on it. Nothing is changed. Exits 0: well, 1: not well, 2: could not look.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def run() -> None:
    """Run the command that the arguments name; print every error as one line."""
    try:
        app(prog_name="mgmtcluster")
    except (CouldNotLook, ValueError) as error:
        if isinstance(error, ValueError) and not _is_invalid_input(error):
            raise
        for line in str(error).splitlines():
            print(f"mgmtcluster: {line}", file=sys.stderr)
        raise SystemExit(2) from None


def _is_invalid_input(error: ValueError) -> bool:
    from mgmtcluster.kinds.errors import InvalidInput

    return isinstance(error, InvalidInput)


@app.callback()
def _group(_version: VersionOption = False) -> None:
    """Keep a name for each command, however many there are."""


@app.command()
def services(
    json: JsonOption = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of docs/services.md.")] = False,
    cluster: Annotated[bool, typer.Option("--cluster", help="Ask the cluster which of them answer.")] = False,
    settings: SettingsOption = None,
    no_cache: NoCacheOption = False,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """List every service: where it answers inside and outside the cluster, and with how many pods."""
    from mgmtcluster.cli.services import run

    well = run(
        json=json, markdown=markdown, ask=cluster, settings=settings, cached=not no_cache, kubeconfig=kubeconfig, context=context
    )
    raise typer.Exit(not well)


@app.command()
def images(json: JsonOption = False, settings: SettingsOption = None, no_cache: NoCacheOption = False) -> None:
    """List every image of the platform, one a line, to copy them to a registry of your own."""
    from mgmtcluster.cli.images import run

    run(json=json, settings=settings, cached=not no_cache)


@app.command()
def preflight(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask the server whether it would take everything.")] = False,
    json: JsonOption = False,
    settings: SettingsOption = None,
    no_cache: NoCacheOption = False,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Check whether the platform can be installed, and print the commands that mend what is in the way."""
    from mgmtcluster.cli.preflight import run

    well = run(dry_run=dry_run, json=json, settings=settings, cached=not no_cache, kubeconfig=kubeconfig, context=context)
    raise typer.Exit(not well)


@app.command()
def status(
    watch: Annotated[bool, typer.Option("--watch", help="Look again until everything is there and Ready.")] = False,
    timeout: Annotated[int, typer.Option("--timeout", metavar="SECONDS", min=1, help="The longest to watch.")] = 1800,
    json: JsonOption = False,
    settings: SettingsOption = None,
    no_cache: NoCacheOption = False,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Show how far the installation has come: phases, databases, pods that cannot run, the last warnings."""
    from mgmtcluster.cli.status import run

    seconds = timeout if watch else None
    well = run(watch_seconds=seconds, json=json, settings=settings, cached=not no_cache, kubeconfig=kubeconfig, context=context)
    raise typer.Exit(not well)


@app.command()
def plan_migration(
    json: JsonOption = False,
    settings: SettingsOption = None,
    no_cache: NoCacheOption = False,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Print, for this cluster, the steps from the shell installer's platform to this one. Nothing is done."""
    from mgmtcluster.cli.plan_migration import run

    raise typer.Exit(not run(json=json, settings=settings, cached=not no_cache, kubeconfig=kubeconfig, context=context))


@app.command("map")
def draw_map(
    json: JsonOption = False,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print the page of docs/map.md.")] = False,
    settings: SettingsOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Draw who calls whom, as a page for a browser: mgmtcluster map > map.html."""
    from mgmtcluster.cli.map import run

    run(json=json, mermaid=mermaid, settings=settings, cached=not no_cache)
