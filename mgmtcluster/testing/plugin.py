"""What pytest finds where this package is installed: the fixtures."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion


@pytest.fixture
def yaml_snapshot(request: pytest.FixtureRequest) -> "SnapshotAssertion":
    """The manifests of this test, in a YAML file beside it: ``assert render(chart) == yaml_snapshot``.

    ``pytest --snapshot-update`` writes the file.
    """
    try:  # a pytest that does without golden files starts without syrupy
        from mgmtcluster.testing.snapshots import YamlBeside
    except ModuleNotFoundError as error:
        name = str(error.name).partition(".")[0]
        pytest.fail(f"mgmtcluster: {name} is not installed; write: pip install 'mgmtcluster[testing]'", pytrace=False)
    snapshot: SnapshotAssertion = request.getfixturevalue("snapshot")
    return snapshot.use_extension(YamlBeside)
