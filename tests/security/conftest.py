"""The manifests that are scanned, each scanner's reports of them, and a summary of the reports."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from mgmtcluster.testing import Manifests, load
from tests import rendering
from tests.rendering import DIST, ROOT
from tests.rig.closing import Closing
from tests.rig.environments import NotInstallable, install
from tests.security import mutations, scanners
from tests.security.findings import Report, Waiver, load_waivers

_T = TypeVar("_T")


@dataclass(frozen=True)
class Scanned:
    """The reports of one scanner.

    Attributes:
        report: of our manifests and of the example's.
        mutants: of the worse manifests.
    """

    report: Report
    mutants: Report


@pytest.fixture(scope="session")
def waivers() -> list[Waiver]:
    """The waivers of the project."""
    return load_waivers()


@pytest.fixture(scope="session")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder of our manifests, one of the example's, and one of manifests that are worse than ours."""
    folder, example = tmp_path_factory.mktemp("scanned"), tmp_path_factory.mktemp("example")
    shutil.copytree(DIST, folder / "dist")
    result = rendering.run_app(cwd=example, app=ROOT / "examples" / "models" / "app.py")
    assert result.returncode == 0, result.stderr
    shutil.copytree(example / "dist", folder / "example")
    (folder / "mutants").mkdir()
    objects = Manifests(manifest for file in sorted(DIST.iterdir()) for manifest in load(file.read_text()))
    mutations.write_mutants(objects, folder / "mutants", mutations.MUTATIONS)
    return folder


@pytest.fixture(scope="session")
def checkov(manifests: Path, closing: Closing, pytestconfig: pytest.Config) -> Scanned:
    """What checkov says, in one run."""
    python = _installed(lambda: install("checkov"))
    return _scanned(scanners.checkov(python, manifests), closing, pytestconfig)


@pytest.fixture(scope="session")
def kube_score(manifests: Path, closing: Closing, pytestconfig: pytest.Config) -> Scanned:
    """What kube-score says."""
    program = _installed(scanners.install_kube_score)
    if program is None:
        pytest.skip("no kube-score on PATH, and no Go to install it with")
    return _scanned(scanners.kube_score(program, manifests), closing, pytestconfig)


def _installed(install: Callable[[], _T]) -> _T:
    try:
        return install()
    except NotInstallable as error:
        pytest.fail(str(error), pytrace=False)


def _scanned(reports: Mapping[str, Report], closing: Closing, config: pytest.Config) -> Scanned:
    """Note how often each check passed and failed, those that never fail only with ``-v``."""
    report = reports["dist"] + reports["example"]
    waivers = load_waivers()
    for check, (passed, failed) in report.counts().items():
        if failed or config.get_verbosity() > 0:
            closing(report.tool, f"{check}: {passed} passed, {failed} failed")
    covered = sum(
        number
        for finding, number in report.failed.items()
        if any(waiver.tool == report.tool and waiver.covers(finding) for waiver in waivers)
    )
    total = f"{report.passed.total()} passed, {report.failed.total()} failed, {covered} of them waived"
    closing(report.tool, f"all {len(report.counts())} checks of {len(report.objects)} objects: {total}")
    return Scanned(report, reports["mutants"])
