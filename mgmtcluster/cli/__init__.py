"""The console script ``mgmtcluster``: it looks at a cluster and changes nothing.

Its libraries are the extra ``mgmtcluster[cli]``, which the rest of the package does without.
"""

import sys

_LIBRARIES = ("kubernetes", "rich", "typer")


def main() -> None:
    """Run the console script. Exits 0 when all is well, 1 when something is not, 2 when it could not look."""
    try:
        from mgmtcluster.cli.commands import run
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in _LIBRARIES:
            raise
        print(f"mgmtcluster: {library} is not installed; write: pip install 'mgmtcluster[cli]'", file=sys.stderr)
        raise SystemExit(2) from None
    run()
