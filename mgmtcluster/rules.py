"""What must hold over all objects of an app, checked at every synth.

A rule is a function of the objects, as mappings, to the problems it finds: one line each, naming the object. In an app of
your own: ``rules.enforce(app)``.
"""

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any, Final

import jsii
from cdk8s import App, Chart
from constructs import Construct, IValidation

from mgmtcluster.addresses import CLUSTER_LOCAL, Endpoint
from mgmtcluster.kinds.images import image
from mgmtcluster.kinds.names import dns_label, dns_subdomain, service_name
from mgmtcluster.manifests import Object, containers, name_of, of_kind, pods, texts

Rule = Callable[[Sequence[Object]], Iterable[str]]

_CLUSTER_SCOPED: Final = frozenset(
    {"ClusterRole", "ClusterRoleBinding", "Namespace", "PersistentVolume", "PriorityClass", "StorageClass"}
)
_API_SERVER: Final = ("kubernetes", "default")


def _cron_job_name(text: str) -> str:
    if len(text) > 52:
        raise ValueError(f"{text!r} is too long for the names of its Jobs; write at most 52 characters")
    return dns_label(text)


_NAME_CHECKS: Final = {
    "Service": service_name,
    "Namespace": dns_label,
    "Deployment": dns_label,
    "StatefulSet": dns_label,
    "Job": dns_label,
    "CronJob": _cron_job_name,
}


def enforce(app: Construct, *more: Rule, beside: Sequence[Endpoint] = ()) -> None:
    """Make every synth of the app check the general rules and these, and fail before anything is written.

    Args:
        app: the app, or one chart of it.
        more: further rules.
        beside: endpoints of Services that run in the same cluster and are installed by somebody else.
    """
    app.node.add_validation(_Rules(app, [*general(beside=beside), *more]))


def general(*, beside: Sequence[Endpoint] = ()) -> list[Rule]:
    """The rules that hold for every app; ``beside`` as in ``enforce``."""
    return [
        unique_objects,
        valid_names,
        namespaces_exist,
        node_ports,
        services_select_pods,
        lambda objects: addresses_resolve(objects, beside=beside),
        images_pinned,
        no_secrets,
        no_nulls,
    ]


def check(objects: Sequence[Object], rules: Iterable[Rule]) -> list[str]:
    """The problems that these rules find."""
    return [problem for rule in rules for problem in rule(objects)]


@jsii.implements(IValidation)
class _Rules:
    """The rules as cdk8s calls them."""

    def __init__(self, scope: Construct, rules: Sequence[Rule]) -> None:
        self._scope = scope
        self._rules = rules
        self._checked_in: FrameType | None = None

    def validate(self) -> list[str]:
        # cdk8s validates a whole app anew for each of its charts: once in every call of the user's is enough.
        call = _outermost_call_of("cdk8s")
        if call is self._checked_in:
            return []
        self._checked_in = call
        return check(objects_of(self._scope), self._rules)


def _outermost_call_of(package: str) -> FrameType | None:
    """The frame of the first call into a package that has not returned yet."""
    frame, outermost = inspect.currentframe(), None
    while frame:
        if frame.f_globals.get("__name__") == package:
            outermost = frame
        frame = frame.f_back
    return outermost


def objects_of(scope: Construct) -> list[Object]:
    """All manifests of an app, or of one chart."""
    charts = [child for child in scope.node.children if Chart.is_chart(child)] if isinstance(scope, App) else [Chart.of(scope)]
    return [manifest for chart in charts for manifest in chart.to_json()]  # type: ignore[attr-defined]


def unique_objects(objects: Sequence[Object]) -> Iterator[str]:
    """No two objects have the same kind, namespace and name."""
    for name, count in Counter(name_of(each) for each in objects).items():
        if count > 1:
            yield f"{name}: is declared {count} times; give each a name of its own"


def valid_names(objects: Sequence[Object]) -> Iterator[str]:
    """Every object has a name that Kubernetes accepts for its kind."""
    for each in objects:
        try:
            _NAME_CHECKS.get(each["kind"], dns_subdomain)(each.get("metadata", {}).get("name", ""))
        except ValueError as error:
            yield f"{name_of(each)}: metadata.name: {error}"


def namespaces_exist(objects: Sequence[Object]) -> Iterator[str]:
    """Every namespaced object names its namespace, and every namespace that a Namespace object could make is made.

    An app that declares no Namespace at all leaves them to somebody else.
    """
    declared = {each["metadata"]["name"] for each in objects if each["kind"] == "Namespace"}
    for each in objects:
        namespace = each.get("metadata", {}).get("namespace")
        if each["kind"] in _CLUSTER_SCOPED:
            if namespace:
                yield f"{name_of(each)}: metadata.namespace: {each['kind']} has none; leave it out"
        elif not namespace:
            yield f"{name_of(each)}: metadata.namespace: is missing; write it"
        elif declared and namespace not in declared:
            known = ", ".join(sorted(declared))
            yield f"{name_of(each)}: metadata.namespace: {namespace} is not declared; declare it or write one of {known}"


def node_ports(objects: Sequence[Object]) -> Iterator[str]:
    """Node ports are in Kubernetes' range, and no two Services have the same."""
    holders: dict[int, list[str]] = {}
    for service in of_kind(objects, "Service"):
        for port in service["spec"].get("ports", ()):
            if "nodePort" in port:
                holders.setdefault(port["nodePort"], []).append(name_of(service))
    for node_port, names in holders.items():
        if not 30000 <= node_port <= 32767:
            yield f"{names[0]}: nodePort: {node_port} is out of range; write one of 30000 to 32767"
        if len(names) > 1:
            yield f"{', '.join(names)}: nodePort: {node_port} is given to each; write another one for all but one"


def services_select_pods(objects: Sequence[Object]) -> Iterator[str]:
    """Every Service with a selector selects pods, and its target ports are ports of their containers."""
    for service in of_kind(objects, "Service"):
        selector = service["spec"].get("selector")
        if not selector:
            continue
        namespace = service["metadata"].get("namespace")
        selected = [ports for labels, ports in pods(objects, namespace) if selector.items() <= labels.items()]
        if not selected:
            yield f"{name_of(service)}: spec.selector: {selector} selects no pod; write labels of a pod in {namespace}"
            continue
        for port in service["spec"].get("ports", ()):
            target = port.get("targetPort", port["port"])
            if not any(target in ports for ports in selected):
                yield f"{name_of(service)}: spec.ports: no container listens on {target}; write a port of its pods"


def addresses_resolve(objects: Sequence[Object], *, beside: Sequence[Endpoint] = ()) -> Iterator[str]:
    """Every address of a Service in a variable, an argument or a ConfigMap is one of a Service and port that is declared.

    The API server's is excepted, and those ``beside``.
    """
    ports: dict[tuple[str, str], set[int]] = {(each.service, each.namespace): set() for each in beside}
    for endpoint in beside:
        ports[endpoint.service, endpoint.namespace].add(endpoint.port)
    for service in of_kind(objects, "Service"):
        key = (service["metadata"]["name"], service["metadata"]["namespace"])
        ports[key] = {port["port"] for port in service["spec"].get("ports", ())}
    for owner, where, text in texts(objects):
        for match in CLUSTER_LOCAL.finditer(text):
            key = (match["name"].rpartition(".")[2], match["namespace"])
            port = int(match["port"]) if match["port"] else None
            if key == _API_SERVER:
                continue
            if key not in ports:
                yield f"{name_of(owner)}: {where}: {match[0]} is no Service that is declared; write the address of one that is"
            elif port is not None and port not in ports[key]:
                yield f"{name_of(owner)}: {where}: {match[0]}: the Service has no such port; write one of {sorted(ports[key])}"


def images_pinned(objects: Sequence[Object]) -> Iterator[str]:
    """Every container has an image with a tag other than ``latest``, or with a digest."""
    for owner in objects:
        for container in containers(owner):
            try:
                image(container.get("image") or "")
            except ValueError as error:
                yield f"{name_of(owner)}: container {container.get('name')}: image: {error}"


def no_secrets(objects: Sequence[Object]) -> Iterator[str]:
    """No Secret is written to a file."""
    for secret in of_kind(objects, "Secret"):
        yield f"{name_of(secret)}: a Secret would stand in a file for everybody to read; name one that is made in the cluster"


def no_nulls(objects: Sequence[Object]) -> Iterator[str]:
    """No field is null, and no quantity is an empty mapping, where the schema means a value."""
    for each in objects:
        yield from (f"{name_of(each)}: {path}: has no value; write one or leave it out" for path in _nulls(each, ""))


def _nulls(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if path.endswith(("requests", "limits")) and not isinstance(inner, str | int | float):
                yield f"{path}.{key}".lstrip(".")
            else:
                yield from _nulls(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _nulls(inner, f"{path}[{index}]")
    elif value is None:
        yield path.lstrip(".")
