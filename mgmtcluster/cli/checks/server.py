"""The API server: its version, and what the user may do there."""

import re
from collections.abc import Iterator
from typing import Final

from mgmtcluster.cli.checks.row import Row, listed
from mgmtcluster.cli.checks.view import View

_OLDEST: Final = (1, 27)

#: The newest version that the tests have run on.
_NEWEST: Final = (1, 36)


def version(view: View) -> Iterator[Row]:
    """Kubernetes is one that ``dist/`` is valid for."""
    given = view.version.get("gitVersion", "")
    match = re.match(r"v(\d+)\.(\d+)", given)
    found = (int(match[1]), int(match[2])) if match else (0, 0)
    oldest, newest = (".".join(map(str, each)) for each in (_OLDEST, _NEWEST))
    if found < _OLDEST:
        yield Row(
            "version", "fail", f"Kubernetes {given or 'of an unknown version'}", [f"upgrade the cluster to {oldest} or newer"]
        )
    elif found > _NEWEST:
        fix = ["kubectl apply --dry-run=server -f dist/"]
        yield Row("version", "warn", f"Kubernetes {given}; nothing newer than {newest} was tried", fix)
    else:
        yield Row("version", "ok", f"Kubernetes {given}")


def rights(view: View) -> Iterator[Row]:
    """The user may do what ``kubectl apply`` does, to every kind of objects in every namespace."""
    if view.denied:
        fix = ["kubectl auth can-i --list", "ask an administrator for these rights, or use another --context"]
        yield Row("rights", "fail", f"you may not: {listed(list(view.denied))}", fix)
    else:
        yield Row("rights", "ok", "you may create and change everything in dist/")
