"""``mgmtcluster plan-migration``: how a cluster of the shell installer becomes one of this platform."""

from dataclasses import asdict

from rich.text import Text

from mgmtcluster.cli import expected as expectations
from mgmtcluster.cli.api import Cluster
from mgmtcluster.cli.checks.view import look
from mgmtcluster.cli.migration import notes, plan
from mgmtcluster.cli.output import console, print_json, waiting


def run(*, json: bool, settings: str | None, cached: bool, kubeconfig: str | None, context: str | None) -> bool:
    """Print the steps. Returns whether nothing is to be done."""
    with waiting():
        cluster = Cluster(kubeconfig=kubeconfig, context=context)
        view = look(cluster, expectations.load(settings, cached=cached))
    steps, changes = plan(view), notes(view)
    if json:
        print_json({"needed": bool(steps), "steps": [asdict(step) for step in steps], "changes": changes})
        return not steps
    out = console()
    if not steps:
        out.print("Nothing of the shell installer is there: nothing is to be done.")
    for number, step in enumerate(steps, start=1):
        out.print(Text(f"# {number}. {step.title}", style="bold"))
        out.print(Text(f"# {step.why}"))
        out.print(Text("\n".join([*step.commands, ""])), soft_wrap=True)
    for change in changes:
        out.print(Text(f"# Changes: {change}"))
    return not steps
