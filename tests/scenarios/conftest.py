"""Golden files: the YAML of a scenario stands beside it, in a file of its own name."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cdk8s import Chart
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from tests.rendering import render_chart

Golden = Callable[[Callable[[Chart], object]], None]


class YamlBeside(SingleFileSnapshotExtension):
    """``minimal_registry.yaml`` beside ``test_minimal_registry.py``, as it would stand in dist/."""

    _write_mode = WriteMode.TEXT
    file_extension = "yaml"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """The scenario's own folder."""
        return str(Path(test_location.filepath).parent)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        """The scenario's own name."""
        assert index == 0, "one scenario a file"
        return test_location.basename.removeprefix("test_")


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> Golden:
    """Compare what a scenario makes with the golden YAML: ``pytest --snapshot-update`` writes it."""

    def compare(define: Callable[[Chart], object]) -> None:
        assert render_chart(define) == snapshot(extension_class=YamlBeside)

    return compare
