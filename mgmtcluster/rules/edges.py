"""Rules over who talks to whom: every way that is opened ends at pods, and every route is let in."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

from mgmtcluster.addresses import Endpoint, names_in
from mgmtcluster.constructs.parts.network_policy import pods_of
from mgmtcluster.edges import Edge
from mgmtcluster.kinds.cluster import Cluster
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.manifests import Object, name_of, of_kind, pod_template, pods, spec_of, texts

#: Kinds that lead requests to Services: Kubernetes' own, the Gateway API's, OpenShift's, Traefik's, Contour's and Istio's.
_ROUTE: Final = re.compile(r"Ingress|HTTPProxy|VirtualService|[A-Za-z]*Route(TCP|UDP)?")

#: The fields of such kinds that name a Service.
_BACKENDS: Final = frozenset({"service", "services", "backendRef", "backendRefs", "to", "alternateBackends", "destination"})

#: A host as text may hold it, with what stands before it in a URL and the port behind it; no user before an ``@``.
_HOST: Final = re.compile(
    r"(?P<url>//|@)?(?<![\w.$-])(?P<host>[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*)\.?(?::(?P<port>\d+))?(?![\w.:@-])", re.IGNORECASE
)

_Ways = dict[tuple[str | None, tuple[str, str] | None], list[Edge]]


def edges_lead_to_pods(
    objects: Sequence[Object],
    *,
    services: Sequence[Object] | None = None,
    edges: Sequence[Edge] = (),
    beside: Sequence[Endpoint] = (),
) -> Iterator[str]:
    """Every pod that a policy opens a way to is one of a Service that is declared, or one ``beside``, and on a port of it.

    ``services`` are those of the whole app, where the objects are of a part of it.
    """
    elsewhere = {_selected(endpoint.namespace, endpoint.peer.selector) for endpoint in beside}
    ports: dict[tuple[object, ...], list[Mapping[str, Any]]] = {}
    for service in of_kind(objects, "Service") if services is None else services:
        spec = spec_of(service)
        selected = _selected(service["metadata"].get("namespace"), spec.get("selector") or {})
        ports.setdefault(selected, []).extend(spec.get("ports") or ())
    for edge in edges:
        # Pods that let a client in are there, with or without a Service; what has no namespace is no pod.
        if edge.let_in or not edge.server.namespace:
            continue
        server = _selected(edge.server.namespace, edge.server.selector)
        if server in elsewhere:
            continue
        if ports.get(server) and not any(_is_of(port, edge) for port in ports[server]):
            known = ", ".join(dict.fromkeys(f"{port['port']}/{port.get('protocol', 'TCP')}" for port in ports[server]))
            yield f"{edge.client}: {edge.why}: {edge.server} has no port {edge.port}/{edge.protocol}; write one of {known}"
        elif server not in ports:
            yield (
                f"{edge.client}: {edge.why}: {edge.server} is not a Service with pods that a policy can name; declare it, "
                f"or write enforce(…, beside=[Endpoint({edge.server.name!r}, {edge.server.namespace!r}, {edge.port}, pods=…)])"
            )


def _selected(namespace: str | None, selector: Mapping[str, str]) -> tuple[object, ...]:
    return (namespace, *sorted(selector.items()))


def _is_of(port: Mapping[str, Any], edge: Edge) -> bool:
    """Whether a port of a Service leads to the one that an edge ends at; of a name that no pod here has, nobody can tell."""
    target = port.get("targetPort", port["port"])
    return port.get("protocol", "TCP") == edge.protocol and (isinstance(target, str) or target == edge.port)


def addresses_by_endpoint(
    objects: Sequence[Object],
    *,
    services: Sequence[Object] = (),
    edges: Sequence[Edge] = (),
    beside: Sequence[Endpoint] = (),
    cluster: Cluster | None = None,
) -> Iterator[str]:
    """No text holds the address of a Service that nothing opens the way to: only an endpoint's address is an edge.

    Texts are the variables and the arguments of containers, and files. A short name of a Service that is declared is never an
    endpoint's; a full one, of a Service that is declared or ``beside``, is one where the pods have that edge.

    ``enforce`` checks this of the pods of this library's constructs.
    """
    ports = {_key(service): {port["port"] for port in spec_of(service).get("ports") or ()} for service in services}
    selected = {_key(service): spec_of(service).get("selector") or {} for service in services}
    selected |= {(at.namespace, at.service): at.peer.selector for at in beside if (at.namespace, at.service) not in selected}
    domain = (cluster or Cluster()).domain
    ways = _by_label(edge for edge in edges if edge.server.namespace)
    for owner, where, text in texts(objects):
        namespace, is_file = owner["metadata"].get("namespace") or "", owner["kind"] == "ConfigMap"
        found = [match[0] for match in _HOST.finditer(text) if _is_short(match, namespace, ports, is_file=is_file)]
        template = pod_template(owner)
        for match in names_in(text, domain) if template else ():
            labels = (template or {}).get("metadata", {}).get("labels") or {}
            found += [] if _is_open(match, selected, [*_of_pods(ways, namespace, labels)]) else [match[0]]
        for name in found:
            yield f"{name_of(owner)}: {where}: {name!r} is an address written by hand; pass Endpoint(…).url or .host"


def _by_label(edges: Iterable[Edge]) -> _Ways:
    """The edges by the namespace of their client and by one label of its selector, since every text of a pod asks for them."""
    found: _Ways = {}
    for edge in edges:
        found.setdefault((edge.client.namespace, min(edge.client.selector.items(), default=None)), []).append(edge)
    return found


def _of_pods(ways: _Ways, namespace: str, labels: Mapping[str, str]) -> Iterator[Peer]:
    """Where pods with these labels may connect to."""
    for label in (None, *labels.items()):
        edges = ways.get((namespace, label), ())
        yield from (edge.server for edge in edges if edge.client.selector.items() <= labels.items())


def _is_open(match: re.Match[str], selected: Mapping[tuple[str, str], Mapping[str, str]], ways: Sequence[Peer]) -> bool:
    """Whether there is a way to the pods that this name leads to; whether it leads to any, other rules check."""
    namespace, service = match["namespace"].lower(), match["name"].lower().rpartition(".")[2]
    selector = selected.get((namespace, service))
    if selector is None or any((to.namespace, to.name) == (namespace, service) for to in ways):
        return True
    return _selected(namespace, selector) in [_selected(to.namespace, to.selector) for to in ways]


def _is_short(match: re.Match[str], namespace: str, ports: Mapping[tuple[str, str], Set[int]], *, is_file: bool) -> bool:
    labels = match["host"].lower().split(".")
    if len(labels) > 1:  # POD.SERVICE.NAMESPACE or SERVICE.NAMESPACE; in a file, what looks so may be a program's
        is_address = not is_file or bool(match["url"] or match["port"])
        return is_address and len(labels) <= 3 and (labels[-1], labels[-2]) in ports
    known = ports.get((namespace, labels[0]))
    return known is not None and (int(match["port"]) in known if match["port"] else bool(match["url"]))


@dataclass(frozen=True)
class _Backend:
    """A Service and a port of it that a route leads to."""

    where: str
    service: tuple[str, str]
    port: int | str | None


def routes_are_let_in(objects: Sequence[Object], *, edges: Sequence[Edge] = (), beside: Sequence[Endpoint] = ()) -> Iterator[str]:
    """Every Ingress and every other route leads to a Service that is declared, or ``beside``, and is let in by its policies."""
    services = {_key(service): service for service in of_kind(objects, "Service")}
    elsewhere = {(endpoint.namespace, endpoint.service) for endpoint in beside}
    clients = [pods_of(edge.client) for edge in edges if not edge.let_in]
    for route in objects:
        if not _ROUTE.fullmatch(route["kind"]):
            continue
        for backend in _backends(route.get("spec"), "spec", route["metadata"].get("namespace") or ""):
            where = f"{name_of(route)}: {backend.where}"
            namespace, name = backend.service
            if backend.service in services:
                yield from (f"{where}: {problem}" for problem in _closed(objects, services[backend.service], backend, clients))
            elif backend.service not in elsewhere:
                yield (
                    f"{where}: Service {namespace}/{name} is not declared; declare it, "
                    f"or write enforce(…, beside=[Endpoint({name!r}, {namespace!r}, …)])"
                )


def _backends(value: Any, where: str, namespace: str) -> Iterator[_Backend]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _backends(item, f"{where}[{index}]", namespace)
    elif isinstance(value, Mapping):
        for key, field in value.items():
            for item in field if isinstance(field, list) else [field]:
                if key in _BACKENDS and isinstance(item, Mapping) and item.get("kind", "Service") == "Service":
                    yield from _backend(item, f"{where}.{key}", namespace)
            yield from _backends(field, f"{where}.{key}", namespace)


def _backend(item: Mapping[str, Any], where: str, namespace: str) -> Iterator[_Backend]:
    name, _, rest = str(item.get("name") or item.get("host") or "").partition(".")
    port = item.get("port")
    if isinstance(port, Mapping):
        port = port.get("number") or port.get("name")
    if name and (not rest or ".svc" in f".{rest}"):
        yield _Backend(where, (item.get("namespace") or rest.partition(".")[0] or namespace, name), port)


def _closed(objects: Sequence[Object], service: Object, backend: _Backend, clients: Sequence[Object]) -> Iterator[str]:
    """What keeps a route's requests from the pods of a Service that is declared."""
    spec, namespace = spec_of(service), service["metadata"].get("namespace")
    ports = [port for port in spec.get("ports") or () if backend.port in (None, port["port"], port.get("name"))]
    if not ports:
        yield f"{name_of(service)} has no port {backend.port}; write one of {[port['port'] for port in spec.get('ports') or ()]}"
    policies = [policy for policy in of_kind(objects, "NetworkPolicy") if policy["metadata"].get("namespace") == namespace]
    for labels, numbers in pods(objects)[namespace] if spec.get("selector") else ():
        isolating = [spec_of(policy) for policy in policies if _isolates(spec_of(policy), labels)]
        targets = [port.get("targetPort", port["port"]) for port in ports]
        if not spec["selector"].items() <= labels.items() or not isolating or not targets:
            continue
        rules = [rule for policy in isolating for rule in policy.get("ingress") or () if _is_for_others(rule, clients)]
        if not any(_opens(rule, target, numbers) for rule in rules for target in targets):
            yield (
                f"no NetworkPolicy lets a proxy reach {name_of(service)} on port {targets[0]}; "
                "declare one whose ingress names the proxy's pods, or give the endpoint a node_port"
            )


def _isolates(policy: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    selector = policy.get("podSelector") or {}
    expressions = all(_matches(expression, labels) for expression in selector.get("matchExpressions") or ())
    named = (selector.get("matchLabels") or {}).items() <= labels.items()
    return "Ingress" in policy.get("policyTypes", ["Ingress"]) and named and expressions


def _matches(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression.get("key", "")), expression.get("values") or ()
    operators = {"In": value in values, "NotIn": value not in values, "Exists": value is not None, "DoesNotExist": value is None}
    return operators.get(expression.get("operator", ""), False)


def _is_for_others(rule: Mapping[str, Any], clients: Sequence[Object]) -> bool:
    """Whether a rule lets in more than the pods that connect by themselves, which no proxy is."""
    sources = rule.get("from")
    return not sources or any(source not in clients for source in sources)


def _opens(rule: Mapping[str, Any], target: int | str, numbers: Mapping[int | str, int]) -> bool:
    number = numbers.get(target, target)
    for port in rule.get("ports") or [{}]:
        first = numbers.get(port.get("port"), port.get("port"))
        if first is None or first == number or (isinstance(number, int) and first <= number <= port.get("endPort", first)):
            return True
    return False


def _key(service: Object) -> tuple[str, str]:
    return service["metadata"].get("namespace") or "", service["metadata"]["name"]
