"""What checks look at: the cluster as it was at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mgmtcluster.charts.phases import PART_OF
from mgmtcluster.cli.checks.rights import denied
from mgmtcluster.cli.checks.scheduling import distinct, takes
from mgmtcluster.cli.expected import Expected
from mgmtcluster.cli.resources import (
    CLAIM,
    DAEMON_SET,
    DEPLOYMENT,
    NAMESPACE,
    NODE,
    POD,
    SERVICE,
    SERVICE_CIDR,
    STORAGE_CLASS,
    VOLUME,
)
from mgmtcluster.manifests import Object, name_of

if TYPE_CHECKING:
    from mgmtcluster.cli.api import Cluster

_EVERYWHERE = (NAMESPACE, NODE, SERVICE, VOLUME, STORAGE_CLASS, SERVICE_CIDR, DAEMON_SET, DEPLOYMENT)


@dataclass(frozen=True)
class View:
    """The cluster, and what is to be installed on it: plain data.

    Attributes:
        expected: what is to be installed.
        version: the server's answer to the question for its version.
        objects: the objects of the kinds that checks ask for, by kind.
        named: the objects in the platform's namespaces, and those without a namespace, of the kinds that are installed; by name.
        denied: rights that an apply needs and the user does not have, in words.
    """

    expected: Expected
    version: Mapping[str, str]
    objects: Mapping[str, Sequence[Object]]
    named: Mapping[str, Object]
    denied: Sequence[str] = ()

    @cached_property
    def workers(self) -> list[Object]:
        """Nodes that are Ready and take pods of the platform: these tolerate its taints and select it."""
        specs = distinct([template["spec"] for _, template in self.expected.templates])
        return [node for node in self.objects["Node"] if any(takes(node, spec) for spec in specs)]


def look(cluster: "Cluster", expected: Expected, *, ask_rights: bool = False) -> View:
    """Ask the cluster everything that checks want to know.

    Args:
        cluster: where.
        expected: what is to be installed.
        ask_rights: whether to ask for the user's rights too, which takes as long as all else.

    Raises:
        CouldNotLook: it does not answer, or the user may not list something.
    """
    running = list(cluster.items(POD, fields="status.phase!=Succeeded,status.phase!=Failed"))
    everywhere: dict[str, list[Object]] = {kind.name: [] for kind in _EVERYWHERE} | {"Pod": running}
    for item in cluster.objects((kind, None) for kind in _EVERYWHERE):
        everywhere[item["kind"]].append(item)
    claims = ((CLAIM, namespace) for namespace in expected.namespaces)
    named = {name_of(item): item for item in cluster.objects((*expected.kinds, *claims))}
    missing_rights = denied(cluster.may_all, expected, named) if ask_rights else ()
    return View(expected, cluster.version, everywhere, named, missing_rights)


def is_ours(item: Object) -> bool:
    """Whether an object is one that an app of this project has made."""
    return bool((item["metadata"].get("labels") or {}).get("app.kubernetes.io/part-of") == PART_OF)
