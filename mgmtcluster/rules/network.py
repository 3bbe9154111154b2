"""Rules over addresses: node ports, what Services select, and where addresses lead."""

from collections.abc import Iterator, Sequence
from typing import Final

from mgmtcluster.addresses import Endpoint, foreign_domain, names_in
from mgmtcluster.kinds.cluster import Cluster, node_port_problem
from mgmtcluster.manifests import Object, name_of, of_kind, pods, spec_of, texts

_API_SERVER: Final = ("kubernetes", "default")


def node_ports(objects: Sequence[Object], *, cluster: Cluster | None = None) -> Iterator[str]:
    """Node ports are in the range of the ``cluster``, and no two Services have the same."""
    allowed = (cluster or Cluster()).node_port_range
    holders: dict[int, list[str]] = {}
    for service in of_kind(objects, "Service"):
        for port in spec_of(service).get("ports") or ():
            if "nodePort" in port:
                holders.setdefault(port["nodePort"], []).append(name_of(service))
    for node_port, names in holders.items():
        if words := node_port_problem(node_port, allowed):
            yield f"{names[0]}: nodePort: {words}"
        if len(names) > 1:
            yield f"{', '.join(names)}: nodePort: {node_port} is given to each; write another one for all but one"


def services_select_pods(objects: Sequence[Object]) -> Iterator[str]:
    """Every Service with a selector selects pods, and its target ports are ports of their containers."""
    made = pods(objects)
    for service in of_kind(objects, "Service"):
        selector = spec_of(service).get("selector")
        if not selector:
            continue
        namespace = service["metadata"].get("namespace")
        selected = [ports for labels, ports in made[namespace] if selector.items() <= labels.items()]
        if not selected:
            yield f"{name_of(service)}: spec.selector: {selector} selects no pod; write labels of a pod in {namespace}"
            continue
        for port in spec_of(service).get("ports") or ():
            target = port.get("targetPort", port["port"])
            if not any(target in ports for ports in selected):
                yield f"{name_of(service)}: spec.ports: no container listens on {target}; write a port of its pods"


def addresses_resolve(
    objects: Sequence[Object], *, beside: Sequence[Endpoint] = (), cluster: Cluster | None = None
) -> Iterator[str]:
    """Every address of a Service in a variable, an argument or a ConfigMap is one of a Service and port that is declared.

    The API server's is excepted, and those ``beside``. A domain that it names is that of the ``cluster``.
    """
    domain = (cluster or Cluster()).domain
    ports: dict[tuple[str, str], set[int]] = {(endpoint.service, endpoint.namespace): set() for endpoint in beside}
    for endpoint in beside:
        ports[endpoint.service, endpoint.namespace].add(endpoint.port)
    for service in of_kind(objects, "Service"):
        key = (service["metadata"]["name"], service["metadata"].get("namespace"))
        ports[key] = {port["port"] for port in spec_of(service).get("ports") or ()}
    named = _names_of_pods(objects)
    for owner, where, text in texts(objects):
        if words := foreign_domain(text, domain):
            yield f"{name_of(owner)}: {where}: {words}"
        for match in names_in(text, domain):
            key = (match["name"].lower().rpartition(".")[2], match["namespace"].lower())
            port = int(match["port"]) if match["port"] else None
            if key == _API_SERVER:
                continue
            if key not in ports:
                yield f"{name_of(owner)}: {where}: {match[0]} is no Service that is declared; write the address of one that is"
            elif port is not None and port not in ports[key]:
                yield f"{name_of(owner)}: {where}: {match[0]}: the Service has no such port; write one of {sorted(ports[key])}"
            elif key in named and (pod := match["name"].lower().rpartition(".")[0]) and pod not in named[key]:
                yield f"{name_of(owner)}: {where}: {match[0]}: there is no such pod; write one of {', '.join(named[key])}"


def _names_of_pods(objects: Sequence[Object]) -> dict[tuple[str, str | None], list[str]]:
    """The names of pods below each headless Service, where a StatefulSet says how many there are."""
    return {
        (owner["spec"]["serviceName"], owner["metadata"].get("namespace")): [
            f"{owner['metadata']['name']}-{(owner['spec'].get('ordinals') or {}).get('start', 0) + number}"
            for number in range(owner["spec"]["replicas"])
        ]
        for owner in of_kind(objects, "StatefulSet")
        if "replicas" in owner["spec"] and owner["spec"].get("serviceName")
    }
