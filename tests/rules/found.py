"""What the rules say of manifests and of apps, and objects for them to judge."""

from collections.abc import Sequence
from typing import Any

from cdk8s import ApiObject, ApiObjectMetadata, App, JsonPatch
from constructs import Construct

from mgmtcluster import rules
from mgmtcluster.testing import Manifest


def problems(objects: Sequence[Manifest]) -> list[str]:
    """What the general rules find."""
    return rules.check(objects, rules.general())


def found_in(app: App) -> list[str]:
    """What the enforced rules of an app say, without the paths that cdk8s puts before it."""
    try:
        app.synth_yaml()
    except RuntimeError as error:
        return [line.partition("] ")[2] for line in str(error).splitlines() if line.startswith("  [")]
    return []


def declare(scope: Construct, kind: str, name: str, *, api_version: str = "v1", **fields: Any) -> ApiObject:
    """An object of somebody else's."""
    declared = ApiObject(scope, f"{kind}-{name}", api_version=api_version, kind=kind, metadata=ApiObjectMetadata(name=name))
    for field, value in fields.items():
        declared.add_json_patch(JsonPatch.add(f"/{field}", value))
    return declared
