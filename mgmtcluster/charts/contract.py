"""The rule that the platform answers exactly where the contract says it does."""

from collections.abc import Iterator, Mapping, Sequence

from mgmtcluster import catalog
from mgmtcluster.addresses import Endpoint
from mgmtcluster.kinds.peers import NAME_LABEL
from mgmtcluster.manifests import Object, of_kind
from mgmtcluster.rules import Rule
from mgmtcluster.settings import Settings


def contract_rule(settings: Settings) -> Rule:
    """The whole contract, less what the settings disable."""
    disabled = {name for name, setting in settings.services.items() if not setting.enabled}
    rows = [settings.exposed(endpoint) for endpoint in catalog.ENDPOINTS if endpoint.service not in disabled]
    aliases = {alias: service.endpoint for service in catalog.ALL for alias in service.aliases if service.name not in disabled}
    return contract_rows(rows, aliases)


def contract_rows(rows: Sequence[Endpoint], aliases: Mapping[str, Endpoint]) -> Rule:
    """The rule that each of these rows is exact: the Service's name, namespace, port, and node port or none.

    Args:
        rows: the rows of everything that is enabled.
        aliases: other names under which a row answers inside the cluster.
    """

    def rule(objects: Sequence[Object]) -> Iterator[str]:
        answering = {(namespace, service, port["port"]) for namespace, service, _, port in _ports(objects)}
        node_ports = {
            (namespace, pods, port["port"]): port["nodePort"]
            for namespace, _, pods, port in _ports(objects)
            if "nodePort" in port
        }
        for row in rows:
            where = f"Service/{row.namespace}/{row.service}"
            if (row.namespace, row.service, row.port) not in answering:
                yield f"{where}: does not answer on port {row.port}; the contract says it does"
            node_port = node_ports.get((row.namespace, row.service, row.port))
            if node_port != row.node_port:
                yield f"{where}: port {row.port} has node port {node_port}; the contract says {row.node_port}"
        for alias, row in aliases.items():
            if (row.namespace, alias, row.port) not in answering:
                yield f"Service/{row.namespace}/{alias}: does not answer on port {row.port}; the contract says it does"

    return rule


def _ports(objects: Sequence[Object]) -> Iterator[tuple[str, str, str | None, Mapping[str, int]]]:
    """Each port of each Service that selects pods: namespace, name, the pods' name, the port."""
    for service in of_kind(objects, "Service"):
        if "selector" in service["spec"]:
            pods = service["spec"]["selector"].get(NAME_LABEL)
            for port in service["spec"]["ports"]:
                yield service["metadata"]["namespace"], service["metadata"]["name"], pods, port
