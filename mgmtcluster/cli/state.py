"""How far an installation has come: what is there, against what the settings ask for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mgmtcluster import catalog
from mgmtcluster.cli.expected import OURS, Expected
from mgmtcluster.cli.pods import Event, Trouble, last_warnings, troubles
from mgmtcluster.cli.resources import EVENT, POD
from mgmtcluster.manifests import Object, name_of

if TYPE_CHECKING:
    from mgmtcluster.cli.api import Cluster

#: Kinds that have units, which become ready.
_WITH_UNITS: Final = ("Deployment", "StatefulSet", "Job")

#: Kinds whose objects change while nobody changes them; all others stay as they were applied.
_MOVING: Final = ("Namespace", *_WITH_UNITS)


@dataclass(frozen=True)
class Workload:
    """A Deployment or a StatefulSet, whose units are its pods, or a Job, which is one unit.

    Attributes:
        object: kind, namespace and name.
        ready: pods of the present template that are available, or 1 for a Job that is complete.
        asked: how many there should be.
        note: why units are missing, where that is known.
    """

    object: str
    ready: int
    asked: int
    note: str


@dataclass(frozen=True)
class PhaseState:
    """How far a phase of the installation has come.

    Attributes:
        phase: the name of its file, without the ending.
        ready: units that are ready.
        asked: how many there should be.
        missing: objects without units that are not there, or are being deleted.
        workloads: objects with units.
    """

    phase: str
    ready: int
    asked: int
    missing: list[str]
    workloads: list[Workload]

    @property
    def whole(self) -> bool:
        """Whether everything of it is there and ready."""
        return not self.missing and self.ready == self.asked


@dataclass(frozen=True)
class Member:
    """A member of a replicated database.

    Attributes:
        pod: its pod.
        node: the node it is on, where it is on one.
        ready: whether it serves.
        role: all that can be said of its role from outside: a member is Ready as primary or as secondary only.
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
    phases: list[PhaseState]
    databases: list[Database]
    pods: list[Trouble]
    events: list[Event]


def look(cluster: "Cluster", expected: Expected, *, after: State | None = None) -> State:
    """Ask the cluster.

    Args:
        cluster: where.
        expected: what should be there.
        after: the state of a moment ago. Where nothing was missing then, half of the questions will do until all is ready; an
            object that somebody has removed since is noticed then.
    """
    if after and not any(phase.missing for phase in after.phases):
        state = _look(cluster, expected.only(*_MOVING))
        if not state.whole:
            return state
    return _look(cluster, expected)


def _look(cluster: "Cluster", expected: Expected) -> State:
    """Lists are by namespace and label, so that what others run there costs nothing."""
    pods = ((POD, namespace) for namespace in expected.namespaces)
    live = cluster.objects((*expected.kinds, *pods), labels=OURS)
    events = [
        event for namespace in expected.namespaces for event in cluster.items(EVENT, namespace=namespace, fields="type=Warning")
    ]
    return state_of(expected, live, events)


def state_of(expected: Expected, live: Iterable[Object], events: Iterable[Object]) -> State:
    """Compare what is there with what should be.

    Args:
        expected: what should be there.
        live: the platform's objects and pods on the cluster.
        events: the warnings in its namespaces.
    """
    named = {name_of(item): item for item in live}
    phases = [_phase(phase, objects, named) for phase, objects in expected.phases.items()]
    return State(
        whole=all(phase.whole for phase in phases),
        phases=phases,
        databases=[_database(database, expected, named) for database in catalog.DATABASES],
        pods=list(troubles(item for item in named.values() if item["kind"] == "Pod")),
        events=last_warnings(events),
    )


def _phase(phase: str, objects: Sequence[Object], live: Mapping[str, Object]) -> PhaseState:
    workloads = [_workload(manifest, live.get(name_of(manifest))) for manifest in objects if manifest["kind"] in _WITH_UNITS]
    others = [manifest for manifest in objects if manifest["kind"] not in _WITH_UNITS]
    return PhaseState(
        phase=phase,
        ready=sum(workload.ready for workload in workloads),
        asked=sum(workload.asked for workload in workloads),
        missing=list(_missing(others, live)),
        workloads=workloads,
    )


def _missing(objects: Sequence[Object], live: Mapping[str, Object]) -> Iterator[str]:
    for manifest in objects:
        name = name_of(manifest)
        if name not in live:
            yield name
        elif "deletionTimestamp" in live[name]["metadata"]:
            yield f"{name} (is being deleted)"


def _workload(manifest: Object, found: Object | None) -> Workload:
    name, units = name_of(manifest), manifest["spec"].get("replicas", 1)
    if found is None:
        return Workload(name, 0, units, "is not there")
    if "deletionTimestamp" in found["metadata"]:
        return Workload(name, 0, units, "is being deleted")
    if manifest["kind"] == "Job":
        return _job(name, found.get("status") or {})
    return _replicated(name, units, found, found.get("status") or {})


def _job(name: str, status: Mapping[str, Any]) -> Workload:
    conditions = {item["type"]: item for item in status.get("conditions") or () if item["status"] == "True"}
    message = conditions.get("Failed", {}).get("message", "")
    return Workload(name, int("Complete" in conditions), 1, message and f"failed: {message}")


def _replicated(name: str, units: int, found: Object, status: Mapping[str, Any]) -> Workload:
    if status.get("observedGeneration", 0) < found["metadata"]["generation"]:
        return Workload(name, 0, units, "was changed just now")
    if found["spec"]["replicas"] < units:
        return Workload(name, status.get("availableReplicas", 0), units, f"was scaled to {found['spec']['replicas']}")
    # Pods of an earlier template count as available too, and the server does not say which of them are.
    earlier = max(status.get("replicas", 0) - status.get("updatedReplicas", 0), 0)
    ready = min(status.get("availableReplicas", 0) - earlier, units)
    return Workload(name, max(ready, 0), units, "")


def _database(database: catalog.PlatformDatabase, expected: Expected, live: Mapping[str, Object]) -> Database:
    replicas = sum(
        manifest["spec"]["replicas"]
        for manifest in expected.of_kind("StatefulSet")
        if (manifest["metadata"]["namespace"], manifest["metadata"]["name"]) == (database.namespace, database.name)
    )
    pods = [f"{database.name}-{ordinal}" for ordinal in range(replicas)]
    return Database(
        database.namespace, database.name, [_member(pod, live.get(f"Pod/{database.namespace}/{pod}")) for pod in pods]
    )


def _member(name: str, pod: Object | None) -> Member:
    if pod is None:
        return Member(name, None, False, None)
    conditions = (pod.get("status") or {}).get("conditions") or ()
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return Member(name, pod["spec"].get("nodeName"), ready, "primary or secondary" if ready else None)
