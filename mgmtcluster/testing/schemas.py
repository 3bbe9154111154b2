"""Manifests against the schemas of a Kubernetes version."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import kubernetes_validate  # type: ignore[import-untyped]
from kubernetes_validate.utils import all_versions, major_minor  # type: ignore[import-untyped]

from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.manifests import GROUPS, group_of, name_of, pod_template
from mgmtcluster.testing.manifests import Manifest


def assert_admitted(manifests: Sequence[Manifest], *, version: str | None = None) -> None:
    """Assert that the API server of a Kubernetes version knows every kind and every field, and each has a value of its type.

    This is what the version's schemas say. Only a server checks ranges, names and objects together. Of kinds that come with
    a CustomResourceDefinition there is no schema: they are passed over.

    Args:
        manifests: the objects.
        version: such as ``1.30``. Default: the newest that the installed kubernetes-validate knows.

    Raises:
        AssertionError: a line for each object that is not admitted.
        InvalidInput: there are no schemas of that version.
    """
    known = list(dict.fromkeys(major_minor(each) for each in all_versions()))
    wanted = version or known[-1]
    if wanted not in known:
        raise InvalidInput([f"assert_admitted: version: {version!r} has no schemas here; write one of {', '.join(known)}"])
    problems = [problem for manifest in manifests for problem in _problems(manifest, wanted)]
    if problems:
        raise AssertionError("\n".join(problems))


#: The version whose schemas have ``restartPolicy`` of an init container, and whose server leaves it out without a word.
_LEAVES_OUT_RESTART_POLICY: Final = "1.28"


def _problems(manifest: Manifest, version: str) -> Iterator[str]:
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except kubernetes_validate.ValidationError as caught:
        error: Any = caught
        path = ".".join(str(part) for part in error.path)
        yield f"{name_of(manifest)}: {path or 'the object'}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError:
        if group_of(manifest) in GROUPS:
            yield f"{name_of(manifest)}: Kubernetes {version} has no {manifest['kind']} of {manifest['apiVersion']}"
    else:
        yield from _left_out(manifest) if version == _LEAVES_OUT_RESTART_POLICY else ()


def _left_out(manifest: Manifest) -> Iterator[str]:
    pod: Any = (pod_template(manifest) or {}).get("spec") or {}
    for container in pod.get("initContainers") or ():
        if "restartPolicy" in container:
            yield (
                f"{name_of(manifest)}: init container {container['name']}: restartPolicy: a server of 1.28 leaves it out, "
                "so the pod would wait for the container for ever"
            )
