"""Patches of an object, or of the pods that it makes: honoured or refused, never lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from cdk8s import JsonPatch, Yaml
from ruamel.yaml import YAML

from mgmtcluster.kinds.errors import InvalidInput, shortened
from mgmtcluster.manifests import pod_template

#: The operations whose path leads to something that is there.
_OF_WHAT_IS_THERE: Final = ("remove", "replace", "test")

#: What no object is without.
_NEEDED: Final = ("apiVersion", "kind", "metadata")


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
        what = f"{'the pods of ' if self.of_pods else ''}{manifest['kind']} {manifest['metadata']['name']}"
        part: Any = pod_template(manifest) if self.of_pods else manifest
        try:
            patched = self._patched(part)
        except (ValueError, RuntimeError) as error:
            reason = str(error).partition("\n")[0]
            paths = "the pod template, such as /spec/priorityClassName" if self.of_pods else "the manifest as it is written"
            raise InvalidInput([f"{self.call}: does not fit {what} ({reason}); write paths of {paths}"]) from None
        if patched is not part:
            part.clear()
            part.update(patched)

    def _patched(self, part: Any) -> Any:
        if part is None:
            raise ValueError("an earlier patch took them away")
        for op in self.ops:
            part = _applied(part, op)
        gone = [] if self.of_pods else [name for name in _NEEDED if name not in part]
        if gone:
            raise ValueError(f"no object is without {gone[0]}")
        return part


def _applied(part: Any, op: JsonPatch) -> Any:
    """The part with one operation applied.

    cdk8s leaves out operations that RFC 6902 refuses, such as removing what is not there. It loses nulls.

    Raises:
        ValueError: it does not fit.
        RuntimeError: cdk8s refuses it.
    """
    # The one way by which cdk8s tells what an operation is.
    operation = YAML(typ="safe").load(StringIO(Yaml.stringify(op)))["operation"]
    kind, path = operation["op"], operation["path"]
    for place in (operation[name] for name in ("from", "path") if name in operation):
        if not place.startswith("/"):
            raise ValueError(f"{place!r} does not begin with a slash")
        *above, last = (step.replace("~1", "/").replace("~0", "~") for step in place.split("/")[1:])
        holder = part
        for step in above:
            holder = _child(holder, step, place)
        if kind in _OF_WHAT_IS_THERE or place != path:
            _child(holder, last, place)
        elif isinstance(holder, list) and last not in ("-", *map(str, range(len(holder) + 1))):
            raise ValueError(f"{place} is beyond the end of its list")
    if _holds_null(operation.get("value", "")):
        raise ValueError(f"the value at {path} is null, or holds one")
    return JsonPatch.apply(part, op)


def _child(holder: Any, step: str, place: str) -> Any:
    if isinstance(holder, Mapping) and step in holder:
        return holder[step]
    if isinstance(holder, list) and step in map(str, range(len(holder))):
        return holder[int(step)]
    raise ValueError(f"there is no {place}")


def _holds_null(value: Any) -> bool:
    values = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return value is None or any(map(_holds_null, values))
