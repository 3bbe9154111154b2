"""Manifests that are installed on a cluster, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.rig.kube import Done, Json, Kubectl, documents, is_settled, key

WORKLOADS = "deployments,statefulsets,jobs"
OURS = "--selector=app.kubernetes.io/part-of=mgmtcluster"
_WITH_UNITS = ("Deployment", "StatefulSet", "Job")


class Installation:
    """Manifests in a folder, and what became of them on the cluster.

    Attributes:
        folder: the manifests.
        applied: the first apply.
    """

    def __init__(self, kubectl: Kubectl, folder: Path, *how: str) -> None:
        self._kubectl = kubectl
        self.folder = folder
        self.applied = self.apply(*how)

    def apply(self, *how: str) -> Done:
        """Apply the folder as an operator does."""
        return self._kubectl.run("apply", *how, f"--filename={self.folder}")

    @property
    def files(self) -> list[Path]:
        """The files, in the order that kubectl applies them."""
        return sorted(self.folder.glob("*.yaml"))

    def objects(self, *files: Path) -> dict[tuple[str, str, str], Json]:
        """The live objects of these files, or of all of them."""
        wanted = {key(each) for each in documents(*(files or self.files))}
        kinds = ",".join(sorted({kind for kind, _, _ in wanted}))
        live = {key(item): item for item in self._kubectl.items(kinds, "--all-namespaces", OURS)}
        return {name: item for name, item in live.items() if name in wanted}

    def generations(self) -> dict[tuple[str, str, str], object]:
        """The generation of every object, which moves with what is asked for.

        Of a PodDisruptionBudget the resource version: kubectl calls it configured whenever it is applied.
        """
        return {
            name: item["metadata"]["resourceVersion" if name[0] == "PodDisruptionBudget" else "generation"]
            for name, item in self.objects().items()
            if "generation" in item["metadata"] or name[0] == "PodDisruptionBudget"
        }

    def strayed(self) -> list[tuple[str, str, str]]:
        """What is missing, or differs from its manifest in a field that stands there."""
        live = self.objects()
        return sorted(key(each) for each in documents(*self.files) if not _is_within(each, live.get(key(each))))

    def unsettled(self, *files: Path) -> list[tuple[str, str, str]]:
        """What of these files, or of all of them, is missing, not available yet or not complete."""
        return self._unsettled(_WITH_UNITS, files)

    def settle(self, *files: Path) -> None:
        """Wait until everything of these files, or of all of them, is available or complete, and budgets have seen it."""

        def unsettled() -> list[tuple[str, str, str]]:
            return self._unsettled((*_WITH_UNITS, "PodDisruptionBudget"), files)

        self._kubectl.until("Deployments, StatefulSets and Jobs to be well", lambda: not unsettled(), missing=unsettled)

    def _unsettled(self, kinds: Sequence[str], files: Sequence[Path]) -> list[tuple[str, str, str]]:
        wanted = {key(each) for each in documents(*(files or self.files)) if each["kind"] in kinds}
        live = {key(item): item for item in self._kubectl.items(",".join(kinds), "--all-namespaces")}
        return sorted(name for name in wanted if name not in live or not is_settled(live[name]))

    def claims(self) -> dict[str, str]:
        """Every claim and the volume it is bound to."""
        claims = self._kubectl.items("persistentvolumeclaims", "--all-namespaces")
        return {
            f"{item['metadata']['namespace']}/{item['metadata']['name']}": item["spec"].get("volumeName", "") for item in claims
        }

    def volumes_become(self, phase: str, *volumes: str) -> None:
        """Wait until a controller has seen what became of the claims of these volumes."""

        def others() -> dict[str, str]:
            phases = {item["metadata"]["name"]: item["status"]["phase"] for item in self._kubectl.items("pv")}
            return {name: phases.get(name, "not there") for name in volumes if phases.get(name) != phase}

        self._kubectl.until(f"volumes to be {phase}", lambda: not others(), missing=others)


def _is_within(written: object, stored: object) -> bool:
    """Whether what is stored holds everything that is written, in mappings at any depth."""
    if isinstance(written, dict):
        return isinstance(stored, dict) and all(_is_within(value, stored.get(name)) for name, value in written.items())
    if isinstance(written, list):
        return isinstance(stored, list) and len(written) == len(stored) and all(map(_is_within, written, stored))
    return written == stored
