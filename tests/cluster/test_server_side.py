"""Installing with server-side apply, and going on with client-side apply."""

from __future__ import annotations

import pytest

from tests.cluster.installations import Installations
from tests.rig.installation import OURS, Installation
from tests.rig.kube import Kubectl, is_ready


@pytest.fixture
def server_side(installations: Installations) -> Installation:
    """The committed dist/, applied by the server on a cluster without it."""
    return installations.platform("--server-side")


def test_a_server_side_apply_installs_everything(server_side: Installation) -> None:
    """It exits 0 without a conflict, and everything becomes available."""
    assert (server_side.applied.returncode, server_side.applied.stderr) == (0, "")
    server_side.settle()


def test_a_second_server_side_apply_changes_nothing(server_side: Installation, kubectl: Kubectl) -> None:
    """No generation moves, and a server-side diff exits 0."""
    before = server_side.generations()
    again = server_side.apply("--server-side")
    assert (again.returncode, again.stderr) == (0, "")
    assert server_side.generations() == before
    done = kubectl.run("diff", "--server-side", f"--filename={server_side.folder}")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_a_client_side_apply_after_it_succeeds(server_side: Installation, kubectl: Kubectl) -> None:
    """It exits 0, changes nothing that is asked for, and leaves the pods alone; the next server-side one has no conflict.

    It writes kubectl's own annotation, which moves the generation of a Deployment.
    """
    before, pods = server_side.objects(), _running(kubectl)
    done = server_side.apply()
    assert done.returncode == 0, done.stderr
    assert {name: item.get("spec") for name, item in server_side.objects().items()} == {
        name: item.get("spec") for name, item in before.items()
    }
    again = server_side.apply("--server-side")
    assert again.returncode == 0, again.stderr
    server_side.settle()
    assert _running(kubectl) == pods


def _running(kubectl: Kubectl) -> set[str]:
    """The platform's pods that stay: those of Deployments and StatefulSets."""
    return {pod["metadata"]["uid"] for pod in kubectl.items("pods", "--all-namespaces", OURS) if is_ready(pod)}
