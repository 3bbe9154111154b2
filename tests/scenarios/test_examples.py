"""Ten apps of other teams: what each declares stands beside it."""

import re

import pytest

from mgmtcluster.testing import assert_admitted, load
from tests.examples import EXAMPLES, FOLDER, example


@pytest.mark.usefixtures("plain_scripts")
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_what_stands_beside_it(name: str, request: pytest.FixtureRequest) -> None:
    """``pytest --snapshot-update`` writes it; scripts are left out."""
    text = str(example(name).synth_yaml())
    golden = FOLDER / f"{name}.yaml"
    if request.config.getoption("update_snapshots"):
        golden.write_text(text)
    assert text == golden.read_text()
    assert_admitted(load(text))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short_and_needs_no_patch(name: str) -> None:
    """Sixty lines at most, with public names alone."""
    lines = EXAMPLES[name].read_text().splitlines()
    assert len(lines) <= 60
    assert not [line for line in lines if re.search(r"JsonPatch|patch_pod|mgmtcluster\.|\b_[a-z]+\._|\.k8s\b", line)]
