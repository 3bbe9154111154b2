"""What keeps pods from running, in the words of those who know: the scheduler, the kubelet, the events."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mgmtcluster.cli.api import EVENT, Cluster
from mgmtcluster.manifests import Object

_EVENTS: Final = 8

#: Not a trouble: they end by themselves.
_STARTING: Final = ("ContainerCreating", "PodInitializing")


@dataclass(frozen=True)
class Trouble:
    """A pod that cannot start, or does not stay up."""

    namespace: str
    pod: str
    reason: str
    message: str


@dataclass(frozen=True)
class Event:
    """A warning of Kubernetes.

    Attributes:
        time: when it was said last, in UTC.
        namespace: where.
        object: kind and name of what it is about.
        reason, message: what it says.
        count: how often.
    """

    time: str
    namespace: str
    object: str
    reason: str
    message: str
    count: int


def troubles(pods: Iterable[Object]) -> Iterator[Trouble]:
    """One line for each pod that needs a look."""
    for pod in pods:
        found = next(_reasons(pod), None)
        if found:
            yield Trouble(pod["metadata"]["namespace"], pod["metadata"]["name"], *found)


def _reasons(pod: Object) -> Iterator[tuple[str, str]]:
    status = pod.get("status") or {}
    for each in status.get("conditions") or ():
        if each["type"] == "PodScheduled" and each["status"] == "False":
            yield each.get("reason", "Unschedulable"), each.get("message", "")
    for kind in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(kind) or ():
            waiting = (container.get("state") or {}).get("waiting") or {}
            if waiting and waiting.get("reason") not in _STARTING:
                yield waiting.get("reason", "Waiting"), f"{container['name']}: {waiting.get('message', '')}"
    if status.get("phase") == "Failed":
        yield status.get("reason", "Failed"), status.get("message", "")


def warnings(cluster: Cluster, namespaces: Sequence[str]) -> list[Event]:
    """The last warnings in these namespaces, oldest first."""
    events = [
        _event(each) for namespace in namespaces for each in cluster.items(EVENT, namespace=namespace, fields="type=Warning")
    ]
    return sorted(events, key=lambda event: event.time)[-_EVENTS:]


def _event(item: Object) -> Event:
    about, series = item["involvedObject"], item.get("series") or {}
    times = (series.get("lastObservedTime"), item.get("lastTimestamp"), item.get("eventTime"), item.get("firstTimestamp"))
    return Event(
        time=next((each for each in times if each), item["metadata"]["creationTimestamp"]),
        namespace=item["metadata"]["namespace"],
        object=f"{about.get('kind', '')}/{about.get('name', '')}",
        reason=item.get("reason", ""),
        message=" ".join(item.get("message", "").split()),
        count=series.get("count") or item.get("count") or 1,
    )
