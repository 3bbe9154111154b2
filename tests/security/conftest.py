"""The manifests that are scanned, each scanner's report of them, and a summary of the reports."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import pytest

from tests import rendering
from tests.rendering import DIST, ROOT, Manifests
from tests.security import mutations, scanners
from tests.security.findings import Report, Waiver, load_waivers

Scan = Callable[[Path], Report]

_T = TypeVar("_T")
_REPORTS = pytest.StashKey[dict[str, Report]]()


@pytest.fixture(scope="session")
def waivers() -> list[Waiver]:
    """The waivers of the project."""
    return load_waivers()


@pytest.fixture(scope="session")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Folders with our manifests, and with those of the example."""
    dist, example = tmp_path_factory.mktemp("scanned") / "dist", tmp_path_factory.mktemp("example")
    shutil.copytree(DIST, dist)
    result = rendering.run_app(cwd=example, app=ROOT / "examples" / "models" / "app.py")
    assert result.returncode == 0, result.stderr
    return {"dist": dist, "example": example / "dist"}


@pytest.fixture(scope="session")
def mutants(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with manifests that are worse than ours."""
    folder = tmp_path_factory.mktemp("mutants")
    objects = Manifests(each for file in sorted(DIST.iterdir()) for each in rendering.load(file.read_text()))
    mutations.write_mutants(objects, folder, mutations.MUTATIONS)
    return folder


@pytest.fixture(scope="session")
def checkov() -> Scan:
    """Scan a folder with checkov."""
    python = _installed(scanners.install_checkov)
    return lambda folder: scanners.checkov(python, folder)


@pytest.fixture(scope="session")
def kube_score() -> Scan:
    """Scan a folder with kube-score."""
    program = _installed(scanners.install_kube_score)
    if program is None:
        pytest.skip("no kube-score on PATH, and no Go to install it with")
    return lambda folder: scanners.kube_score(program, folder)


@pytest.fixture(scope="session")
def checkov_report(checkov: Scan, manifests: Mapping[str, Path], pytestconfig: pytest.Config) -> Report:
    """What checkov says about all our manifests."""
    return _reported(checkov, manifests, pytestconfig)


@pytest.fixture(scope="session")
def kube_score_report(kube_score: Scan, manifests: Mapping[str, Path], pytestconfig: pytest.Config) -> Report:
    """What kube-score says about all our manifests."""
    return _reported(kube_score, manifests, pytestconfig)


@pytest.fixture(scope="session")
def checkov_mutants(checkov: Scan, mutants: Path) -> Report:
    """What checkov says about the worse manifests."""
    return checkov(mutants)


@pytest.fixture(scope="session")
def kube_score_mutants(kube_score: Scan, mutants: Path) -> Report:
    """What kube-score says about the worse manifests."""
    return kube_score(mutants)


def _installed(install: Callable[[], _T]) -> _T:
    try:
        return install()
    except scanners.NotInstallable as error:
        pytest.fail(str(error), pytrace=False)


def _reported(scan: Scan, manifests: Mapping[str, Path], config: pytest.Config) -> Report:
    own, example = (scan(folder) for folder in manifests.values())
    report = own + example
    config.stash.setdefault(_REPORTS, {})[report.tool] = report
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how often each check passed and failed; those that never fail, only with -v."""
    waivers = load_waivers()
    for report in config.stash.get(_REPORTS, {}).values():
        terminalreporter.section(report.tool, sep="-")
        for check, (passed, failed) in report.counts().items():
            if failed or config.get_verbosity() > 0:
                terminalreporter.line(f"{check}: {passed} passed, {failed} failed")
        covered = sum(
            number
            for finding, number in report.failed.items()
            if any(each.tool == report.tool and each.covers(finding) for each in waivers)
        )
        total = f"{report.passed.total()} passed, {report.failed.total()} failed, {covered} of them waived"
        terminalreporter.line(f"all {len(report.counts())} checks of {len(report.objects)} objects: {total}")
