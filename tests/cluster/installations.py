"""What is installed on the cluster: one thing at a time."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from tests.rendering import render
from tests.rig.installation import OURS, WORKLOADS, Installation
from tests.rig.kube import Json, Kubectl, condition, documents, is_ready, key
from tests.rig.workspace import ROOT, Workspace

from .nodes import Nodes


class Installations:
    """Brings the cluster to one of a few states, from whichever it is in.

    Attributes:
        workspace: where the settings of the databases are.
        while_a_node_short: the members of metrics-db while only two nodes had its label.
    """

    def __init__(self, kubectl: Kubectl, nodes: Nodes, folder: Path) -> None:
        self._kubectl = kubectl
        self._nodes = nodes
        self._folder = folder
        self._there: tuple[str, Installation] | None = None
        self.workspace = Workspace(folder / "workspace", kubectl.environment)
        self.while_a_node_short: list[Json] = []

    def platform(self, *how: str) -> Installation:
        """The committed dist/ on three nodes labelled for both databases, applied in this way; it has settled once."""
        name = " ".join(["platform", *how])
        if self._there and self._there[0] == name:
            return self._there[1]
        self.clear()
        both = ("registry=yes", "metrics-db=yes")
        self._nodes.only(node_1=both, node_2=both, node_3=both)
        # A copy: the tests of one run see the same manifests, whatever is written meanwhile.
        folder = self._folder / "dist"
        if not folder.exists():
            shutil.copytree(ROOT / "dist", folder)
        installation = self._keep(name, folder, *how)
        assert installation.applied.returncode == 0, installation.applied.stderr
        installation.settle()
        return installation

    def rendered(self, name: str, settings: Json, *, taint: str = "") -> Installation:
        """The platform with these settings, on three nodes labelled for both databases.

        Args:
            name: a name that no other has.
            settings: the settings.
            taint: a taint that all nodes get. Default: none.
        """
        self.clear()
        both = ("registry=yes", "metrics-db=yes")
        self._nodes.only(node_1=both, node_2=both, node_3=both)
        if taint:
            self._kubectl("taint", "nodes", "node-1", "node-2", "node-3", taint)
        folder = self._folder / name
        folder.mkdir()
        objects = render(settings).objects
        files = {"00-platform": [each for each in objects if "namespace" not in each["metadata"]]}
        files["10-everything"] = [each for each in objects if "namespace" in each["metadata"]]
        for file, content in files.items():
            (folder / f"{file}.k8s.yaml").write_text(yaml.safe_dump_all(content))
        return self._keep(name, folder)

    def databases(self) -> Installation:
        """The databases and no service, from a workspace; metrics-db was one node short at first."""
        if self._there and self._there[0] == "databases":
            return self._there[1]
        self.clear()
        both = ("registry=yes", "metrics-db=yes")
        self._nodes.only(node_1=both, node_2=both, node_3=("registry=yes",))
        self.workspace.fill()
        installation = self._keep("databases", self.workspace.manifests)
        self.while_a_node_short = self._kubectl.until("a member that finds no node", self._members_a_node_short)
        self._nodes.add("node-3", *both)
        installation.settle()
        return installation

    def give_back(self) -> None:
        """Wait until the platform is as it was when it had settled, where it is installed, without a pod that goes."""
        if not self._there or self._there[0] == "databases":
            return
        installation = self._there[1]
        installation.settle()
        assert installation.strayed() == []
        namespaces = {item["metadata"]["name"] for item in documents(*installation.files) if item["kind"] == "Namespace"}

        def others() -> list[tuple[str, str, str]]:
            pods = self._kubectl.items("pods", "--all-namespaces")
            return [key(pod) for pod in pods if pod["metadata"]["namespace"] in namespaces and not _stays(pod)]

        self._kubectl.until("pods that do not stay to be gone", lambda: not others(), missing=others)

    def _members_a_node_short(self) -> list[Json]:
        """The members of metrics-db, once two are Ready and the scheduler has told why the third is not."""
        pods = self._kubectl.items("pods", "--namespace=metrics-system", "--selector=app.kubernetes.io/name=metrics-db")
        told = [pod for pod in pods if condition(pod, "PodScheduled").get("status") == "False"]
        return pods if len(told) == 1 and len([pod for pod in pods if is_ready(pod)]) == 2 else []

    def _keep(self, name: str, folder: Path, *how: str) -> Installation:
        installation = Installation(self._kubectl, folder, *how)
        self._there = name, installation
        return installation

    def clear(self) -> None:
        """Remove what is installed, volumes too; pods first, because a namespace waits long for them."""
        if not self._there:
            return
        platform = self._there[1].folder / "00-platform.k8s.yaml"
        self._there = None
        self._kubectl("delete", WORKLOADS, "--all-namespaces", OURS, "--wait=false")
        self._kubectl("delete", "pods", "--all-namespaces", OURS)
        namespaces = {item["metadata"]["name"] for item in documents(platform) if item["kind"] == "Namespace"}
        self._kubectl("delete", "--ignore-not-found", f"--filename={platform}")
        volumes = self._kubectl.items("persistentvolumes")
        ours = [item["metadata"]["name"] for item in volumes if item["spec"]["claimRef"]["namespace"] in namespaces]
        if ours:
            self._kubectl("delete", "persistentvolume", *ours)


def _stays(pod: Json) -> bool:
    """Whether a pod is the platform's, and is Ready or has done its work."""
    labels = pod["metadata"].get("labels", {})
    done = pod["status"]["phase"] == "Succeeded" and "deletionTimestamp" not in pod["metadata"]
    return labels.get("app.kubernetes.io/part-of") == "mgmtcluster" and (is_ready(pod) or done)
