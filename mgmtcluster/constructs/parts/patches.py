"""Patches of an object, or of the pods that it makes: honoured or refused, never lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdk8s import JsonPatch

from mgmtcluster.kinds.errors import InvalidInput, shortened
from mgmtcluster.manifests import pod_template


@dataclass(frozen=True)
class Patch:
    """Operations on a manifest.

    Args:
        ops: the operations.
        of_pods: their paths begin at the pod template, not at the manifest.
    """

    ops: Sequence[JsonPatch]
    of_pods: bool = False

    def __post_init__(self) -> None:
        wrong = [op for op in self.ops if not isinstance(op, JsonPatch)]
        if wrong:
            raise InvalidInput(f"{self.call}: expected JsonPatch, got {shortened(op)}; write JsonPatch.add(…)" for op in wrong)

    @property
    def call(self) -> str:
        """How it is called in errors."""
        return "patch_pod" if self.of_pods else "JsonPatch"

    def apply(self, manifest: dict[str, Any]) -> None:
        """Change the manifest.

        Raises:
            InvalidInput: an operation does not fit.
        """
        paths = "the pod template, such as /spec/priorityClassName" if self.of_pods else "the manifest as it is written"
        part: Any = pod_template(manifest) if self.of_pods else manifest
        reason = "an earlier patch took them away"
        try:
            patched = None if part is None else JsonPatch.apply(part, *self.ops)
        except RuntimeError as error:
            patched, reason = None, str(error).partition("\n")[0]
        if patched is None:
            what = f"{'the pods of ' if self.of_pods else ''}{manifest['kind']} {manifest['metadata']['name']}"
            raise InvalidInput([f"{self.call}: does not fit {what} ({reason}); write paths of {paths}"])
        part.clear()
        part.update(patched)
