"""The options that commands share."""

from typing import Annotated

import typer


def _print_version(wanted: bool) -> None:
    if wanted:
        from mgmtcluster import __version__

        print(f"mgmtcluster {__version__}")
        raise typer.Exit


VersionOption = Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON; its keys are those of docs/command-line.md.")]
SettingsOption = Annotated[
    str | None, typer.Option("--settings", metavar="FILE", help="Default: $MGMTCLUSTER_SETTINGS, else settings.yaml.")
]
NoCacheOption = Annotated[
    bool, typer.Option("--no-cache", help="Render what should be there anew; neither read nor write the cache.")
]
KubeconfigOption = Annotated[
    str | None, typer.Option("--kubeconfig", metavar="FILE", help="Default: $KUBECONFIG, else ~/.kube/config.")
]
ContextOption = Annotated[str | None, typer.Option("--context", metavar="NAME", help="Default: the kubeconfig's current one.")]
