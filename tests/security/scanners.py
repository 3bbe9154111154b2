"""The scanners, each pinned, and how what they print is read."""

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from tests.rig.environments import HOME, NotInstallable, installing, run
from tests.security.findings import Finding, Report

KUBE_SCORE = "github.com/zegl/kube-score/cmd/kube-score@v1.20.0"
_VERSION = KUBE_SCORE.rpartition("@v")[2]
_ALL_OK = 10

#: Most of checkov's time is its import, so one process imports it, and a copy of that process scans each folder: a
#: second scan in one process reports what the first one saw.
_CHECKOV = """
import os, sys
from checkov.main import Checkov
options = "--framework kubernetes --skip-download --soft-fail --compact --output json --directory"
for folder in sys.argv[1:]:
    if (child := os.fork()) == 0:
        Checkov([*options.split(), folder]).run()
        sys.stdout.flush()
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"checkov failed on {folder}")
"""


def checkov(python: Path, folder: Path) -> dict[str, Report]:
    """Scan all folders in a folder, each by itself, without a request to anybody: a report by the name of each."""
    folders = sorted(folder.iterdir())
    printed, decoder = run([python, "-c", _CHECKOV, *folders]), json.JSONDecoder()
    reports, end = {}, 0
    for scanned in folders:
        result, end = decoder.raw_decode(printed, end)
        reports[scanned.name] = _checkov_report(result)
        end += len(printed[end:]) - len(printed[end:].lstrip())
    if end != len(printed):
        raise ValueError(f"checkov printed more than a report of each folder: {printed[end:][:300]}")
    return reports


def _checkov_report(printed: dict[str, Any]) -> Report:
    summary, results = printed["summary"], printed["results"]
    if summary["skipped"] or summary["parsing_errors"]:
        raise ValueError(f"checkov did not check everything: {summary}")

    def findings(name: str) -> Counter[Finding]:
        # Pods of a graph check carry their labels after the name.
        return Counter(
            Finding(check["check_id"], "/".join(check["resource"].split(".")[:3])) for check in results[f"{name}_checks"]
        )

    return Report("checkov", findings("passed"), findings("failed"))


def install_kube_score() -> Path | None:
    """The pinned kube-score: our own build, else that of PATH; None where there is neither it nor Go."""
    own = HOME / f"kube-score-{_VERSION}" / "kube-score"
    with installing():
        if not own.exists() and (go := shutil.which("go")):
            run([go, "install", KUBE_SCORE], GOBIN=str(own.parent))
    if own.exists():
        return own
    other = shutil.which("kube-score")
    if other and _VERSION not in run([other, "version"]):
        raise NotInstallable(f"{other} is not kube-score {_VERSION}")
    return Path(other) if other else None


def kube_score(program: Path, folder: Path) -> dict[str, Report]:
    """Scan all folders in a folder: a report by the name of each. Any grade but the best is a failed check."""
    return {scanned.name: _kube_score_report(program, scanned) for scanned in sorted(folder.iterdir())}


def _kube_score_report(program: Path, folder: Path) -> Report:
    options = ["--output-format", "json", "--kubernetes-version", "v1.27", "--disable-ignore-checks-annotations"]
    for optional in ("container-seccomp-profile", "container-ports-check"):
        options += ["--enable-optional-test", optional]
    files = sorted(folder.glob("*.yaml"))
    # It ends with 1 when a check fails.
    result = subprocess.run([program, "score", *options, *files], capture_output=True, text=True, check=False, timeout=300)
    report = Report("kube-score", Counter(), Counter())
    for each in _scored(result):
        for check in each["checks"]:
            if not check["skipped"]:
                finding = Finding(check["check"]["id"], _name(each))
                (report.passed if check["grade"] >= _ALL_OK else report.failed)[finding] += 1
    return report


def _scored(result: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    try:
        scored: list[dict[str, Any]] = json.loads(result.stdout)
    except json.JSONDecodeError as error:
        raise ValueError(f"kube-score printed no JSON: {' '.join(result.stderr.split())[-300:]}") from error
    return scored


def _name(scored: dict[str, Any]) -> str:
    meta = scored["object_meta"]
    return f"{scored['type_meta']['kind']}/{meta.get('namespace', 'default')}/{meta['name']}"
