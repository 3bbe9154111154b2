"""What all tests here share: one synth of the platform, in one process with one Node.js."""

import pytest
from hypothesis import settings

from tests import rendering
from tests.rendering import Manifests, Platform
from tests.rig.closing import closing, pytest_sessionfinish, pytest_terminal_summary, pytest_testnodedown

__all__ = ["closing", "pytest_sessionfinish", "pytest_terminal_summary", "pytest_testnodedown"]

settings.register_profile("deterministic", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("deterministic")


@pytest.fixture(scope="session")
def platform() -> Platform:
    """The platform with all defaults."""
    return rendering.render()


@pytest.fixture(scope="session")
def objects(platform: Platform) -> Manifests:
    """All objects of the platform with all defaults."""
    return platform.objects
