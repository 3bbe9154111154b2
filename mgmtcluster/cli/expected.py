"""What should be on the cluster, as the settings say."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from mgmtcluster.charts.phases import PART_OF
from mgmtcluster.cli.rendering import rendering_of
from mgmtcluster.cli.resources import Kind
from mgmtcluster.edges import Edge
from mgmtcluster.manifests import Object, pod_template
from mgmtcluster.settings import DEFAULT_FILE, SETTINGS_ENV, Settings

#: The label that all objects of the platform have, and nobody else's.
OURS: Final = f"app.kubernetes.io/part-of={PART_OF}"


@dataclass(frozen=True)
class Expected:
    """The platform as the settings make it.

    Attributes:
        settings: what differs for this cluster.
        phases: the objects of every phase by its id, in install order.
        edges: who talks to whom.
    """

    settings: Settings
    phases: Mapping[str, Sequence[Object]]
    edges: Sequence[Edge] = ()

    @property
    def objects(self) -> tuple[Object, ...]:
        """All objects, in install order."""
        return tuple(manifest for phase in self.phases.values() for manifest in phase)

    def of_kind(self, *kinds: str) -> Iterator[Object]:
        """The objects of these kinds."""
        return (manifest for manifest in self.objects if manifest["kind"] in kinds)

    @property
    def templates(self) -> tuple[tuple[Object, Object], ...]:
        """Every object that makes pods, with what they are made from."""
        pairs = ((manifest, pod_template(manifest)) for manifest in self.objects)
        return tuple((manifest, template) for manifest, template in pairs if template)

    def only(self, *kinds: str) -> "Expected":
        """The same without objects of other kinds."""
        phases = {
            phase: [manifest for manifest in objects if manifest["kind"] in kinds] for phase, objects in self.phases.items()
        }
        return replace(self, phases=phases)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The platform's namespaces."""
        return tuple(manifest["metadata"]["name"] for manifest in self.of_kind("Namespace"))

    @property
    def kinds(self) -> tuple[tuple[Kind, str | None], ...]:
        """Every kind of objects with the namespaces that it is in; None for objects without a namespace."""
        pairs = ((Kind.of(manifest), manifest["metadata"].get("namespace")) for manifest in self.objects)
        return tuple(dict.fromkeys(pairs))


def load(file: str | None, *, cached: bool = True) -> Expected:
    """Render what this settings file asks for; where none is named and none is there, what the defaults ask for.

    Args:
        file: path of the settings.
        cached: whether what an earlier run rendered of the same settings will do.

    Raises:
        InvalidInput: the settings cannot be used.
    """
    settings = _settings(file)
    rendering = rendering_of(settings, cached=cached)
    return Expected(settings, rendering.phases, rendering.edges)


def _settings(file: str | None) -> Settings:
    named = file or os.environ.get(SETTINGS_ENV)
    return Settings.load(file) if named or Path(DEFAULT_FILE).exists() else Settings()
