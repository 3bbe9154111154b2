"""Nodes that a test makes: for API servers where KWOK plays the kubelet of every node with its annotation."""

from __future__ import annotations

import time

import pytest

from tests.rig.kube import Json, Kubectl, condition

_SIZE = {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "100Gi", "pods": "110"}
_PATIENCE_SECONDS = 120.0
_REFUSAL = "needs nodes of its own, and this cluster does not play the kubelet of a Node that is only applied (KWOK would)"


class Nodes:
    """The nodes of the tests; all others are cordoned meanwhile.

    Each is as large as the smallest node the platform is meant for: 4 CPUs, 8 GiB, of which the system takes a part.
    """

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self._added: set[str] = set()
        self._cordoned: list[str] = []

    def start(self) -> None:
        """Cordon the nodes that are there, and skip the test where no node can be made."""
        there = [node for node in self._kubectl.items("nodes") if not node["spec"].get("unschedulable")]
        self._cordoned = [node["metadata"]["name"] for node in there]
        if self._cordoned:
            self._kubectl("cordon", *self._cordoned)
        self._apply("node-1")
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._is_ready("node-1"):
            if time.monotonic() > deadline:
                self.stop()
                pytest.skip(_REFUSAL)
            time.sleep(0.3)

    def stop(self) -> None:
        """Remove what was made, and uncordon the others."""
        self.remove(*self._added)
        if self._cordoned:
            self._kubectl("uncordon", *self._cordoned)

    def add(self, name: str, *labels: str, capacity: Json | None = None) -> None:
        """Make a node, with this capacity if one is given, or give one these labels and no other; it is Ready then."""
        self._apply(name, *labels, capacity=capacity)
        self._kubectl.until(f"{name} to be Ready", lambda: self._is_ready(name))

    def _apply(self, name: str, *labels: str, capacity: Json | None = None) -> None:
        self._added.add(name)
        self._kubectl.apply(_node(name, dict(label.split("=") for label in labels), capacity or _SIZE))

    def remove(self, *names: str) -> None:
        """Take nodes away, as when a machine is gone for good."""
        if names:
            self._kubectl("delete", "node", "--ignore-not-found", *sorted(names))
        self._added -= {*names}

    def only(self, **labels: tuple[str, ...]) -> None:
        """Have exactly these nodes, with these labels."""
        self.remove(*(self._added - {name.replace("_", "-") for name in labels}))
        for name, given in labels.items():
            self.add(name.replace("_", "-"), *given)

    def _is_ready(self, name: str) -> bool:
        node = self._kubectl.item("node", name)
        taints = {taint["key"] for taint in node["spec"].get("taints") or ()}
        # A controller takes the taint away a moment after the node is Ready.
        return condition(node, "Ready").get("status") == "True" and "node.kubernetes.io/not-ready" not in taints


def _node(name: str, labels: dict[str, str], capacity: Json) -> Json:
    known = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    zone = {"topology.kubernetes.io/zone": name.replace("node", "zone")}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {**known, **zone, **labels},
            "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "status": {"allocatable": {**_SIZE, "memory": "7400Mi"}, "capacity": capacity},
    }
