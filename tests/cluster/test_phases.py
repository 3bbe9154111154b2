"""Every phase but the platform can be taken away alone, and comes back."""

from __future__ import annotations

import pytest

from .installation import Installation
from .kube import Kubectl
from .workspace import ROOT, Workspace, blocks

_PHASES = sorted(path.name for path in (ROOT / "dist").glob("*.yaml") if not path.name.startswith("00-"))


@pytest.mark.parametrize("file", _PHASES)
def test_a_phase_goes_alone_and_comes_back(file: str, platform: Installation, kubectl: Kubectl) -> None:
    """Deleting one file removes its objects and no other, and applying it again finds the volumes it had."""
    platform.settle()
    phase = platform.folder / file
    others = [path for path in platform.files if path != phase]
    before, claims = platform.objects(*others), platform.claims()
    kubectl("delete", f"--filename={phase}")
    assert platform.objects(phase) == {}
    after = platform.objects(*others)
    assert {name: item["metadata"]["uid"] for name, item in after.items()} == {
        name: item["metadata"]["uid"] for name, item in before.items()
    }
    assert platform.claims() == claims
    kubectl("apply", f"--filename={phase}")
    platform.settle()
    assert platform.claims() == claims


def test_the_documented_commands_uninstall_a_phase(workspace: Workspace, databases: Installation, kubectl: Kubectl) -> None:
    """They remove a phase without services and one with a database, whose claims and volumes stay and are used again."""
    databases.settle()
    services, database = blocks("Uninstall a phase")
    claims = databases.claims()
    assert "60-services" in services
    workspace.run(database)
    kubectl.until(
        "the members to be gone",
        lambda: not kubectl.items("pods", "--namespace=registries", "--selector=app.kubernetes.io/name=registry"),
    )
    assert databases.claims() == claims
    workspace.run("kubectl apply -f dist/")
    databases.settle()
    assert databases.claims() == claims
