"""Objects of a cluster as a server lists them, and the view of a cluster that has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from mgmtcluster import Settings
from mgmtcluster.cli.checks.row import Row
from mgmtcluster.cli.checks.view import View
from mgmtcluster.cli.expected import Expected
from mgmtcluster.manifests import Object, name_of

OURS = {"app.kubernetes.io/part-of": "mgmtcluster"}

_LISTED = (
    "DaemonSet",
    "Deployment",
    "EndpointSlice",
    "Namespace",
    "Node",
    "PersistentVolume",
    "Pod",
    "Service",
    "ServiceCIDR",
    "StorageClass",
)


def item(kind: str, name: str, namespace: str | None = None, *, ours: bool = False, **fields: Any) -> dict[str, Any]:
    """An object; ``ours`` is one of the platform's. Fields of its metadata are given by their own names."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    metadata |= {key: fields.pop(key) for key in ("deletionTimestamp", "creationTimestamp", "generation") if key in fields}
    labels = {**(OURS if ours else {}), **fields.pop("labels", {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": {**metadata, **({"labels": labels} if labels else {})}, **fields}


def node(name: str, *, ready: bool = True, **changes: Any) -> dict[str, Any]:
    """A worker with enough of everything; ``changes`` are of its labels, spec, capacity, allocatable or addresses."""
    status = {
        "conditions": [{"type": "Ready", "status": str(ready)}],
        "capacity": changes.get("capacity", {"memory": "16Gi", "ephemeral-storage": "100Gi"}),
        "allocatable": changes.get("allocatable", {"cpu": "8", "memory": "15Gi"}),
        "addresses": changes.get("addresses", []),
    }
    return item("Node", name, labels=changes.get("labels", {}), spec=changes.get("spec", {}), status=status)


def pod(name: str, namespace: str, *containers: Mapping[str, Any], ours: bool = False, **changes: Any) -> dict[str, Any]:
    """A pod; ``changes`` are of its spec, and ``status``."""
    status = changes.pop("status", {})
    return item("Pod", name, namespace, ours=ours, spec={"containers": [*containers], **changes}, status=status)


def requests(**amounts: str) -> dict[str, Any]:
    """A container that asks for this."""
    return {"name": "one", "resources": {"requests": amounts}}


def workload(
    kind: str, name: str, namespace: str, *containers: Mapping[str, Any], replicas: int = 1, **spec: Any
) -> dict[str, Any]:
    """A Deployment, a StatefulSet or a DaemonSet, as a manifest has it."""
    template = {
        "metadata": {"labels": {"app.kubernetes.io/name": name}},
        "spec": {"containers": [*containers] or [{"name": "one"}], **spec.pop("pod", {})},
    }
    ours = spec.pop("ours", False)
    return item(kind, name, namespace, ours=ours, spec={"replicas": replicas, "template": template, **spec})


def expecting(
    *objects: Object, phases: Mapping[str, Sequence[Object]] | None = None, settings: Mapping[str, Any] | None = None
) -> Expected:
    """A platform of these objects, in one phase or in several; else of a Deployment, whose pods go anywhere."""
    return Expected(Settings.of(settings or {}), phases or {"00-platform": objects or [workload("Deployment", "web", "shop")]})


def view(*objects: Object, expected: Expected | None = None, version: str = "v1.36.0", denied: Sequence[str] = ()) -> View:
    """The view of a cluster that has these objects."""
    by_kind: dict[str, list[Object]] = {kind: [] for kind in _LISTED}
    for one in objects:
        by_kind.setdefault(one["kind"], []).append(one)
    named = {name_of(one): one for one in objects if one["kind"] not in ("Node", "Pod")}  # nobody installs these
    return View(expected or expecting(), {"gitVersion": version}, by_kind, named, denied)


def rows(check: Callable[[View], Iterable[Row]], seen: View) -> Iterator[Row]:
    """The rows of a check; a command or a line to write stands with every row that is not ok, and with no other."""
    for row in check(seen):
        assert bool(row.fix) == (row.verdict != "ok"), row
        yield row


def the_row(check: Callable[[View], Iterable[Row]], seen: View, name: str | None = None) -> Row:
    """The only row of a check, or the only one of this name."""
    [row] = [row for row in rows(check, seen) if name in (None, row.check)]
    return row


THREE = [node(f"node-{number}") for number in (1, 2, 3)]
