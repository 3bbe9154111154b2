"""Three nodes of another kind of cluster, and on them the platform with settings of that kind, for all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nodes.machines import NAMES, Machines, running
from tests.nodes.platform import Platform
from tests.rig.kube import Json, Kubectl, documents

from .facts import DOMAIN, LOCAL_DNS, SETTINGS
from .shop import NODE_LABEL, shop

_HERE = Path(__file__).parent


@pytest.fixture(scope="package")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """The nodes; gone before those of the other tests are started."""
    with running(tmp_path_factory.mktemp("other-nodes"), domain=DOMAIN, local_dns=LOCAL_DNS) as nodes:
        yield nodes


@pytest.fixture(scope="package")
def kubectl(machines: Machines) -> Kubectl:
    """Their cluster."""
    return machines.kubectl


@pytest.fixture(scope="package")
def platform(machines: Machines, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The platform, applied once."""
    return Platform(machines, tmp_path_factory.mktemp("other-installed"), SETTINGS)


@pytest.fixture(scope="package")
def shop_objects(platform: Platform, kubectl: Kubectl) -> list[Json]:
    """The first version of the shop, and what is around it, applied once beside the platform, whose volumes it has."""
    assert platform.installation.applied.returncode == 0, platform.installation.applied.stderr
    kubectl("label", "nodes", *NAMES, NODE_LABEL)
    made = [*documents(_HERE / "traefik.yaml", _HERE / "monitoring.yaml"), *shop("1")]
    kubectl.apply(*made)
    return made
