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
    """Kubernetes is a version that ``dist/`` is valid for."""
    text = view.version.get("gitVersion", "")
    match = re.match(r"v(\d+)\.(\d+)", text)
    found = (int(match[1]), int(match[2])) if match else (0, 0)
    oldest, newest = (".".join(map(str, limit)) for limit in (_OLDEST, _NEWEST))
    if found < _OLDEST:
        fix = [f"upgrade the cluster to {oldest} or newer"]
        yield Row("version", "fail", f"Kubernetes {text or 'of an unknown version'}", fix)
    elif found > _NEWEST:
        fix = ["kubectl apply --dry-run=server -f dist/"]
        yield Row("version", "warn", f"Kubernetes {text}; the newest that was tried is {newest}", fix)
    else:
        yield Row("version", "ok", f"Kubernetes {text}")


def rights(view: View) -> Iterator[Row]:
    """The user may do what ``kubectl apply`` does, to every kind of objects in every namespace."""
    if view.denied:
        fix = ["kubectl auth can-i --list", "ask an administrator for these rights, or use another --context"]
        yield Row("rights", "fail", f"you may not: {listed(view.denied)}", fix)
    else:
        yield Row("rights", "ok", "you may create and change everything in dist/")


CHECKS: Final = (version, rights)
