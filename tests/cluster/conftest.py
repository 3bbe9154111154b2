"""The cluster, and what is installed on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.installation import Installation
from tests.rig.kube import Kubectl
from tests.rig.workspace import Workspace

from .dns import Dns
from .installations import Installations
from .nodes import Nodes

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, skip it where there is no cluster, and let what needs the same installed follow each other."""
    absent = pytest.mark.skip(reason="KUBECONFIG is not set: it names a disposable cluster (docs/test-clusters.md)")
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.cluster)
        if not os.environ.get("KUBECONFIG"):
            item.add_marker(absent)
    items[:] = [item for item in items if HERE not in item.path.parents] + sorted(ours, key=_installed)


def _installed(item: pytest.Item) -> int:
    """What has to be installed for a test: nothing, the platform, or anything else; an installation takes half a minute."""
    needs = {*item.fixturenames} if isinstance(item, pytest.Function) else set()
    if "platform" in needs:
        return 1
    return 2 if needs & {"backed_up", "databases", "server_side", "closed"} else 0


@pytest.fixture(scope="session")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """The cluster."""
    return Kubectl(tmp_path_factory.mktemp("bin"))


@pytest.fixture(scope="session", autouse=True)
def dns(kubectl: Kubectl) -> Iterator[Dns]:
    """DNS, for what looks for it."""
    made = Dns(kubectl)
    made.make()
    yield made
    made.remove()


@pytest.fixture(scope="session")
def nodes(kubectl: Kubectl) -> Iterator[Nodes]:
    """Nodes to make and to lose."""
    made = Nodes(kubectl)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def installations(kubectl: Kubectl, nodes: Nodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installations]:
    """What is installed; nothing, at the end."""
    all_of_them = Installations(kubectl, nodes, tmp_path_factory.mktemp("installed"))
    yield all_of_them
    all_of_them.clear()


@pytest.fixture(scope="module", autouse=True)
def _the_platform_is_given_back(installations: Installations) -> Iterator[None]:
    """The tests of the next file find it as those of this one did."""
    yield
    installations.give_back()


@pytest.fixture
def platform(installations: Installations) -> Installation:
    """The committed dist/, applied."""
    return installations.platform()


@pytest.fixture
def databases(installations: Installations) -> Installation:
    """The databases alone, from settings that a test may change."""
    return installations.databases()


@pytest.fixture
def workspace(installations: Installations, databases: Installation) -> Workspace:
    """Where the settings of the databases are."""
    assert databases.folder == installations.workspace.manifests
    return installations.workspace
