"""Amounts of resources, and their sums."""

from collections.abc import Iterable, Mapping
from typing import Literal

from kubernetes.utils.quantity import parse_quantity

from mgmtcluster.manifests import Object

#: A resource to its amount, as Kubernetes writes it, or as a number.
Amounts = Mapping[str, str | float]


def of_pod(spec: Object, what: Literal["requests", "limits"]) -> dict[str, float]:
    """What counts for a pod: its containers together, or one that runs before them, if that has more."""
    before = spec.get("initContainers") or ()
    beside = [container for container in before if container.get("restartPolicy") == "Always"]
    together = summed(_of_container(container, what) for container in (*spec["containers"], *beside))
    for container in before:
        for resource, amount in summed([_of_container(container, what)]).items():
            together[resource] = max(together.get(resource, 0), amount)
    return together


def _of_container(container: Object, what: str) -> Amounts:
    amounts: Amounts = (container.get("resources") or {}).get(what) or {}
    return amounts


def summed(parts: Iterable[Amounts]) -> dict[str, float]:
    """The sum of each resource."""
    total: dict[str, float] = {}
    for part in parts:
        for resource, amount in part.items():
            total[resource] = total.get(resource, 0) + amount_of(amount)
    return total


def amount_of(quantity: str | float) -> float:
    """The number that a quantity stands for."""
    return float(parse_quantity(quantity))  # type: ignore[no-untyped-call]
