"""What checks look at: the cluster as it was at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mgmtcluster.charts.phases import PART_OF
from mgmtcluster.cli.checks.rights import denied
from mgmtcluster.cli.checks.scheduling import distinct, takes
from mgmtcluster.cli.checks.told import Told, ask
from mgmtcluster.cli.checks.trial import Trial, attempts, try_all
from mgmtcluster.cli.expected import Expected
from mgmtcluster.cli.resources import (
    CLAIM,
    DAEMON_SET,
    DEPLOYMENT,
    ENDPOINT_SLICE,
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

_SERVICE_NAME = "kubernetes.io/service-name"

#: Services for DNS: kubeadm's and most others', and OpenShift's.
_DNS = (("kube-system", "kube-dns"), ("openshift-dns", "dns-default"))

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
        told: what the cluster tells beside its objects.
        trial: what the server says to an installation in a dry run; None where it was not asked.
    """

    expected: Expected
    version: Mapping[str, str]
    objects: Mapping[str, Sequence[Object]]
    named: Mapping[str, Object]
    denied: Sequence[str] = ()
    told: Told = Told()
    trial: Trial | None = None

    def slices_of(self, namespace: str, service: str) -> list[Object]:
        """The EndpointSlices of a Service, where it is the API server's or one for DNS."""
        return [
            item
            for item in self.objects["EndpointSlice"]
            if (item["metadata"]["namespace"], item["metadata"]["labels"][_SERVICE_NAME]) == (namespace, service)
        ]

    @cached_property
    def workers(self) -> list[Object]:
        """Nodes that are Ready and take pods of the platform: these tolerate its taints and select it."""
        specs = distinct([template["spec"] for _, template in self.expected.templates])
        return [node for node in self.objects["Node"] if any(takes(node, spec) for spec in specs)]


def look(cluster: "Cluster", expected: Expected) -> View:
    """Ask the cluster which objects it has.

    Args:
        cluster: where.
        expected: what is to be installed.

    Raises:
        CouldNotLook: it does not answer, or the user may not list something.
    """
    running = list(cluster.items(POD, fields="status.phase!=Succeeded,status.phase!=Failed"))
    everywhere: dict[str, list[Object]] = {kind.name: [] for kind in (*_EVERYWHERE, ENDPOINT_SLICE)} | {"Pod": running}
    for item in cluster.objects((kind, None) for kind in _EVERYWHERE):
        everywhere[item["kind"]].append(item)
    claims = ((CLAIM, namespace) for namespace in expected.namespaces)
    named = {name_of(item): item for item in cluster.objects((*expected.kinds, *claims))}
    return View(expected, cluster.version, everywhere, named)


def look_closely(cluster: "Cluster", expected: Expected, *, dry_run: bool) -> View:
    """Ask the cluster everything that checks want to know: also what it tells beside its objects, and the user's rights.

    Args:
        cluster: where.
        expected: what is to be installed.
        dry_run: whether to send everything that is to be installed in a dry run.

    Raises:
        CouldNotLook: it does not answer, or the user may not list something.
    """
    seen = look(cluster, expected)
    told = ask(cluster, seen.workers)
    services = {"kubernetes", *(service["metadata"]["name"] for service in dns_services(seen.objects["Service"], told.kubelet))}
    slices = list(cluster.items(ENDPOINT_SLICE, labels=f"{_SERVICE_NAME} in ({','.join(sorted(services))})"))
    namespaces = [item["metadata"]["name"] for item in seen.objects["Namespace"]]
    return replace(
        seen,
        objects={**seen.objects, ENDPOINT_SLICE.name: slices},
        denied=denied(cluster.may_all, expected, seen.named),
        told=told,
        trial=try_all(cluster, list(attempts(expected, seen.named)), namespaces) if dry_run else None,
    )


def dns_services(services: Sequence[Object], kubelet: Mapping[str, Any]) -> list[Object]:
    """The Services that pods ask for names: those whose addresses a kubelet gives to them, or else those of known names."""
    asked = {*(kubelet.get("clusterDNS") or ())}
    by_address = [service for service in services if asked & {*(service["spec"].get("clusterIPs") or ())}]
    return by_address or [service for service in services if _is_known_for_dns(service["metadata"])]


def _is_known_for_dns(metadata: Mapping[str, Any]) -> bool:
    labelled = (metadata.get("labels") or {}).get("k8s-app") == "kube-dns" and metadata["namespace"] == "kube-system"
    return labelled or (metadata["namespace"], metadata["name"]) in _DNS


def is_ours(item: Object) -> bool:
    """Whether an object is one that an app of this project has made."""
    return bool((item["metadata"].get("labels") or {}).get("app.kubernetes.io/part-of") == PART_OF)
