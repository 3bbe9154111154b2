"""Which nodes take a pod: what the scheduler reads of a pod's spec and of a node."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mgmtcluster.manifests import Object

_KEEPING_AWAY: Final = ("NoSchedule", "NoExecute")


def is_usable(node: Object) -> bool:
    """Whether a node is Ready, and nobody has cordoned it."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and not node["spec"].get("unschedulable")


def takes(node: Object, spec: Object) -> bool:
    """Whether the scheduler may put a pod of this spec on a node, if there is room."""
    return is_usable(node) and selects(spec, labels_of(node)) and not untolerated(node, spec)


def labels_of(node: Object) -> Mapping[str, str]:
    """The labels of a node."""
    labels: Mapping[str, str] = node["metadata"].get("labels") or {}
    return labels


def untolerated(node: Object, spec: Object) -> list[str]:
    """The taints of a node that keep a pod of this spec away, as ``kubectl taint`` writes them."""
    tolerations = spec.get("tolerations") or ()
    taints = [taint for taint in node["spec"].get("taints") or () if taint["effect"] in _KEEPING_AWAY]
    return [_written(taint) for taint in taints if not any(_tolerates(toleration, taint) for toleration in tolerations)]


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    return (toleration.get("key"), toleration.get("value") or "") == (taint["key"], taint.get("value") or "")


def _written(taint: Object) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"


def selects(spec: Object, labels: Mapping[str, str]) -> bool:
    """Whether a pod's node selector and its required node affinity want a node with these labels."""
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    terms = required["nodeSelectorTerms"] if required else [{}]
    wanted = (spec.get("nodeSelector") or {}).items() <= labels.items()
    return wanted and any(all(_holds(expression, labels) for expression in term.get("matchExpressions") or ()) for term in terms)


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or ()
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[expression["operator"]]


def distinct(specs: Sequence[Object]) -> list[Object]:
    """One spec of all that go to the same nodes."""
    keys = ("nodeSelector", "tolerations", "affinity")
    return list({repr([spec.get(key) for key in keys]): spec for spec in specs}.values())
