"""What must be true of a cluster before the platform is installed: every check, in the order of the output.

A new check is a function in a module beside, its place in that module's ``CHECKS``, and a row in docs/command-line.md.
"""

from collections.abc import Callable, Iterable
from typing import Final

from mgmtcluster.cli.checks import (
    dns,
    dry_run,
    facts,
    machines,
    network,
    nodes,
    objects,
    old_installer,
    quotas,
    ranges,
    server,
    storage,
    volumes,
)
from mgmtcluster.cli.checks.row import Row
from mgmtcluster.cli.checks.view import View

#: A check takes a view of the cluster and yields one row or more.
Check = Callable[[View], Iterable[Row]]

ALL: Final[tuple[Check, ...]] = (
    *server.CHECKS,
    *nodes.CHECKS,
    *machines.CHECKS,
    *network.CHECKS,
    *facts.CHECKS,
    *dns.CHECKS,
    *ranges.CHECKS,
    *storage.CHECKS,
    *volumes.CHECKS,
    *objects.CHECKS,
    *old_installer.CHECKS,
    *quotas.CHECKS,
    *dry_run.CHECKS,
)
