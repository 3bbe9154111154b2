"""What should be on the cluster: rendered from the settings, as ``dist/`` is."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import yaml
from cdk8s import App, YamlOutputType

from mgmtcluster.charts.phases import PART_OF
from mgmtcluster.cli.api import Kind
from mgmtcluster.cluster import ManagementCluster
from mgmtcluster.manifests import Object
from mgmtcluster.settings import DEFAULT_FILE, SETTINGS_ENV, Settings

#: What all objects of the platform are labelled with, and nobody else's.
OURS: Final = f"app.kubernetes.io/part-of={PART_OF}"

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Expected:
    """The platform as the settings make it.

    Attributes:
        settings: what differs for this cluster.
        phases: the objects of each phase by its id, in install order.
    """

    settings: Settings
    phases: Mapping[str, Sequence[Object]]

    @property
    def objects(self) -> tuple[Object, ...]:
        """All objects, in install order."""
        return tuple(each for phase in self.phases.values() for each in phase)

    def of_kind(self, *kinds: str) -> Iterator[Object]:
        """The objects of these kinds."""
        return (each for each in self.objects if each["kind"] in kinds)

    def only(self, *kinds: str) -> "Expected":
        """As if there were no objects of other kinds."""
        phases = {name: [each for each in objects if each["kind"] in kinds] for name, objects in self.phases.items()}
        return Expected(self.settings, phases)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The platform's namespaces."""
        return tuple(each["metadata"]["name"] for each in self.of_kind("Namespace"))

    @property
    def kinds(self) -> tuple[tuple[Kind, str | None], ...]:
        """Every kind of objects, and the namespace they are in, where they are in one."""
        return tuple(dict.fromkeys((Kind.of(each), each["metadata"].get("namespace")) for each in self.objects))


def load(file: str | None) -> Expected:
    """Render what this settings file asks for; where none is named and none is there, what the defaults do.

    Raises:
        InvalidInput: the settings cannot be used.
    """
    settings = settings_of(file)
    # As files: each chart that is asked for its JSON checks the whole app anew, which would take longer than all else here.
    with TemporaryDirectory() as folder:
        app = App(outdir=folder, yaml_output_type=YamlOutputType.FILE_PER_CHART)
        ManagementCluster(app, settings=settings)
        app.synth()
        files = sorted(Path(folder).iterdir())
        phases = {file.name.partition(".")[0]: tuple(yaml.load_all(file.read_bytes(), _LOADER)) for file in files}
    return Expected(settings, phases)


def settings_of(file: str | None) -> Settings:
    """The settings in this file; where none is named and none is there, all defaults.

    Raises:
        InvalidInput: the settings cannot be used.
    """
    named = file or os.environ.get(SETTINGS_ENV)
    return Settings.load(file) if named or Path(DEFAULT_FILE).exists() else Settings()
