"""Two scanners find nothing in the manifests but what is waived, and would find what is worse."""

from pathlib import Path

import pytest

from mgmtcluster.testing import Manifests, load
from tests.rendering import name_of
from tests.security.conftest import Scanned
from tests.security.findings import Waiver, idle, too_wide, unwaived
from tests.security.mutations import MUTATIONS

pytestmark = pytest.mark.slow

TOOLS = ("checkov", "kube-score")
SEEN = [
    pytest.param(tool, name, check, id=f"{tool}-{name}")
    for name, (_, *checks) in MUTATIONS.items()
    for tool, check in zip(TOOLS, checks, strict=True)
    if check
]


def scanned(tool: str, request: pytest.FixtureRequest) -> Scanned:
    """A session's reports; asked for by name, so that one tool may be missing."""
    reports: Scanned = request.getfixturevalue(tool.replace("-", "_"))
    return reports


@pytest.mark.parametrize("tool", TOOLS)
def test_no_check_fails_without_a_waiver(tool: str, waivers: list[Waiver], request: pytest.FixtureRequest) -> None:
    """Neither in dist/ nor in the example's manifests.

    Takes more than two seconds because the first test of a scanner waits for its scan.
    """
    assert unwaived(scanned(tool, request).report, waivers) == []


@pytest.mark.parametrize("tool", TOOLS)
def test_no_waiver_is_idle(tool: str, waivers: list[Waiver], request: pytest.FixtureRequest) -> None:
    """Each pattern of each waiver matches a check that fails."""
    assert idle({tool: scanned(tool, request).report}, waivers) == []


@pytest.mark.parametrize("tool", TOOLS)
def test_no_waiver_is_wider_than_what_fails(tool: str, waivers: list[Waiver], request: pytest.FixtureRequest) -> None:
    """An object that passes a check is not excused from it."""
    assert too_wide(scanned(tool, request).report, waivers) == []


@pytest.mark.parametrize("tool", TOOLS)
def test_every_workload_and_service_is_scanned(tool: str, manifests: Path, request: pytest.FixtureRequest) -> None:
    """A report without findings says nothing about what it did not look at."""
    files = [file for folder in ("dist", "example") for file in (manifests / folder).iterdir()]
    objects = Manifests(manifest for file in files for manifest in load(file.read_text()))
    wanted = {name_of(manifest) for manifest in (*objects.workloads(), *objects.of_kind("Service"))}
    assert len(wanted) > 60
    assert wanted <= scanned(tool, request).report.objects


@pytest.mark.parametrize(("tool", "mutation", "check"), SEEN)
def test_a_worse_manifest_is_found(
    tool: str, mutation: str, check: str, waivers: list[Waiver], request: pytest.FixtureRequest
) -> None:
    """By the check that is made for it, and no waiver hides it."""
    found = [line.split() for line in unwaived(scanned(tool, request).mutants, waivers)]
    assert mutation in [name.rpartition("/")[2] for seen_by, name in found if seen_by == check]
