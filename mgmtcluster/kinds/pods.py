"""What pods of any workload are given by those who run the cluster: labels, nodes, priority, how images are pulled."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, WithJsonSchema

from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.keys import FreeKey
from mgmtcluster.kinds.names import LabelKey, LabelValue, ObjectName, label_key, label_value
from mgmtcluster.kinds.quantities import Ratio, least_request, quantity_value
from mgmtcluster.kinds.spelling import unknown_name

PullPolicy = Literal["Always", "IfNotPresent", "Never"]

#: The most that limits of a container may be of its requests, as a LimitRange's ``maxLimitRequestRatio`` says it.
Ratios = Mapping[Literal["cpu", "memory"], Ratio]

_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_FIELDS: Final = ("key", "operator", "value", "effect", "tolerationSeconds")


def toleration(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A toleration, as Kubernetes writes it: `key`, `operator`, `value`, `effect`, `tolerationSeconds`."""
    for problem in _problems(given):
        raise ValueError(problem)
    return given


def _problems(given: Mapping[str, Any]) -> Iterator[str]:
    yield from [f"{name!r} {unknown_name('a field of a toleration', name, _FIELDS)}" for name in given if name not in _FIELDS]
    key, operator, value, effect, seconds = (given.get(name) for name in _FIELDS)
    if operator not in (None, "Equal", "Exists"):
        yield f"operator: {operator!r} is not allowed; write Equal or Exists"
    if effect not in (None, *_EFFECTS):
        yield f"effect: {effect!r} is not allowed; write {', '.join(_EFFECTS)}, or leave it out for all"
    yield from _text_problems("key", key, label_key)
    yield from _text_problems("value", value, label_value)
    if key is None and operator != "Exists":
        yield "has no key; write one, or operator: Exists for every taint"
    if operator == "Exists" and value is not None:
        yield f"value: {value!r} is not read with operator: Exists; leave one of them out"
    if seconds is not None and type(seconds) is not int:
        yield f"tolerationSeconds: expected a whole number, got {seconds!r}; write one, such as 60"
    if seconds is not None and effect != "NoExecute":
        yield f"tolerationSeconds: {seconds} is for effect: NoExecute alone; write that, or leave it out"


def _text_problems(name: str, text: object, check: Callable[[str], str]) -> Iterator[str]:
    if text is not None and not isinstance(text, str):
        yield f"{name}: expected text, got {text!r}; write it in quotes"
    elif text is not None:
        try:
            check(text)
        except ValueError as error:
            yield f"{name}: {error}"


_SCHEMA: Final = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "key": {"type": "string"},
        "operator": {"enum": ["Equal", "Exists"]},
        "value": {"type": "string"},
        "effect": {"enum": [*_EFFECTS]},
        "tolerationSeconds": {"type": "integer"},
    },
}

Toleration = Annotated[Mapping[str, Any], AfterValidator(toleration), WithJsonSchema(_SCHEMA)]


def selinux_part(text: str) -> str:
    """A part of an SELinux label."""
    if not re.fullmatch(r"[A-Za-z0-9_.:,-]{1,253}", text):
        raise ValueError(f"{text!r} is no part of an SELinux label; write letters, digits and _ . : , - as in spc_t")
    return text


#: The SELinux label of processes, as Kubernetes writes it; what is left out, the node's container runtime chooses.
SeLinuxOptions = Mapping[Literal["user", "role", "type", "level"], Annotated[str, AfterValidator(selinux_part)]]


@dataclass(frozen=True, kw_only=True)
class Pods:
    """What pods are given beside what they run. What is more special stands over what is more general: see ``over``.

    Args:
        labels: labels of the pods. No selector reads them.
        annotations: annotations of the pods.
        node_selector: labels of the nodes that they may run on.
        tolerations: taints of nodes that do not keep them away, each as Kubernetes writes it:
            ``{"key": "dedicated", "operator": "Equal", "value": "aios", "effect": "NoSchedule"}``.
        priority_class: name of their PriorityClass. Default: the cluster's default.
        image_pull_policy: ``Always``, ``IfNotPresent`` or ``Never``, for every container. Default: ``Always`` for a service's
            image with a tag, ``IfNotPresent`` for one with a digest and for images of other projects.
        max_limit_request_ratio: the most that ``cpu`` or ``memory`` may be limited to for each that is requested, of every
            container, as a LimitRange demands it: ``{"cpu": "5"}``. Requests that are too low are raised. Default: any.

    Raises:
        InvalidInput: a value that Kubernetes would not accept, or a key that somebody else owns.
    """

    labels: Mapping[FreeKey, LabelValue] = field(default_factory=dict)
    annotations: Mapping[FreeKey, str] = field(default_factory=dict)
    node_selector: Mapping[LabelKey, LabelValue] = field(default_factory=dict)
    tolerations: Sequence[Toleration] = ()
    priority_class: ObjectName | None = None
    image_pull_policy: PullPolicy | None = None
    max_limit_request_ratio: Ratios = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_fields(self, where="Pods")

    def over(self, general: "Pods") -> "Pods":
        """These pods where ``general`` holds for all: mappings are merged, tolerations added, the rest is replaced where set."""
        return Pods(**{each.name: _merged(getattr(general, each.name), getattr(self, each.name)) for each in fields(self)})


def raised_requests(requests: Mapping[str, str], limits: Mapping[str, str], ratios: Ratios) -> dict[str, str]:
    """The requests of a container, raised where a limit is more than its ratio allows.

    Raises:
        ValueError: a limit is missing.
    """
    raised = dict(requests)
    for resource, ratio in ratios.items():
        if resource not in limits:
            raise ValueError(f"has no limit of {resource}, and max_limit_request_ratio asks for one; write one")
        if quantity_value(limits[resource]) > quantity_value(raised[resource]) * quantity_value(ratio):
            raised[resource] = least_request(resource, limit=limits[resource], ratio=ratio)
    return raised


def node_label_problem(node_label: str, node_selector: Mapping[str, str]) -> str | None:
    """The words for a label of nodes, `key=value`, that the node selector of the same pods has with another value."""
    key, _, value = node_label.partition("=")
    other = node_selector.get(key, value)
    if other == value:
        return None
    return f"{node_label!r} and {key}: {other!r} in node_selector of its pods are on no node together; leave one of them out"


def _merged(general: Any, special: Any) -> Any:
    if isinstance(special, Mapping):
        return {**general, **special}
    if special is None or isinstance(special, str):
        return general if special is None else special
    return (*general, *(item for item in special if item not in general))
