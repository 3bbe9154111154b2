"""What would be refused: by an admission policy, a webhook, a quota, a LimitRange or Pod Security."""

from collections.abc import Iterator
from typing import Final

from mgmtcluster.cli.checks.row import Row, counted, listed
from mgmtcluster.cli.checks.view import View


def dry_run(view: View) -> Iterator[Row]:
    """The API server would take every object, and a pod of each template; no row where it was not asked."""
    trial = view.trial
    if trial is None:
        return
    for words, names in trial.refused.items():
        fix = ["change settings.yaml, then make synth; or ask who administers the cluster for an exception"]
        yield Row("dry run", "fail", f"{listed(names, most=3)}: {words}", fix)
    for namespace, number in trial.missing.items():
        found = (
            f"{namespace} is not there, and what belongs in it is untried: apply 00-platform first ({counted(number, 'object')})"
        )
        yield Row("dry run", "warn", found, ["kubectl apply -f dist/00-platform.k8s.yaml", "mgmtcluster preflight --dry-run"])
    if trial.not_allowed:
        number = sum(trial.not_allowed.values())
        found = f"cannot be told of {counted(number, 'object')}: you may not {listed([*trial.not_allowed])}"
        yield Row("dry run", "warn", found, ["ask an administrator to run it, or for these rights"])
    if trial.admitted and not (trial.refused or trial.missing or trial.not_allowed):
        yield Row(
            "dry run", "ok", f"the server would take all {counted(trial.admitted, 'object')}, a pod of each kind among them"
        )


CHECKS: Final = (dry_run,)
