"""Kubernetes objects: written in the types of cdk8s-plus-27, turned into mappings in Python, handed to cdk8s once."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import jsii
from cdk8s import ApiObject, ApiObjectMetadata, JsonPatch
from cdk8s_plus_27 import k8s
from constructs import Construct, IValidation

from mgmtcluster.constructs.parts.patches import Patch
from mgmtcluster.constructs.parts.synthesis import once_a_synth
from mgmtcluster.constructs.parts.typed import as_mapping, kind_of, number, quantity, unwrapped
from mgmtcluster.edges import place
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.manifests import pod_template
from mgmtcluster.nodejs import asking

asking.install()

__all__ = ["Json", "Manifest", "as_mapping", "content_hash", "k8s", "number", "quantity", "sorted_json"]

Json = dict[str, Any]


class Manifest(ApiObject):
    """An object whose manifest is made in Python.

    It is completed when the app is synthesized, since only then every edge is known, and patched after that.

    Args:
        props: what cdk8s-plus-27 takes for its kind, such as ``k8s.KubeDeploymentProps(…)``; for a kind it does not know, the
            manifest itself, with ``metadata`` as ``k8s.ObjectMeta``.
        complete: gets the manifest at synth and returns the one to write. Default: as it is.
        hashed: the field whose content the name ends in a hash of, as that of a Job must. Default: the name is as it is.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        props: Any,
        *,
        complete: Callable[[Json], Json] = lambda manifest: manifest,
        hashed: Callable[[Json], Any] | None = None,
    ) -> None:
        manifest = as_mapping(props)
        self._is_custom = isinstance(props, Mapping)
        if not self._is_custom:
            manifest = {**kind_of(type(props)), **manifest}
        self._manifest: Json = manifest
        self._complete = complete
        self._hashed = hashed
        self._patches: list[Patch] = []
        self._metadata_was_touched = False
        names = ApiObjectMetadata(name=manifest["metadata"]["name"], namespace=manifest["metadata"].get("namespace"))
        with asking.without_mistake():
            super().__init__(scope, id, api_version=manifest["apiVersion"], kind=manifest["kind"], metadata=names)
        place(self, scope)

    def __getattribute__(self, name: str) -> Any:
        # A property of its own would be called back by Node.js for each object; most are never asked for their metadata.
        asked = super().__getattribute__(name)
        if name == "metadata" and not self._metadata_was_touched:
            self._metadata_was_touched = True
            ours = self._manifest["metadata"]
            for label, value in ours.get("labels", {}).items():
                asked.add_label(label, value)
            for annotation, value in ours.get("annotations", {}).items():
                asked.add_annotation(annotation, value)
        return asked

    @property
    def written_kind(self) -> str:
        """Its kind, without a call to Node.js."""
        return str(self._manifest["kind"])

    def add_json_patch(self, *ops: JsonPatch) -> None:
        """Patch the manifest as it is written: it is completed first, patched then, and named last.

        Raises:
            InvalidInput: what is passed is no patch.
        """
        with self._told_with_path():
            self._add_patch(Patch(ops))

    def patch_pod(self, *ops: JsonPatch) -> None:
        """Patch the pods that it makes: paths begin at its pod template, as ``/spec/priorityClassName`` does.

        Raises:
            InvalidInput: what is passed is no patch, or the object makes no pods.
        """
        with self._told_with_path():
            if pod_template(self._manifest) is None:
                raise InvalidInput([f"patch_pod: {self.written_kind} makes no pods; write add_json_patch(…)"])
            self._add_patch(Patch(ops, of_pods=True))

    def _add_patch(self, patch: Patch) -> None:
        if not self._patches:
            self.node.add_validation(_Patched(self))
        self._patches.append(patch)

    @contextmanager
    def _told_with_path(self) -> Iterator[None]:
        try:
            yield
        except InvalidInput as error:
            path = self.node.path
            raise InvalidInput(f"{path}: {problem}" for problem in error.problems) from None

    def to_json(self) -> Any:
        """The manifest as it is written, rendered once in a synth.

        Raises:
            InvalidInput: a patch does not fit.
        """
        return _written(self)

    def _write(self) -> Json:
        manifest = self._complete(json.loads(json.dumps(self._manifest)))
        if self._metadata_was_touched:
            manifest["metadata"] = self._touched_metadata(manifest["metadata"])
        if self._patches:
            manifest = self._patched(manifest)
        if self._hashed:
            manifest["metadata"]["name"] += f"-{content_hash(self._hashed(manifest))}"
        written = sorted_json(manifest)
        return {key: written[key] for key in ("apiVersion", "kind", "metadata")} | written

    def _touched_metadata(self, ours: Json) -> Json:
        """What somebody else has added or changed, over ours."""
        theirs: Json = super().to_json()["metadata"]
        # cdk8s gives the chart's namespace to every object, whatever its kind.
        theirs.pop("namespace", None)
        return theirs | {key: ours[key] for key in ("name", "namespace") if key in ours}

    def _patched(self, manifest: Json) -> Json:
        with self._told_with_path():
            for patch in self._patches:
                patch.apply(manifest)
        return manifest if self._is_custom else unwrapped(manifest)


@once_a_synth
def _written(manifest: Manifest) -> Json:
    return manifest._write()


@jsii.implements(IValidation)
class _Patched:
    """What is wrong with the patches of an object, as cdk8s asks."""

    def __init__(self, patched: Manifest) -> None:
        self._patched = patched

    def validate(self) -> list[str]:
        try:
            self._patched.to_json()
        except InvalidInput as error:
            return list(error.problems)
        return []


def sorted_json(manifest: Json) -> Json:
    """The same JSON with the keys of every mapping in order, as cdk8s writes them."""
    written: Json = json.loads(json.dumps(manifest, sort_keys=True))
    return written


def content_hash(content: Any) -> str:
    """Eight hexadecimal digits that change whenever this JSON does."""
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]
