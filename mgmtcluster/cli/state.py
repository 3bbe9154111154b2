"""How far an installation has come: what is there, against what the settings ask for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mgmtcluster import catalog
from mgmtcluster.cli.api import POD, Cluster
from mgmtcluster.cli.expected import OURS, Expected
from mgmtcluster.cli.pods import Event, Trouble, troubles, warnings
from mgmtcluster.manifests import Object, name_of

_CONTROLLERS: Final = ("Deployment", "StatefulSet")

#: What changes while nobody changes it; everything else stays as it was applied.
_MOVING: Final = ("Namespace", *_CONTROLLERS, "Job")


@dataclass(frozen=True)
class Workload:
    """A Deployment or a StatefulSet, whose units are its pods, or a Job, which is one unit.

    Attributes:
        object: kind, namespace and name.
        ready: pods of the present template that are available, or 1 for a Job that is complete.
        asked: how many there should be.
        note: what is wrong, where something is.
    """

    object: str
    ready: int
    asked: int
    note: str


@dataclass(frozen=True)
class Phase:
    """A phase of the installation.

    Attributes:
        phase: the name of its file, without the ending.
        ready: units that are ready.
        asked: how many there should be.
        missing: objects without units that are not there, or are being deleted.
        workloads: what has units.
    """

    phase: str
    ready: int
    asked: int
    missing: list[str]
    workloads: list[Workload]

    @property
    def whole(self) -> bool:
        """Everything of it is there and ready."""
        return not self.missing and self.ready == self.asked


@dataclass(frozen=True)
class Member:
    """A member of a replicated database.

    Attributes:
        pod: its pod.
        node: the node it is on, where it is on one.
        ready: whether it serves.
        role: what is known of its role from outside: a member is Ready as primary or as secondary alone.
    """

    pod: str
    node: str | None
    ready: bool
    role: str | None


@dataclass(frozen=True)
class Database:
    """A replicated database and its members."""

    namespace: str
    database: str
    members: list[Member]


@dataclass(frozen=True)
class State:
    """Everything that ``mgmtcluster status`` shows.

    Attributes:
        whole: everything that the settings ask for is there and ready.
        phases: in install order.
        databases: the replicated databases.
        pods: the platform's pods that cannot start, or do not stay up.
        events: the last warnings in the platform's namespaces, oldest first.
    """

    whole: bool
    phases: list[Phase]
    databases: list[Database]
    pods: list[Trouble]
    events: list[Event]


def look(cluster: Cluster, expected: Expected, *, after: State | None = None) -> State:
    """Ask the cluster.

    Args:
        cluster: where.
        expected: what should be there.
        after: the state of a moment ago. Where nothing was missing then, half of the questions will do until all is ready; what
            somebody has removed since is told then.
    """
    if after and not any(phase.missing for phase in after.phases):
        state = _look(cluster, expected.only(*_MOVING))
        if not state.whole:
            return state
    return _look(cluster, expected)


def _look(cluster: Cluster, expected: Expected) -> State:
    """Lists are by namespace and label, so that what others run there costs nothing."""
    pairs = (*expected.kinds, *((POD, namespace) for namespace in expected.namespaces))
    live = {name_of(item): item for item in cluster.objects(pairs, labels=OURS)}
    phases = [_phase(name, objects, live) for name, objects in expected.phases.items()]
    pods = [item for item in live.values() if item["kind"] == "Pod"]
    return State(
        whole=all(phase.whole for phase in phases),
        phases=phases,
        databases=[_database(each, expected, live) for each in catalog.DATABASES],
        pods=list(troubles(pods)),
        events=warnings(cluster, expected.namespaces),
    )


def _phase(name: str, objects: Sequence[Object], live: Mapping[str, Object]) -> Phase:
    workloads = [_workload(each, live.get(name_of(each))) for each in objects if each["kind"] in (*_CONTROLLERS, "Job")]
    others = [each for each in objects if each["kind"] not in (*_CONTROLLERS, "Job")]
    return Phase(
        phase=name,
        ready=sum(each.ready for each in workloads),
        asked=sum(each.asked for each in workloads),
        missing=list(_missing(others, live)),
        workloads=workloads,
    )


def _missing(objects: Sequence[Object], live: Mapping[str, Object]) -> Iterator[str]:
    for each in objects:
        found = live.get(name_of(each))
        if found is None:
            yield name_of(each)
        elif "deletionTimestamp" in found["metadata"]:
            yield f"{name_of(each)} (is being deleted)"


def _workload(asked: Object, found: Object | None) -> Workload:
    name, units = name_of(asked), asked["spec"].get("replicas", 1)
    if found is None:
        return Workload(name, 0, units, "is not there")
    if "deletionTimestamp" in found["metadata"]:
        return Workload(name, 0, units, "is being deleted")
    status = found.get("status") or {}
    if asked["kind"] == "Job":
        conditions = {each["type"]: each for each in status.get("conditions") or () if each["status"] == "True"}
        failed = conditions.get("Failed", {})
        return Workload(name, int("Complete" in conditions), 1, failed.get("message", "") and f"failed: {failed['message']}")
    if status.get("observedGeneration", 0) < found["metadata"]["generation"]:
        return Workload(name, 0, units, "was changed just now")
    if found["spec"]["replicas"] < units:
        return Workload(name, status.get("availableReplicas", 0), units, f"was scaled to {found['spec']['replicas']}")
    updated = status.get("updatedReplicas", 0)
    # Pods of an earlier template are counted as available too, and which of them are is not told.
    earlier = status.get("replicas", 0) - updated
    ready = min(status.get("availableReplicas", 0) - earlier, updated, units)
    return Workload(name, max(ready, 0), units, "")


def _database(what: catalog.PlatformDatabase, expected: Expected, live: Mapping[str, Object]) -> Database:
    [asked] = (
        each["spec"]["replicas"]
        for each in expected.of_kind("StatefulSet")
        if (each["metadata"]["namespace"], each["metadata"]["name"]) == (what.namespace, what.name)
    )
    names = [f"{what.name}-{ordinal}" for ordinal in range(asked)]
    return Database(what.namespace, what.name, [_member(name, live.get(f"Pod/{what.namespace}/{name}")) for name in names])


def _member(name: str, pod: Object | None) -> Member:
    if pod is None:
        return Member(name, None, False, None)
    conditions = (pod.get("status") or {}).get("conditions") or ()
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return Member(name, pod["spec"].get("nodeName"), ready, "primary or secondary" if ready else None)
