"""The objects below a construct, as they are written."""

import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any, Final

from cdk8s import ApiObject, App, Chart, YamlOutputType
from constructs import Construct
from ruamel.yaml import YAML

from mgmtcluster.constructs.parts.declared import constructs_in
from mgmtcluster.constructs.parts.objects import Manifest
from mgmtcluster.edges import scopes_of
from mgmtcluster.manifests import Object, name_of
from mgmtcluster.rules.scope import scope_of

#: A null that cdk8s writes; a text that says so is in quotes, unless it has several lines.
_NULL: Final = re.compile(r"^ *(- |[^#]*: )null$", re.MULTILINE)

_Key = tuple[str | None, ...]


def written(scope: Construct) -> list[tuple[ApiObject, Object]]:
    """Every object below an app or a chart with its manifest, those of nested charts included."""
    items = [item for item in constructs_in(scope) if isinstance(item, ApiObject)]
    manifests = [item.to_json() for item in items]
    if all(isinstance(item, Manifest) for item in items):
        return list(zip(items, manifests, strict=True))
    nulls = _with_nulls(scopes_of(scope)[0])
    is_namespaced = scope_of(manifests)
    return [
        (
            item,
            manifest
            if isinstance(item, Manifest)
            else _as_stored(item, nulls.get(_key(manifest), manifest), is_namespaced(manifest)),
        )
        for item, manifest in zip(items, manifests, strict=True)
    ]


def files_hold_one_object(scope: Construct, objects: Sequence[tuple[ApiObject, Object]]) -> Iterator[str]:
    """Where the app writes a file an object, no two objects have one file: cdk8s leaves their namespaces out of its name."""
    app = scopes_of(scope)[0]
    kind_of_output = app.yaml_output_type if isinstance(app, App) else None
    a_folder_a_chart = kind_of_output == YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE
    if kind_of_output != YamlOutputType.FILE_PER_RESOURCE and not a_folder_a_chart:
        return
    files: dict[tuple[str, ...], list[str]] = {}
    for item, manifest in objects:
        folder = Chart.of(item).node.path if a_folder_a_chart else ""
        files.setdefault((folder, manifest["kind"], manifest["metadata"]["name"]), []).append(name_of(manifest))
    for (_, kind, name), names in files.items():
        if len(names) > 1:
            yield f"{', '.join(names)}: would be one file, {kind}.{name}; write YamlOutputType.FILE_PER_CHART, or another name"


def _with_nulls(root: Any) -> Mapping[_Key, Object]:
    """The objects that are written with a null in them: Node.js does not hand nulls to Python."""
    if not isinstance(root, App):
        return {}
    try:
        documents = str(root.synth_yaml()).split("\n---\n")
    except RuntimeError:  # another validation fails; cdk8s tells of it
        return {}
    loader = YAML(typ="safe")
    parsed: Sequence[Object] = [loader.load(StringIO(text)) for text in documents if _NULL.search(text)]
    return {_key(manifest): manifest for manifest in parsed}


def _key(manifest: Object) -> _Key:
    metadata = manifest.get("metadata") or {}
    return manifest.get("apiVersion"), manifest["kind"], metadata.get("namespace"), metadata.get("name")


def _as_stored(item: ApiObject, manifest: Object, is_namespaced: bool | None) -> Object:
    """The manifest without its chart's namespace, which cdk8s adds to every kind, where its kind has none: a server drops it."""
    metadata = manifest.get("metadata") or {}
    if is_namespaced is not False or "namespace" not in metadata or metadata["namespace"] != Chart.of(item).namespace:
        return manifest
    return {**manifest, "metadata": {name: value for name, value in metadata.items() if name != "namespace"}}
