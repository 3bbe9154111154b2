"""Golden files: the YAML of a scenario stands beside it, in a file of its own name."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest
from cdk8s import Chart
from syrupy.assertion import SnapshotAssertion

from mgmtcluster.constructs.parts import scripts as _scripts
from mgmtcluster.testing import Manifests
from tests.rendering import ROOT, render_chart


class Golden(Protocol):
    """Compare what a scenario makes with the golden YAML: ``pytest --snapshot-update`` writes it."""

    def __call__(
        self,
        define: Callable[[Chart], object],
        *,
        namespace: str | None = "shop",
        beyond: Callable[[Chart], object] | None = None,
    ) -> None:
        """Compare one scenario, in a chart of this namespace; the objects of ``beyond``, another scenario, are left out."""


@pytest.fixture
def plain_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave scripts out: they are files with tests of their own, and a word in one would change every golden file."""
    (tmp_path / "scripts").mkdir()
    for script in (ROOT / "mgmtcluster" / "scripts").iterdir():
        (tmp_path / "scripts" / script.name).write_text(f"the text of mgmtcluster/scripts/{script.name}\n")
    monkeypatch.setattr(_scripts, "files", lambda _: tmp_path)


@pytest.fixture
def golden(yaml_snapshot: SnapshotAssertion, plain_scripts: None) -> Golden:  # noqa: ARG001
    """The comparison, without the text of scripts."""

    def compare(
        define: Callable[[Chart], object], *, namespace: str | None = "shop", beyond: Callable[[Chart], object] | None = None
    ) -> None:
        others = render_chart(beyond, namespace=namespace) if beyond else Manifests()
        assert render_chart(define, namespace=namespace).without(others) == yaml_snapshot

    return compare
