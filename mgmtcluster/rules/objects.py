"""Rules over every object: names, namespaces, Secrets, fields without a value."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mgmtcluster.kinds.names import dns_label, dns_subdomain, service_name
from mgmtcluster.manifests import Object, name_of, of_kind

_CLUSTER_SCOPED: Final = frozenset(
    {"ClusterRole", "ClusterRoleBinding", "Namespace", "PersistentVolume", "PriorityClass", "StorageClass"}
)


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
