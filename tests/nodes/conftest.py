"""Three nodes, and the committed dist/ installed on them once for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.kube import Kubectl

from .machines import Machines, missing
from .platform import Platform

HERE = Path(__file__).parent

#: The tests share one installation, so they run in this order: from those that look to those that break more and more.
ORDER = (
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
    ours = [item for item in items if item.path.parent == HERE]
    reason = missing()
    for item in ours:
        item.add_marker(pytest.mark.nodes)
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
    ours.sort(key=lambda item: ORDER.index(item.path.name))
    items[:] = [item for item in items if item.path.parent != HERE] + ours


@pytest.fixture(scope="session")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """The nodes; gone at the end."""
    nodes = Machines(tmp_path_factory.mktemp("nodes"))
    try:
        nodes.start()
        yield nodes
    finally:
        nodes.stop()


@pytest.fixture(scope="session")
def kubectl(machines: Machines) -> Kubectl:
    """Their cluster."""
    return machines.kubectl


@pytest.fixture(scope="session")
def platform(machines: Machines, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The committed dist/, applied once."""
    return Platform(machines, tmp_path_factory.mktemp("installed"))
