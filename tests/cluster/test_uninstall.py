"""Taking the platform away, and coming back to its data: as the operator's page says."""

from __future__ import annotations

from .installation import Installation
from .kube import Kubectl
from .workspace import Workspace, blocks


def test_the_volumes_of_deleted_namespaces_are_adopted(workspace: Workspace, databases: Installation, kubectl: Kubectl) -> None:
    """Uninstalled, only the volumes are left; with the documented commands and an apply every claim has the volume it had."""
    assert databases.applied.returncode == 0, databases.applied.stderr
    databases.settle(databases.folder / "10-registry-database.k8s.yaml")
    claims = databases.claims()
    assert {*claims} >= {f"registries/data-registry-{member}" for member in range(3)}
    [uninstall] = blocks("Uninstall everything")
    workspace.run(uninstall)
    assert databases.objects() == {}
    assert databases.claims() == {}
    assert {volume["metadata"]["name"] for volume in kubectl.items("pv")} >= {*claims.values()}

    for heading in ("Look at what is there", "Make the claims again", "Install again"):
        [commands] = blocks(heading)
        done = workspace.run(commands)
        if heading == "Look at what is there":
            assert all(volume in done.stdout for volume in claims.values())
    databases.settle(databases.folder / "10-registry-database.k8s.yaml")
    assert databases.claims() == claims
    phases = {volume["metadata"]["name"]: volume["status"]["phase"] for volume in kubectl.items("pv")}
    assert {phases[volume] for volume in claims.values()} == {"Bound"}
