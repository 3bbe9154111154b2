"""The platform as the settings make it, rendered as ``dist/`` is: once for each version and settings, then read from the cache.

Only a rendering imports cdk8s, and starts Node.js with it.
"""

import hashlib
import platform
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from mgmtcluster.cli import cache
from mgmtcluster.edges import Edge
from mgmtcluster.settings import Settings

#: What a rendering depends on beside this package and the settings.
_LIBRARIES: Final = ("cdk8s", "cdk8s-plus-27", "constructs", "jsii", "pydantic", "pyyaml", "ruamel.yaml")


@dataclass(frozen=True)
class Rendering:
    """Everything that is rendered of the platform.

    Attributes:
        phases: the objects of every phase by its id, in install order.
        edges: who talks to whom.
    """

    phases: dict[str, list[dict[str, Any]]]
    edges: list[Edge]


_RENDERING: Final = TypeAdapter(Rendering)


def rendering_of(settings: Settings, *, cached: bool) -> Rendering:
    """Render the platform, or read what an earlier run rendered of the same.

    Args:
        settings: what differs for this cluster.
        cached: whether the cache is read and written.
    """
    if not cached:
        return _render(settings)
    name = _name(settings)
    content = cache.read(name)
    if content is not None:
        try:
            return _RENDERING.validate_json(content, strict=True)
        except ValidationError:
            pass  # as good as none
    made = _render(settings)
    cache.write(name, _RENDERING.dump_json(made))
    return made


def _name(settings: Settings) -> str:
    """A hash of everything that a rendering depends on."""
    digest = hashlib.sha256()
    package = Path(str(files("mgmtcluster")))
    for file in sorted(path for path in package.rglob("*") if path.is_file() and path.parent.name != "__pycache__"):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(package)} {len(content)}\n".encode() + content)
    versions = [f"{library} {version(library)}" for library in _LIBRARIES]
    digest.update("\n".join([platform.python_version(), *versions, settings.model_dump_json()]).encode())
    return digest.hexdigest()


def _render(settings: Settings) -> Rendering:
    import yaml
    from cdk8s import App, YamlOutputType

    from mgmtcluster.cluster import ManagementCluster
    from mgmtcluster.constructs.parts.declared import edges_of

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # As files: each chart that is asked for its JSON checks the whole app anew, which would take longer than all else here.
    with TemporaryDirectory() as folder:
        app = App(outdir=folder, yaml_output_type=YamlOutputType.FILE_PER_CHART)
        ManagementCluster(app, settings=settings)
        app.synth()
        written = sorted(Path(folder).iterdir())
        phases = {file.name.partition(".")[0]: list(yaml.load_all(file.read_bytes(), loader)) for file in written}
    return Rendering(phases, edges_of(app))
