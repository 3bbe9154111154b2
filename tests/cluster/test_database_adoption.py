"""``mgmtcluster preflight`` where an earlier installation left its volumes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rig.installation import Installation
from tests.rig.kube import Kubectl
from tests.rig.workspace import Workspace

from .test_cli_preflight import carry_out, preflight, row


@pytest.fixture
def released(databases: Installation, workspace: Workspace, kubectl: Kubectl) -> Iterator[dict[str, str]]:
    """The claims of the databases and their volumes, which were left when the namespaces were deleted."""
    claims = databases.claims()
    assert len(claims) == 6 or "metrics-system/data-metrics-redis-0" in claims
    kubectl("delete", "statefulsets,jobs,deployments", "--all", "--namespace=registries", "--wait=false")
    kubectl("delete", "namespace", "registries", "metrics-system")
    databases.volumes_become("Released", *claims.values())
    yield claims
    kubectl("apply", f"--filename={workspace.manifests}")
    databases.settle()


def test_volumes_of_an_earlier_installation(
    released: dict[str, str], databases: Installation, workspace: Workspace, kubectl: Kubectl
) -> None:
    """It fails before new volumes are made, and its commands bind the old ones to the same claims again."""
    found = row(preflight(cwd=workspace.folder), "volumes")
    assert found["verdict"] == "fail"
    assert all(volume in "\n".join(found["fix"]) for volume in released.values())
    carry_out(kubectl, found["fix"], cwd=workspace.folder)
    databases.volumes_become("Bound", *released.values())
    claims = kubectl.items("pvc", "--all-namespaces")
    again = {f"{each['metadata']['namespace']}/{each['metadata']['name']}": each["spec"]["volumeName"] for each in claims}
    assert again == released
    assert row(preflight(cwd=workspace.folder), "volumes")["verdict"] == "ok"
