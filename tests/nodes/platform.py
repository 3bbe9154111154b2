"""The platform on the nodes, and whether all is well with it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from mgmtcluster import catalog
from mgmtcluster.catalog import PlatformDatabase
from mgmtcluster.settings import Settings
from tests.rendering import render
from tests.rig.installation import Installation
from tests.rig.kube import Done, Json, is_ready
from tests.rig.workspace import ROOT, Workspace

from .command import ask, unready_members
from .machines import Machines

OURS = "--selector=app.kubernetes.io/part-of=mgmtcluster"
#: Long enough for everything to be well on a slow machine.
WELL_SECONDS = 600.0

#: Where a container without a port shows its peers, inside its pod.
_HIDDEN = "127.0.0.1:18080"

_CURL = ("curl", "--silent", "--max-time", "30")

#: Kills what is in the control group of a container.
_KILL = """
for file in $(grep -l "$1" /proc/[0-9]*/cgroup); do
  kill -9 "$(basename "$(dirname "$file")")"
done
"""


class Platform:
    """What is installed.

    Args:
        machines: the nodes to install it on.
        folder: an empty folder.
        settings: what it is rendered with. Default: it is the committed dist/.

    Attributes:
        machines: the nodes it is on.
        kubectl: their cluster.
        began: when dist/ was applied, by ``time.monotonic()``.
        installation: dist/, applied.
        workspace: a checkout in which the operator's commands are run; its dist/ is the one that is installed.
    """

    def __init__(self, machines: Machines, folder: Path, settings: Json | None = None) -> None:
        self.machines = machines
        self.kubectl = machines.kubectl
        self.workspace = Workspace(folder / "workspace", self.kubectl.environment)
        self.workspace.folder.mkdir()
        for name in ("app.py", "mgmtcluster", "Makefile", "requirements", ".venv"):
            (self.workspace.folder / name).symlink_to(ROOT / name)
        (self.workspace.folder / "settings.yaml").write_text(json.dumps(settings or {}))
        if settings:  # in this process, which renders more than once
            self.workspace.manifests.mkdir()
            rendered = map(json.dumps, render(settings).objects)
            (self.workspace.manifests / "platform.k8s.yaml").write_text("\n---\n".join(rendered))
        else:
            shutil.copytree(ROOT / "dist", self.workspace.manifests)
        self.began = time.monotonic()
        self.installation = Installation(self.kubectl, self.workspace.manifests)

    def pods(self, *selection: str) -> list[Json]:
        """The pods of ours; those of Jobs too."""
        return self.kubectl.items("pods", "--all-namespaces", *(selection or (OURS,)))

    def secrets(self) -> dict[str, Json]:
        """The data of the Secrets of ours, by namespace and name."""
        found = self.kubectl.items("secrets", "--all-namespaces", OURS)
        return {f"{each['metadata']['namespace']}/{each['metadata']['name']}": each["data"] for each in found}

    def members(self) -> dict[str, str | None]:
        """The pods of the StatefulSets, and the node that each is on."""
        found = self.pods()
        return {
            f"{pod['metadata']['namespace']}/{pod['metadata']['name']}": pod["spec"].get("nodeName")
            for pod in found
            if any(owner["kind"] == "StatefulSet" for owner in pod["metadata"].get("ownerReferences", ()))
        }

    def troubles(self) -> list[str]:
        """What is not as it should be, in words; empty where all is well."""
        waiting = ["/".join(name) for name in self.installation.unsettled()]
        if waiting:
            return waiting
        return self.wrong_peers()

    def settle(self) -> None:
        """Wait until `status --watch` says that all is well, which must be so, and every address then answers."""
        said = ask(self.machines, "status", "--watch", f"--timeout={WELL_SECONDS:.0f}")
        assert (said.code, said.found["whole"], unready_members(said)) == (0, True, {}), (said, self.troubles())
        assert self.installation.unsettled() == []
        self.reach_peers()

    def get_well(self) -> None:
        """Wait until everything is available or complete, and every address answers, whatever `status` says."""
        self.kubectl.until("all to be well", lambda: not self.troubles(), WELL_SECONDS, missing=self.troubles)

    def reach_peers(self, *selection: str) -> None:
        """Wait until every container of these pods reaches every address: one that asks all the time may have no answer once."""

        def wrong() -> list[str]:
            return self.wrong_peers(*selection)

        self.kubectl.until("every address to answer", lambda: not wrong(), missing=wrong)

    def wrong_peers(self, *selection: str) -> list[str]:
        """Every address that a container of these pods does not reach, and why."""
        return [
            f"{name}: {variable}: {each['said']}"
            for name, said in self.peers(*selection)
            for variable, each in said.items()
            if not each["ok"]
        ]

    def primary(self, database: PlatformDatabase) -> str:
        """The one member, as namespace and pod, that all services of this database say is the primary."""

        def one() -> str | None:
            found = self.primaries(database)
            return found.pop() if len(found) == 1 else None

        return self.kubectl.until("one primary", one, missing=lambda: self.primaries(database))

    def primaries(self, database: PlatformDatabase) -> set[str]:
        """The members, as namespace and pod, that services that reach this database say is the primary."""
        users = {service.database.env for service in catalog.ALL if service.database}
        said = [
            said[variable]["said"].removeprefix("primary ")
            for name, said in self.peers()
            for variable in users & {*said}
            if name.startswith(f"{database.namespace}/") and said[variable]["ok"]
        ]
        return {f"{database.namespace}/{host.partition('.')[0]}" for host in said}

    def peers(self, *selection: str) -> Iterator[tuple[str, Mapping[str, Json]]]:
        """What every container of a service says of each address in its environment.

        Each is asked from its own node, as its probes are, which no policy closes.
        """
        pods = [pod for pod in self.pods(*selection) if is_ready(pod)]
        for node in sorted({pod["spec"]["nodeName"] for pod in pods}):
            there = [(pod, each) for pod in pods if pod["spec"]["nodeName"] == node for each in services(pod)]
            urls = [
                f"http://{pod['status']['podIP']}:{each['ports'][0]['containerPort']}/peers"
                for pod, each in there
                if "ports" in each
            ]
            done = self.machines.attempt(node, *_CURL, "--write-out", "\\n", *urls)
            answers = iter(done.stdout.splitlines())
            for pod, each in there:
                name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}/{each['name']}"
                hidden = "ports" not in each
                text = (
                    self.exec(pod, *_CURL, f"http://{_HIDDEN}/peers", container=each["name"]).stdout if hidden else next(answers)
                )
                yield name, json.loads(text)["peers"] if text else {"/peers": {"ok": False, "said": "no answer"}}

    def kill(self, pod: Json, container: str | None = None) -> None:
        """Kill every process of a container with SIGKILL, from its node. Default: of the pod's first container."""
        where = container or pod["spec"]["containers"][0]["name"]
        [full] = [each["containerID"] for each in pod["status"]["containerStatuses"] if each["name"] == where]
        done = self.machines.attempt(pod["spec"]["nodeName"], "sh", "-ec", _KILL, "sh", full.rpartition("/")[2])
        assert done.returncode == 0, done.stderr

    def exec(self, pod: Json, *command: str, container: str | None = None) -> Done:
        """Run a command in a container of a pod. Default: its first."""
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        where = container or pod["spec"]["containers"][0]["name"]
        return self.kubectl.run("exec", f"--namespace={namespace}", name, f"--container={where}", "--", *command)


def restarts(pod: Json) -> int:
    """How often containers of a pod were started again."""
    status = pod["status"]
    each = (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
    return sum(container["restartCount"] for container in each)


def services(pod: Json) -> list[Json]:
    """The containers of a pod that are the platform's own services."""
    registry = Settings().image_registry
    return [each for each in pod["spec"]["containers"] if each["image"].startswith(f"{registry}/")]
