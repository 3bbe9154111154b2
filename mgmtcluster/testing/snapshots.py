"""Golden files: the YAML of a scenario beside its test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syrupy.data import Snapshot, SnapshotCollection, SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from mgmtcluster.kinds.errors import InvalidInput, shortened
from mgmtcluster.rules.objects import no_nulls
from mgmtcluster.testing.rendering import as_yaml


class YamlBeside(SingleFileSnapshotExtension):
    """``test_app.test_models.yaml`` beside ``test_app.py``; ``test_app.yaml`` for a test of the file's own name.

    It holds the manifests as they would stand in ``dist/``. What a run no longer writes it finds by these names alone, so that
    no other YAML file of the folder is taken for a golden one.
    """

    _write_mode = WriteMode.TEXT
    file_extension = "yaml"

    def serialize(self, data: Any, **_: Any) -> str:
        """The manifests as cdk8s writes them."""
        if not isinstance(data, list | tuple) or not all(isinstance(each, Mapping) for each in data):
            raise InvalidInput([f"yaml_snapshot: expected manifests, got {shortened(data)}; write render(…) == yaml_snapshot"])
        nulls = [*no_nulls(data)]
        if nulls:  # cdk8s leaves them out of the text
            raise InvalidInput(f"yaml_snapshot: {problem}" for problem in nulls)
        return as_yaml(data)

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """The folder of the test."""
        return str(Path(test_location.filepath).parent)

    @classmethod
    def get_file_basename(cls, *, test_location: PyTestLocation, index: SnapshotIndex) -> str:
        """The name of the test's file and that of the test, once where they are the same."""
        name, file = cls.get_snapshot_name(test_location=test_location, index=index), test_location.basename
        return name if name.partition(".")[0] == file else f"{file}.{name}"

    def read_snapshot_collection(self, *, snapshot_location: str) -> SnapshotCollection:
        """What a golden file holds: the snapshot of one test."""
        stem = Path(snapshot_location).stem
        rest = stem.partition(".")[2]
        found = SnapshotCollection(location=snapshot_location)
        found.add(Snapshot(name=rest if rest and not rest[0].isdecimal() else stem))  # a number is a test's second snapshot
        return found

    def is_snapshot_location(self, *, location: str) -> bool:
        """Whether a file has such a name, and the test file is there."""
        path = Path(location)
        owner = path.with_name(f"{path.name.partition('.')[0]}.py")
        return path.suffix == f".{self.file_extension}" and owner.name.startswith("test_") and owner.exists()

    def discover_snapshots(
        self, *, test_location: PyTestLocation, ignore_extensions: list[str] | None = None
    ) -> SnapshotCollections:
        """The golden files of a folder, and nothing else there: syrupy deletes what it takes for one that no test writes."""
        found = SnapshotCollections()
        for path in sorted(Path(self.dirname(test_location=test_location)).glob(f"*.{self.file_extension}")):
            if self.is_snapshot_location(location=str(path)) and path.suffix not in (ignore_extensions or ()):
                found.add(self.read_snapshot_collection(snapshot_location=str(path)))
        return found

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        """Whether a golden file is of a test of this file."""
        path = Path(snapshot_location)
        return path.parent == Path(test_location.filepath).parent and path.name.partition(".")[0] == test_location.basename
