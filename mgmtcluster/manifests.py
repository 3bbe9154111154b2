"""Manifests as mappings, and what rules, checks and the map ask of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Object = Mapping[str, Any]

#: The groups of Kubernetes' own kinds; those of all others come with a CustomResourceDefinition.
GROUPS: Final = frozenset(
    {
        *("", "apps", "autoscaling", "batch", "extensions", "policy"),
        *("admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io"),
        *("authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io"),
        *("flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io"),
        *("rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io"),
    }
)


def name_of(manifest: Object) -> str:
    """How a problem names an object: ``Service/registries/policies-system``."""
    metadata = manifest.get("metadata", {})
    return "/".join(filter(None, [manifest.get("kind"), metadata.get("namespace"), metadata.get("name")]))


def group_of(manifest: Object) -> str:
    """The API group of an object's kind; empty for the core's."""
    return str(manifest.get("apiVersion", "")).rpartition("/")[0]


def of_kind(objects: Sequence[Object], kind: str) -> Iterator[Object]:
    """The objects of one of Kubernetes' own kinds; a kind of the same name in another group is another one."""
    return (manifest for manifest in objects if manifest["kind"] == kind and group_of(manifest) in GROUPS)


def spec_of(manifest: Object) -> Object:
    """The ``spec`` of an object; empty where somebody else's object has none."""
    return manifest.get("spec") or {}


def pod_template(owner: Object) -> Object | None:
    """What the pods of an object are made from; None where it has none."""
    spec = spec_of(owner)
    if owner["kind"] == "Pod":
        return owner
    if owner["kind"] == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    template = spec.get("template")
    return template if isinstance(template, Mapping) and "spec" in template else None


def containers(owner: Object) -> Iterator[Object]:
    """Every container of an object's pods."""
    template = pod_template(owner)
    if template:
        for key in ("initContainers", "containers"):
            yield from template["spec"].get(key) or ()


Pods = list[tuple[Mapping[str, str], Mapping[int | str, int]]]


def pods(objects: Sequence[Object]) -> Mapping[str | None, Pods]:
    """By namespace: labels of every pod that the objects make, and its ports by their numbers and names."""
    found: defaultdict[str | None, Pods] = defaultdict(list)
    for owner in objects:
        template = pod_template(owner)
        if not template:
            continue
        ports = {
            port[key]: port["containerPort"]
            for container in containers(owner)
            for port in container.get("ports") or ()
            for key in ("containerPort", "name")
            if key in port
        }
        labels = template.get("metadata", {}).get("labels") or {}
        made = found[owner["metadata"].get("namespace")]
        made.append((labels, ports))
        if owner["kind"] == "StatefulSet":
            names = [f"{owner['metadata']['name']}-{ordinal}" for ordinal in range(owner["spec"].get("replicas", 1))]
            made += [({**labels, "statefulset.kubernetes.io/pod-name": name}, ports) for name in names]
    return found


def texts(objects: Sequence[Object]) -> Iterator[tuple[Object, str, str]]:
    """Every text that may hold an address of a Service: the object, where in it, the text."""
    for owner in objects:
        for where, text in _texts(owner):
            if isinstance(text, str):
                yield owner, where, text


def _texts(owner: Object) -> Iterator[tuple[str, Any]]:
    if owner["kind"] == "ConfigMap":
        yield from ((f"data.{key}", text) for key, text in (owner.get("data") or {}).items())
    if owner["kind"] == "Service":
        yield "spec.externalName", spec_of(owner).get("externalName")
    for container in containers(owner):
        yield from ((f"env.{variable['name']}", variable.get("value")) for variable in container.get("env") or ())
        yield from (("args", text) for key in ("command", "args") for text in container.get(key) or ())
