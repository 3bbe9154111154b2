"""The JSON Schema of a settings file, with which editors complete and check it: ``python -m mgmtcluster.settings.schema``."""

import json
from collections.abc import Sequence
from typing import Any

from mgmtcluster import catalog
from mgmtcluster.settings import Settings
from mgmtcluster.settings.across import image_names


def json_schema(services: Sequence[catalog.Service] = catalog.ALL) -> dict[str, Any]:
    """The JSON Schema of a settings file that may speak of these services."""
    schema = Settings.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["services"]["propertyNames"] = {"enum": [service.name for service in services]}
    schema["properties"]["images"]["propertyNames"] = {"enum": sorted(image_names(services))}
    return schema


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2))
