"""The options that commands share."""

from typing import Annotated

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON; its keys are those of docs/command-line.md.")]
SettingsOption = Annotated[
    str | None, typer.Option("--settings", metavar="FILE", help="Default: $MGMTCLUSTER_SETTINGS, else settings.yaml.")
]
KubeconfigOption = Annotated[
    str | None, typer.Option("--kubeconfig", metavar="FILE", help="Default: $KUBECONFIG, else ~/.kube/config.")
]
ContextOption = Annotated[str | None, typer.Option("--context", metavar="NAME", help="Default: the kubeconfig's current one.")]
