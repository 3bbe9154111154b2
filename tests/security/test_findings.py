"""How findings and waivers are weighed."""

from collections import Counter
from pathlib import Path

import pytest

from tests.security.findings import Finding, Report, Waiver, idle, load_waivers, too_wide, unwaived

RED, GREEN = Finding("LOW_UID", "StatefulSet/shop/stock"), Finding("LOW_UID", "Deployment/shop/cart")
REPORT = Report("checkov", passed=Counter([GREEN]), failed=Counter([RED, RED]))
ROW = {"tool": "checkov", "check": "LOW_UID", "objects": ["StatefulSet/*"], "reason": "The image runs as 999 alone."}


def waiver(*objects: str, tool: str = "checkov", check: str = "LOW_UID") -> Waiver:
    """A waiver of these objects."""
    return Waiver(tool, check, objects, "The image runs as 999 alone.")


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ([], ["LOW_UID StatefulSet/shop/stock"]),
        ([waiver("StatefulSet/shop/*")], []),
        ([waiver("StatefulSet/depot/*")], ["LOW_UID StatefulSet/shop/stock"]),
        ([waiver("*", check="OTHER")], ["LOW_UID StatefulSet/shop/stock"]),
        ([waiver("*", tool="kube-score")], ["LOW_UID StatefulSet/shop/stock"]),
    ],
)
def test_a_waiver_covers_its_own_tool_check_and_objects(given: list[Waiver], left: list[str]) -> None:
    """And nothing else."""
    assert unwaived(REPORT, given) == left


def test_a_pattern_that_matches_no_finding_is_idle() -> None:
    """Each pattern counts for itself, and an object that passes needs none."""
    waivers = [waiver("StatefulSet/shop/*", "Deployment/shop/*"), waiver("*", tool="kube-score")]
    assert idle({"checkov": REPORT}, waivers) == ["checkov LOW_UID Deployment/shop/*"]


def test_a_pattern_that_matches_what_passes_is_too_wide() -> None:
    """Even where it also matches a finding."""
    assert too_wide(REPORT, [waiver("*/shop/*")]) == ["LOW_UID Deployment/shop/cart"]
    assert too_wide(REPORT, [waiver("StatefulSet/shop/*")]) == []


@pytest.mark.parametrize("field", ROW)
def test_a_waiver_without_a_field_is_refused(field: str, tmp_path: Path) -> None:
    """Each of the four is needed."""
    file = tmp_path / "waivers.yaml"
    file.write_text(str([ROW]))
    assert [each.objects for each in load_waivers(file)] == [("StatefulSet/*",)]
    file.write_text(str([{key: value for key, value in ROW.items() if key != field}]))
    with pytest.raises(ValueError, match="a waiver has"):
        load_waivers(file)


@pytest.mark.parametrize("reason", ["", "n/a", "Not needed.", "the image runs as 999 alone.", "The image runs as 999 alone"])
def test_a_reason_is_a_sentence(reason: str, tmp_path: Path) -> None:
    """From its capital to its full stop."""
    file = tmp_path / "waivers.yaml"
    file.write_text(str([ROW | {"reason": reason}]))
    with pytest.raises(ValueError, match="one sentence"):
        load_waivers(file)
