"""What has to be true of a cluster before the platform is installed: every check, in the order it is shown."""

from collections.abc import Callable, Iterable
from typing import Final

from mgmtcluster.cli.checks import network, nodes, objects, old_installer, server, storage
from mgmtcluster.cli.checks.row import Row
from mgmtcluster.cli.checks.view import View

#: A check looks at a view of the cluster and says what it found in a row or more.
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
    network.ranges,
    storage.storage_class,
    storage.provisioner,
    storage.volumes,
    objects.namespaces,
    objects.foreign,
    objects.jobs,
    old_installer.leftovers,
)
