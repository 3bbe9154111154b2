"""Every phase but the platform can be taken away alone, and comes back."""

from __future__ import annotations

import pytest

from tests.rig.installation import Installation
from tests.rig.kube import Json, Kubectl
from tests.rig.workspace import ROOT

_PHASES = sorted(path.name for path in (ROOT / "dist").glob("*.yaml") if not path.name.startswith("00-"))
_DATABASES = ("10-registry-database.k8s.yaml", "40-metrics-database.k8s.yaml")


@pytest.mark.parametrize("file", _PHASES)
def test_a_phase_is_removed_alone(file: str, platform: Installation, kubectl: Kubectl) -> None:
    """Deleting one file removes its objects and no other and no claim, and applying it again succeeds."""
    phase = platform.folder / file
    others = [path for path in platform.files if path != phase]
    before, claims = platform.objects(*others), platform.claims()
    kubectl("delete", f"--filename={phase}")
    try:
        assert platform.objects(phase) == {}
        assert _uids(platform.objects(*others)) == _uids(before)
        assert platform.claims() == claims
    finally:
        kubectl("apply", f"--filename={phase}")
    if file in _DATABASES:
        platform.settle(phase)
        assert platform.claims() == claims


def test_all_phases_are_well_again(platform: Installation) -> None:
    """After each of them was removed and applied again, everything is available and complete."""
    platform.settle()


def _uids(objects: dict[tuple[str, str, str], Json]) -> dict[tuple[str, str, str], str]:
    return {name: item["metadata"]["uid"] for name, item in objects.items()}
