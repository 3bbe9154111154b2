"""Golden files, as a test of another team's gets them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rendering import ROOT, without_pytest

pytest_plugins = ["pytester"]

CHART = """
from cdk8s import ApiObjectMetadata, App, Chart, ApiObject

from mgmtcluster.testing import render


def chart(name):
    made = Chart(App(), "shop", namespace="shop")
    ApiObject(made, "map", api_version="v1", kind="ConfigMap", metadata=ApiObjectMetadata(name=name))
    return made


def test_shop(yaml_snapshot):
    assert render(chart("shop")) == yaml_snapshot


def test_till(yaml_snapshot):
    assert render(chart("till")) == yaml_snapshot
"""


#: With the plugin as an installed package brings it.
OPTIONS = ("-W", "error", "-p", "mgmtcluster.testing.plugin", "-p", "no:cacheprovider")


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest in a folder: in this process, which has a Node.js."""
    return pytester.runpytest_inprocess(*OPTIONS, *arguments)


@pytest.fixture(autouse=True)
def _nobody_else_runs_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Syrupy deletes nothing in a worker of xdist."""
    for name in {*os.environ} - {*without_pytest()}:
        monkeypatch.delenv(name)


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    """Tests with YAML of their own."""
    (pytester.path / "test_shop.py").write_text(CHART)
    (pytester.path / "values.yaml").write_text("mine: true\n")
    (pytester.path / "other.test_shop.yaml").write_text("mine: true\n")
    return pytester


def test_a_golden_file_is_written_compared_and_taken_away(shop: pytest.Pytester) -> None:
    """One a test, beside it; a difference fails; what a test no longer writes goes, and nobody else's file does."""
    assert run(shop).ret == 1
    assert run(shop, "--snapshot-update").ret == 0
    golden = shop.path / "test_shop.yaml"
    assert golden.read_text() == "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\n  namespace: shop\n"
    assert run(shop).ret == 0
    golden.write_text(golden.read_text().replace("name: shop", "name: shed"))
    done = run(shop)
    assert done.ret == 1
    assert "name: shed" in str(done.stdout)
    (shop.path / "test_shop.py").write_text(CHART.partition("def test_till")[0])
    assert run(shop, "--snapshot-update").ret == 0
    assert {file.name for file in shop.path.glob("*.yaml")} == {"test_shop.yaml", "values.yaml", "other.test_shop.yaml"}


def test_one_of_two_tests_leaves_the_others_file(shop: pytest.Pytester) -> None:
    """An update of one scenario is that scenario's."""
    assert run(shop, "--snapshot-update").ret == 0
    assert run(shop, "--snapshot-update", "-k", "test_till").ret == 0
    assert (shop.path / "test_shop.yaml").exists()
    assert (shop.path / "test_shop.test_till.yaml").exists()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("'text'", "yaml_snapshot: expected manifests, got 'text'; write render(…) == yaml_snapshot"),
        (
            "[{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'a'}, 'data': None}]",
            "yaml_snapshot: ConfigMap/a: data: has no value; write one or leave it out",
        ),
    ],
)
def test_what_a_golden_file_would_not_show_is_refused(given: str, expected: str, pytester: pytest.Pytester) -> None:
    """Text is no manifest, and cdk8s leaves a null out."""
    (pytester.path / "test_it.py").write_text(f"def test_it(yaml_snapshot):\n    assert {given} == yaml_snapshot\n")
    assert expected in str(run(pytester).stdout)


@pytest.mark.parametrize("name", ["syrupy", "cdk8s"])
def test_pytest_starts_without_the_extra(name: str, tmp_path: Path) -> None:
    """Tests without golden files need nothing else. A test that asks for one is told what to install.

    In a process of its own, which has imported neither.
    """
    (tmp_path / "conftest.py").write_text(f"import sys\nsys.modules[{name!r}] = None\n")
    (tmp_path / "test_it.py").write_text("def test_a():\n    pass\n\ndef test_b(yaml_snapshot):\n    pass\n")
    command = [sys.executable, "-m", "pytest", *OPTIONS, "-p", "no:syrupy"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed, 1 error" in done.stdout
    assert f"mgmtcluster: {name} is not installed; write: pip install 'mgmtcluster[testing]'" in done.stdout


def test_manifests_and_their_policies_are_read_without_pytest_and_without_nodejs() -> None:
    """A program that asks who may connect is no test."""
    code = """
import sys
sys.modules |= dict.fromkeys(["pytest", "syrupy", "cdk8s", "jsii"])
from mgmtcluster.testing import Host, assert_admitted, load, may_connect
text = "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\n"
assert_admitted(load(text))
print(may_connect(load(text), Host("192.0.2.1"), Host("192.0.2.2"), 80).allowed)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")
