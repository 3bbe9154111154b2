"""kubectl, and waiting for what it shows."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

Json = dict[str, Any]
Done = subprocess.CompletedProcess[str]
T = TypeVar("T")

#: Long enough for a slow machine; nothing waits longer than it must.
DEADLINE = 300.0

#: To compute a patch from the API server's own schema takes kubectl a tenth of a second an object; it knows these kinds itself.
_KUBERC = {
    "apiVersion": "kubectl.config.k8s.io/v1beta1",
    "kind": "Preference",
    "defaults": [{"command": "apply", "options": [{"name": "openapi-patch", "default": "false"}]}],
}


class Kubectl:
    """A cluster, through kubectl.

    Args:
        folder: an empty folder for a command named kubectl that is the one given, and its preferences.
        command: what kubectl is. Default: what the environment's KUBECTL says.
        kubeconfig: names the cluster. Default: the environment's KUBECONFIG.
    """

    def __init__(self, folder: Path, *, command: Sequence[str] = (), kubeconfig: Path | None = None) -> None:
        file = folder / "kubectl"
        given = [*command] or shlex.split(os.environ.get("KUBECTL", "kubectl"))
        path = os.environ["PATH"]
        if given != ["kubectl"]:
            file.write_text(f'#!/bin/sh\nexec {shlex.join(given)} "$@"\n')
            file.chmod(0o755)
            path = f"{folder}:{path}"
        kuberc = folder / "kuberc"
        kuberc.write_text(yaml.safe_dump(_KUBERC))
        self.environment = {**os.environ, "PATH": path, "KUBERC": str(kuberc)}
        if kubeconfig:
            self.environment["KUBECONFIG"] = str(kubeconfig)

    def run(self, *args: str, stdin: str | None = None, timeout: float = 300) -> Done:
        """Run kubectl, whatever it ends with."""
        command = ["kubectl", *args]
        return subprocess.run(
            command, env=self.environment, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )

    def __call__(self, *args: str, stdin: str | None = None, timeout: float = 300) -> str:
        """Run kubectl, which must exit 0, and return what it printed."""
        done = self.run(*args, stdin=stdin, timeout=timeout)
        assert done.returncode == 0, f"kubectl {shlex.join(args)}: exit {done.returncode}\n{done.stderr}\n{done.stdout[-2000:]}"
        return done.stdout

    def items(self, *args: str) -> list[Json]:
        """The objects that `kubectl get` finds; none where there are none."""
        out = self("get", *args, "--output=json", "--ignore-not-found")
        if not out.strip():
            return []
        found: Json = json.loads(out)
        return list(found["items"]) if found["kind"] == "List" else [found]

    def item(self, *args: str) -> Json:
        """The one object that `kubectl get` finds."""
        [found] = self.items(*args)
        return found

    def apply(self, *objects: Json) -> None:
        """Apply objects that a test made. Namespaces come first; the others, once Kubernetes has filled these."""
        namespaces = [each for each in objects if each["kind"] == "Namespace"]
        if namespaces:
            self._apply(namespaces)
            self._until_filled([each["metadata"]["name"] for each in namespaces])
        others = [each for each in objects if each["kind"] != "Namespace"]
        if others:
            self._apply(others)

    def _apply(self, objects: list[Json]) -> None:
        self("apply", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def _until_filled(self, namespaces: list[str]) -> None:
        """Wait for what controllers make in namespaces: no pod is admitted before the ServiceAccount is there."""
        made = (("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt"))
        wanted = {(kind, namespace, name) for kind, name in made for namespace in namespaces}

        def missing() -> set[tuple[str, str, str]]:
            return wanted - {key(item) for item in self.items("serviceaccounts,configmaps", "--all-namespaces")}

        self.until("what Kubernetes makes in new namespaces", lambda: not missing(), missing=missing)

    def remove(self, *objects: Json) -> None:
        """Delete objects that a test made, if they are there."""
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        self("delete", "--ignore-not-found", "--filename=-", stdin=listed)

    def until(
        self, what: str, look: Callable[[], T | None], seconds: float = DEADLINE, missing: Callable[[], object] = lambda: ""
    ) -> T:
        """Look until there is something, and return it.

        Args:
            what: named by the failure when the time is over.
            look: returns something false as long as there is nothing.
            seconds: the deadline.
            missing: what the failure says of why there is nothing. Default: nothing.
        """
        deadline = time.monotonic() + seconds
        began = time.monotonic()
        while not (found := look()):
            looked = time.monotonic()
            assert looked < deadline, f"waited {seconds:.0f} s for {what} {missing()}\n{self._unfinished()}"
            # At least half of the time stays for what is waited for.
            time.sleep(max(0.5, looked - began))
            began = time.monotonic()
        return found

    def _unfinished(self) -> str:
        """Pods that do not run, and what was said of them last."""
        pods = self.run(
            "get", "pods", "--all-namespaces", "--field-selector=status.phase!=Running,status.phase!=Succeeded"
        ).stdout
        events = self.run("get", "events", "--all-namespaces", "--sort-by=.lastTimestamp").stdout.splitlines()[-15:]
        return "\n".join([pods, *events])


def documents(*files: Path) -> Iterator[Json]:
    """The objects in these files."""
    for file in files:
        yield from _parsed(file.read_text())


@lru_cache(maxsize=64)
def _parsed(text: str) -> list[Json]:
    return [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document]


def key(item: Mapping[str, Any]) -> tuple[str, str, str]:
    """Kind, namespace and name of an object."""
    return item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]


def condition(item: Mapping[str, Any], name: str) -> Json:
    """One of an object's conditions, empty where it has none of that name."""
    conditions: list[Json] = item.get("status", {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == name), {})


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a pod is Ready and stays."""
    return condition(pod, "Ready").get("status") == "True" and "deletionTimestamp" not in pod["metadata"]


def is_settled(item: Mapping[str, Any]) -> bool:
    """Whether a Deployment or StatefulSet has all its pods as asked for and available, or a Job is complete.

    Or a PodDisruptionBudget has seen that all its pods are Ready, which it does a moment after they are.
    """
    if item["kind"] == "Job":
        return condition(item, "Complete").get("status") == "True"
    status = item.get("status", {})
    current = status.get("observedGeneration") == item["metadata"]["generation"]
    if item["kind"] == "PodDisruptionBudget":
        return current and bool(0 < status["expectedPods"] == status["currentHealthy"])
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")]
    return current and counts == [item["spec"]["replicas"]] * 4
