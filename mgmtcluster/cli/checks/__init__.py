"""What must be true of a cluster before the platform is installed: every check, in the order of the output.

A new check is a function here or in a module beside, its place in ``ALL``, and a row in docs/command-line.md.
"""

from collections.abc import Callable, Iterable
from typing import Final

from mgmtcluster.cli.checks import network, nodes, objects, old_installer, ranges, server, storage, volumes
from mgmtcluster.cli.checks.row import Row
from mgmtcluster.cli.checks.view import View

#: A check takes a view of the cluster and yields one row or more.
Check = Callable[[View], Iterable[Row]]

ALL: Final[tuple[Check, ...]] = (
    server.version,
    server.rights,
    nodes.workers,
    nodes.labels,
    nodes.room,
    nodes.avx,
    network.node_ports,
    network.policies_enforced,
    ranges.ranges,
    storage.storage_class,
    storage.provisioner,
    volumes.volumes,
    objects.namespaces,
    objects.foreign,
    objects.jobs,
    old_installer.leftovers,
)
