"""``mgmtcluster services``: where everything answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from mgmtcluster import catalog
from mgmtcluster.addresses import NODE_IP, Endpoint
from mgmtcluster.cli import expected as expectations
from mgmtcluster.cli.expected import Expected
from mgmtcluster.cli.output import add_rows, console, print_json, table, waiting
from mgmtcluster.cli.resources import ENDPOINT_SLICE, NODE
from mgmtcluster.kinds.cluster import Cluster
from mgmtcluster.kinds.network import in_url
from mgmtcluster.kinds.peers import NAME_LABEL
from mgmtcluster.manifests import Object, pod_template

#: Stands for a node's address where none is known.
_ANY_NODE: Final = "NODE"

#: The label of an EndpointSlice that names its Service.
_SERVICE_LABEL: Final = "kubernetes.io/service-name"


@dataclass(frozen=True)
class Row:
    """A row of the seed's table.

    Attributes:
        service: name of the Service.
        namespace: its namespace.
        port: its port.
        node_port: its port on every node, where it is exposed.
        internal: its addresses inside the cluster.
        external: its address outside the cluster, where it is exposed.
        replicas: pods behind it.
        about: the seed's description.
        ready: pods behind it that answer, where the cluster was asked.
    """

    service: str
    namespace: str
    port: int
    node_port: int | None
    internal: list[str]
    external: str | None
    replicas: int
    about: str
    ready: int | None = None


def run(
    *, json: bool, markdown: bool, ask: bool, settings: str | None, cached: bool, kubeconfig: str | None, context: str | None
) -> bool:
    """List every service; ``ask`` the cluster which of them answer. Returns whether all do, as far as it was asked."""
    with waiting():
        rows = _asked(settings, cached, kubeconfig, context) if ask else [*rows_of(expectations.load(settings, cached=cached))]
    if json:
        print_json({"services": [asdict(row) for row in rows]})
    elif markdown:
        print("\n".join(markdown_lines(rows)))
    else:
        _print(rows)
    return all(row.ready != 0 for row in rows)


def _asked(settings: str | None, cached: bool, kubeconfig: str | None, context: str | None) -> list[Row]:
    from mgmtcluster.cli.api import Cluster  # takes longer than all else here, and most of the time nobody is asked

    cluster = Cluster(kubeconfig=kubeconfig, context=context)
    expected = expectations.load(settings, cached=cached)
    slices = cluster.objects((ENDPOINT_SLICE, namespace) for namespace in expected.namespaces)
    return list(rows_of(expected, node=node_address(cluster.items(NODE)), ready=ready_pods(slices)))


def rows_of(expected: Expected, *, node: str | None = None, ready: Mapping[tuple[str, str], int] | None = None) -> Iterator[Row]:
    """List everything that is installed, in the seed's order.

    Args:
        expected: what is installed.
        node: an address of a node, where the settings name none. Default: the word NODE.
        ready: ready pods by namespace and Service, where the cluster was asked.
    """
    replicas = {
        (workload["metadata"]["namespace"], (pod_template(workload) or {})["metadata"]["labels"][NAME_LABEL]): workload["spec"][
            "replicas"
        ]
        for workload in expected.of_kind("Deployment", "StatefulSet")
    }
    cluster = expected.settings.cluster.facts
    by_name = {service.name: service for service in catalog.ALL}
    for endpoint in map(expected.settings.exposed, catalog.ENDPOINTS):
        key = (endpoint.namespace, endpoint.service)
        if key not in replicas:
            continue
        service = by_name.get(endpoint.service)
        yield Row(
            service=endpoint.service,
            namespace=endpoint.namespace,
            port=endpoint.port,
            node_port=endpoint.node_port,
            internal=[_internal(endpoint, name, cluster) for name in (endpoint.service, *(service.aliases if service else ()))],
            external=_external(endpoint, expected.settings.node_address or node or _ANY_NODE),
            replicas=replicas[key],
            about=service.about if service else catalog.METRICS_QUEUE.about,
            ready=None if ready is None else ready.get(key, 0),
        )


def _internal(endpoint: Endpoint, name: str, cluster: Cluster) -> str:
    return replace(endpoint, service=name).url.text(cluster)


def _external(endpoint: Endpoint, node: str) -> str | None:
    return str(endpoint.external_url).replace(f"$({NODE_IP})", in_url(node)) if endpoint.node_port else None


def node_address(nodes: Iterable[Object]) -> str | None:
    """The address by which clients outside may reach a node: a public one before an internal one."""
    addresses = [address for node in nodes for address in (node.get("status") or {}).get("addresses") or ()]
    by_type = {address["type"]: address["address"] for address in reversed(addresses)}
    return by_type.get("ExternalIP") or by_type.get("InternalIP")


def ready_pods(slices: Iterable[Object]) -> dict[tuple[str, str], int]:
    """The number of ready endpoints by namespace and Service."""
    ready: dict[tuple[str, str], int] = {}
    for endpoint_slice in slices:
        metadata = endpoint_slice["metadata"]
        key = (metadata["namespace"], (metadata.get("labels") or {}).get(_SERVICE_LABEL, ""))
        endpoints = endpoint_slice.get("endpoints") or ()
        # A server that leaves the condition out means true.
        count = sum(bool((endpoint.get("conditions") or {}).get("ready", True)) for endpoint in endpoints)
        ready[key] = ready.get(key, 0) + count
    return ready


def _cells(row: Row) -> list[str]:
    cells = [row.service, " ".join(row.internal), row.external or "not exposed", str(row.replicas)]
    if row.ready is not None:
        cells.append(f"{row.ready} of {row.replicas}" if row.ready else "no")
    return [*cells, row.about]


def _print(rows: Sequence[Row]) -> None:
    asked = any(row.ready is not None for row in rows)
    shown = table("SERVICE", "INSIDE", "OUTSIDE", "PODS", *(["ANSWERS"] if asked else []), "STORES OR DOES")
    add_rows(shown, map(_cells, rows))
    console().print(shown)


def markdown_lines(rows: Sequence[Row]) -> Iterator[str]:
    """The table of docs/services.md."""
    yield "| service | inside | outside | pods | what it is for |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rows:
        inside = "<br>".join(f"`{address}`" for address in row.internal)
        yield f"| {row.service} | {inside} | {f'`{row.external}`' if row.external else '—'} | {row.replicas} | {row.about} |"
