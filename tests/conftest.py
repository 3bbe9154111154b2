"""What all tests here share: one synth of the platform, in one process with one Node.js."""

import gc
import typing
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import kubernetes_validate.utils  # type: ignore[import-untyped]
import pytest
from hypothesis import settings

from mgmtcluster.testing import Manifests
from tests import rendering
from tests.rendering import Platform
from tests.rig.closing import closing, pytest_sessionfinish, pytest_terminal_summary, pytest_testnodedown

__all__ = ["closing", "pytest_sessionfinish", "pytest_terminal_summary", "pytest_testnodedown"]

settings.register_profile("deterministic", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("deterministic")

# Tests leave little garbage, and much to look through for it: that takes a tenth of their processor time by default.
gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The command keeps what it renders in a folder of the tests, not in the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _read_each_schema_once() -> Iterator[None]:
    """The definitions of a Kubernetes version are parsed anew for every object otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kubernetes_validate.utils, "schema_contents", lru_cache(200)(kubernetes_validate.utils.schema_contents))
        yield


@pytest.fixture(scope="session", autouse=True)
def _read_each_signature_once() -> Iterator[None]:
    """The generated structs ask for their annotations at each use: a tenth of a render."""
    asked, kept = typing.get_type_hints, cache(typing.get_type_hints)

    def once(of: Any, *more: Any, **named: Any) -> dict[str, Any]:
        return asked(of, *more, **named) if more or named else kept(of)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typing, "get_type_hints", once)
        yield


@pytest.fixture(scope="session")
def platform() -> Platform:
    """The platform with all defaults."""
    return rendering.render()


@pytest.fixture(scope="session")
def objects(platform: Platform) -> Manifests:
    """All objects of the platform with all defaults."""
    return platform.objects
