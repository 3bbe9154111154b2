"""``mgmtcluster services``: where everything answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from mgmtcluster import catalog
from mgmtcluster.addresses import NODE_IP, Endpoint, service_host
from mgmtcluster.cli import expected as expectations
from mgmtcluster.cli.api import ENDPOINT_SLICE, NODE, Cluster
from mgmtcluster.cli.expected import Expected
from mgmtcluster.cli.options import ContextOption, JsonOption, KubeconfigOption, SettingsOption
from mgmtcluster.cli.output import add_rows, console, print_json, table, waiting
from mgmtcluster.edges import NAME_LABEL
from mgmtcluster.manifests import pod_template

#: Stands for a node's address where none is known.
_ANY_NODE = "NODE"


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


def services(
    json: JsonOption = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of docs/services.md.")] = False,
    cluster: Annotated[bool, typer.Option("--cluster", help="Ask the cluster which of them answer.")] = False,
    settings: SettingsOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """List every service: where it answers inside and outside the cluster, and with how many pods."""
    with waiting():
        live = Cluster(kubeconfig=kubeconfig, context=context) if cluster else None
        expected = expectations.load(settings)
        if live:
            rows = list(rows_of(expected, node=_node_address(live), ready=_ready(live, expected.namespaces)))
        else:
            rows = list(rows_of(expected))
    if json:
        print_json({"services": [asdict(row) for row in rows]})
    elif markdown:
        print("\n".join(markdown_lines(rows)))
    else:
        _print(rows)
    raise typer.Exit(any(row.ready == 0 for row in rows))


def rows_of(expected: Expected, *, node: str | None = None, ready: Mapping[tuple[str, str], int] | None = None) -> Iterator[Row]:
    """The rows of everything that is installed, in the seed's order.

    Args:
        expected: what is installed.
        node: an address of a node, where the settings name none. Default: the word NODE.
        ready: ready pods by namespace and Service, where the cluster was asked.
    """
    replicas = {
        (each["metadata"]["namespace"], (pod_template(each) or {})["metadata"]["labels"][NAME_LABEL]): each["spec"]["replicas"]
        for each in expected.of_kind("Deployment", "StatefulSet")
    }
    about = {service.name: service for service in catalog.ALL}
    for endpoint in catalog.ENDPOINTS:
        key = (endpoint.namespace, endpoint.service)
        if key not in replicas:
            continue
        service = about.get(endpoint.service)
        yield Row(
            service=endpoint.service,
            namespace=endpoint.namespace,
            port=endpoint.port,
            node_port=endpoint.node_port,
            internal=[_internal(endpoint, name) for name in (endpoint.service, *(service.aliases if service else ()))],
            external=_external(endpoint, expected.settings.node_address or node or _ANY_NODE),
            replicas=replicas[key],
            about=service.about if service else catalog.METRICS_QUEUE.about,
            ready=None if ready is None else ready.get(key, 0),
        )


def _internal(endpoint: Endpoint, name: str) -> str:
    return f"{endpoint.scheme}://{service_host(name, endpoint.namespace)}:{endpoint.port}"


def _external(endpoint: Endpoint, node: str) -> str | None:
    return str(endpoint.external_url).replace(f"$({NODE_IP})", node) if endpoint.node_port else None


def _node_address(live: Cluster) -> str | None:
    """The address of the first node by which clients outside may reach it: a public one before an internal one."""
    found = dict(_addresses(live))
    return found.get("ExternalIP") or found.get("InternalIP")


def _addresses(live: Cluster) -> Iterator[tuple[str, str]]:
    for node in live.items(NODE):
        yield from ((each["type"], each["address"]) for each in node.get("status", {}).get("addresses") or ())


def _ready(live: Cluster, namespaces: Sequence[str]) -> dict[tuple[str, str], int]:
    """The number of ready endpoints of every Service."""
    ready: dict[tuple[str, str], int] = {}
    for namespace in namespaces:
        for each in live.items(ENDPOINT_SLICE, namespace=namespace):
            key = (namespace, (each["metadata"].get("labels") or {}).get("kubernetes.io/service-name", ""))
            count = sum(bool((end.get("conditions") or {}).get("ready", True)) for end in each.get("endpoints") or ())
            ready[key] = ready.get(key, 0) + count
    return ready


def _cells(row: Row, *, line: str) -> list[str]:
    cells = [row.service, line.join(row.internal), row.external or "not exposed", str(row.replicas)]
    return cells if row.ready is None else [*cells, f"{row.ready} of {row.replicas}" if row.ready else "no"]


def _print(rows: Sequence[Row]) -> None:
    asked = any(row.ready is not None for row in rows)
    shown = table("SERVICE", "INSIDE", "OUTSIDE", "PODS", *(["ANSWERS"] if asked else []), "STORES OR DOES")
    add_rows(shown, ([*_cells(row, line=" "), row.about] for row in rows))
    console().print(shown)


def markdown_lines(rows: Sequence[Row]) -> Iterator[str]:
    """The table as it stands in the docs."""
    yield "| service | inside | outside | pods | what it is for |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rows:
        inside = "<br>".join(f"`{each}`" for each in row.internal)
        yield f"| {row.service} | {inside} | {f'`{row.external}`' if row.external else '—'} | {row.replicas} | {row.about} |"
