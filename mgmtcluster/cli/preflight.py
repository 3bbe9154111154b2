"""``mgmtcluster preflight``: whether the platform can be installed on a cluster."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.text import Text

from mgmtcluster.cli import checks
from mgmtcluster.cli import expected as expectations
from mgmtcluster.cli.api import Cluster
from mgmtcluster.cli.checks.row import Row
from mgmtcluster.cli.checks.view import look_closely
from mgmtcluster.cli.output import add_rows, console, print_json, table, waiting


def run(*, dry_run: bool, json: bool, settings: str | None, cached: bool, kubeconfig: str | None, context: str | None) -> bool:
    """Check the cluster and print all rows. Returns whether none fails."""
    with waiting():
        cluster = Cluster(kubeconfig=kubeconfig, context=context)
        view = look_closely(cluster, expectations.load(settings, cached=cached), dry_run=dry_run)
    rows = [row for check in checks.ALL for row in check(view)]
    failed = sum(row.verdict == "fail" for row in rows)
    if json:
        print_json({"well": not failed, "checks": [asdict(row) for row in rows]})
    else:
        _print(rows, failed)
    return not failed


def _print(rows: Sequence[Row], failed: int) -> None:
    shown, out = table("CHECK", "", "FOUND"), console()
    add_rows(shown, ((row.check, row.verdict, row.found) for row in rows))
    out.print(shown)
    for row in rows:
        if row.fix:
            out.print(Text(f"\n{row.check}: {row.found}", style="bold"))
            out.print(Text("\n".join(row.fix)), soft_wrap=True)
    verdict = "The platform can be installed."
    if failed:
        verdict = f"{failed} {'check' if failed == 1 else 'checks'} failed."
    out.print(Text(f"\n{verdict}"))
