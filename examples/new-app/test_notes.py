"""What the app writes, and who may connect to whom."""

from syrupy.assertion import SnapshotAssertion

from app import notes
from mgmtcluster.testing import Pod, assert_admitted, may_connect, render


def test_notes(yaml_snapshot: SnapshotAssertion) -> None:
    """Every manifest, in the file beside this one: ``pytest --snapshot-update`` writes it."""
    manifests = render(notes())
    assert_admitted(manifests)
    assert manifests == yaml_snapshot


def test_the_service_alone_reaches_the_database() -> None:
    """And nobody reaches the service who was not let in."""
    chart = notes()
    manifests = render(chart)
    stranger = Pod("default")
    assert may_connect(manifests, chart.service.peer, chart.database, 27017)
    assert not may_connect(manifests, stranger, chart.database, 27017)
    assert not may_connect(manifests, stranger, chart.service.peer, 8000)
