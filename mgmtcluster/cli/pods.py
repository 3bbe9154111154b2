"""What keeps pods from running, in the words of those who know: the scheduler, the kubelet, the events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mgmtcluster.manifests import Object

_EVENTS: Final = 8

#: Reasons of containers that start: they end by themselves.
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
    """The pods that need a look, with the first reason of each."""
    for pod in pods:
        reason = next(_reasons(pod), None)
        if reason:
            yield Trouble(pod["metadata"]["namespace"], pod["metadata"]["name"], *reason)


def _reasons(pod: Object) -> Iterator[tuple[str, str]]:
    status = pod.get("status") or {}
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield condition.get("reason", "Unschedulable"), condition.get("message", "")
    for kind in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(kind) or ():
            waiting = (container.get("state") or {}).get("waiting") or {}
            if waiting and waiting.get("reason") not in _STARTING:
                yield waiting.get("reason", "Waiting"), f"{container['name']}: {waiting.get('message', '')}"
    if status.get("phase") == "Failed":
        yield status.get("reason", "Failed"), status.get("message", "")


def last_warnings(events: Iterable[Object]) -> list[Event]:
    """The last of these events, oldest first."""
    return sorted(map(_event, events), key=lambda event: event.time)[-_EVENTS:]


def _event(item: Object) -> Event:
    about, series = item["involvedObject"], item.get("series") or {}
    times = (series.get("lastObservedTime"), item.get("lastTimestamp"), item.get("eventTime"), item.get("firstTimestamp"))
    return Event(
        time=next((time for time in times if time), item["metadata"]["creationTimestamp"]),
        namespace=item["metadata"]["namespace"],
        object=f"{about.get('kind', '')}/{about.get('name', '')}",
        reason=item.get("reason", ""),
        message=" ".join(item.get("message", "").split()),
        count=series.get("count") or item.get("count") or 1,
    )
