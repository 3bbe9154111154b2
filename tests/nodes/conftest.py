"""Three nodes, and the committed dist/ installed on them once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.kube import Kubectl

from .machines import Machines, missing, running
from .platform import Platform

HERE = Path(__file__).parent

#: Nodes of another kind of cluster, which are gone before the others are started.
_OTHER = HERE / "other_cluster"

#: The tests of a folder share one installation, so they run in this order: first those that look, last those that break most.
ORDER = (
    "other_cluster/test_platform.py",
    "other_cluster/test_shop.py",
    "test_preflight.py",
    "test_install.py",
    "test_addresses.py",
    "test_policies.py",
    "test_containers.py",
    "test_requirements.py",
    "test_redis.py",
    "test_rollout.py",
    "test_failures.py",
    "test_drivers.py",
    "test_power.py",
    "test_uninstall.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, put it in order, and skip it where there can be no nodes."""
    ours = [item for item in items if item.path.parent in (HERE, _OTHER)]
    reason = missing()
    for item in ours:
        item.add_marker(pytest.mark.nodes)
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
    ours.sort(key=lambda item: ORDER.index(str(item.path.relative_to(HERE))))
    items[:] = [item for item in items if item not in ours] + ours


@pytest.fixture(scope="session")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """The nodes; gone at the end."""
    with running(tmp_path_factory.mktemp("nodes")) as nodes:
        yield nodes


@pytest.fixture(scope="session")
def kubectl(machines: Machines) -> Kubectl:
    """Their cluster."""
    return machines.kubectl


@pytest.fixture(scope="session")
def platform(machines: Machines, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The committed dist/, applied once."""
    return Platform(machines, tmp_path_factory.mktemp("installed"))
