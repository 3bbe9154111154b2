"""Rules over every object: names, namespaces, Secrets, fields without a value, texts."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mgmtcluster.kinds.names import dns_label, dns_subdomain, service_name
from mgmtcluster.manifests import Object, group_of, name_of, of_kind
from mgmtcluster.rules.scope import scope_of


def _cron_job_name(text: str) -> str:
    if len(text) > 52:
        raise ValueError(f"{text!r} is too long for the names of its Jobs; write at most 52 characters")
    return dns_label(text)


def _path_segment(text: str) -> str:
    if text in ("", ".", "..") or "/" in text or "%" in text:
        raise ValueError(f"{text!r} is not an object name; write one without / and %")
    return text


#: Characters that cdk8s writes as they are, and that whoever reads the file refuses, or takes for a blank or a line's end.
_LOST_IN_YAML: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufffe\uffff]")

#: Where a value is: the path of what holds it, and its key there. As text it would be made for every value.
_Path = tuple[()] | tuple[Any, Any]

#: The type of a Secret that the control plane fills.
_TOKEN: Final = "kubernetes.io/service-account-token"

_NAME_CHECKS: Final = {
    **dict.fromkeys(("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), _path_segment),
    "Service": service_name,
    "Namespace": dns_label,
    "Deployment": dns_label,
    "StatefulSet": dns_label,
    "Job": dns_label,
    "CronJob": _cron_job_name,
}


def no_lists(objects: Sequence[Object]) -> Iterator[str]:
    """No object is a list of others, which no rule would look at: ``List`` and ``SecretList`` are such kinds."""
    for manifest in objects:
        if manifest["kind"].endswith("List") and isinstance(manifest.get("items"), list):
            yield f"{name_of(manifest)}: is a list, and what is in it would be written unchecked; declare each object by itself"


def unique_objects(objects: Sequence[Object]) -> Iterator[str]:
    """No two objects have the same kind, namespace and name."""
    for (_, name), count in Counter((group_of(manifest), name_of(manifest)) for manifest in objects).items():
        if count > 1:
            yield f"{name}: is declared {count} times; give each a name of its own"


def valid_names(objects: Sequence[Object]) -> Iterator[str]:
    """Every object has a name that Kubernetes accepts for its kind."""
    for manifest in objects:
        try:
            _NAME_CHECKS.get(manifest["kind"], dns_subdomain)(manifest.get("metadata", {}).get("name", ""))
        except ValueError as error:
            yield f"{name_of(manifest)}: metadata.name: {error}"


def namespaces_exist(objects: Sequence[Object], *, namespaces: Sequence[str] = ()) -> Iterator[str]:
    """Every namespaced object names its namespace, and every namespace that a Namespace object could make is made.

    An app that declares no Namespace at all leaves them to somebody else; ``namespaces`` are made elsewhere too. Of a kind that
    is neither Kubernetes' own nor defined here, nobody here can tell.
    """
    declared = {namespace["metadata"]["name"] for namespace in of_kind(objects, "Namespace")}
    is_namespaced = scope_of(objects)
    for manifest in objects:
        namespace = manifest.get("metadata", {}).get("namespace")
        where = f"{name_of(manifest)}: metadata.namespace"
        if is_namespaced(manifest) is False and namespace:
            yield f"{where}: {manifest['kind']} has none; leave it out"
        elif is_namespaced(manifest) and not namespace:
            yield f"{where}: is missing; write it"
        elif namespace and declared and namespace not in (*declared, *namespaces):
            known = ", ".join(sorted(declared))
            yield f"{where}: {namespace} is not declared; write one of {known}, or enforce(…, namespaces=[{namespace!r}])"


def no_secrets(objects: Sequence[Object]) -> Iterator[str]:
    """No Secret is written to a file, but one that Kubernetes fills with the token of a ServiceAccount."""
    for secret in of_kind(objects, "Secret"):
        if secret.get("type") == _TOKEN and not secret.get("data") and not secret.get("stringData"):
            continue
        yield f"{name_of(secret)}: a Secret would stand in a file for everybody to read; name one that is made in the cluster"


def no_nulls(objects: Sequence[Object]) -> Iterator[str]:
    """No field is null where the schema means a value."""
    for manifest in objects:
        for path, value in _values(manifest):
            if value is None:
                yield f"{name_of(manifest)}: {_text_of(path)}: has no value; write one or leave it out"


def texts_are_kept(objects: Sequence[Object]) -> Iterator[str]:
    """Every text is the same in the cluster: it has no character that a YAML file loses, such as U+0085 or U+2028."""
    for manifest in objects:
        for path, value in _values(manifest):
            if isinstance(value, str) and (lost := _LOST_IN_YAML.search(value)):
                yield f"{name_of(manifest)}: {_text_of(path)}: holds U+{ord(lost[0]):04X}, which YAML loses; leave it out"


def _values(manifest: Object) -> Iterator[tuple[_Path, Any]]:
    """Every value that holds no others, in order, with its path."""
    held: list[tuple[_Path, Any]] = [((), manifest)]
    while held:
        path, value = held.pop()
        if isinstance(value, str):  # most are: whether it is a Mapping takes longer to ask
            yield path, value
        elif isinstance(value, Mapping):
            held += [((path, key), inner) for key, inner in reversed([*value.items()])]
        elif isinstance(value, list | tuple):
            held += [((path, index), inner) for index, inner in reversed([*enumerate(value)])]
        else:
            yield path, value


def _text_of(path: _Path) -> str:
    if not path:
        return ""
    above, key = _text_of(path[0]), path[1]
    return f"{above}[{key}]" if isinstance(key, int) else f"{above}.{key}".lstrip(".")
