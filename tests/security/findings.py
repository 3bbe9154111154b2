"""What a scanner found, and which of it is waived."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from mgmtcluster.testing import Manifest, load
from tests.rendering import DIST, files_of, name_of, pod_spec

WAIVERS = Path(__file__).with_name("waivers.yaml")
_FIELDS = {"tool", "check", "objects", "reason"}


@dataclass(frozen=True, order=True)
class Finding:
    """A check of an object: ``CKV_K8S_40``, ``StatefulSet/registries/registry``."""

    check: str
    object: str


@dataclass(frozen=True)
class Report:
    """What a scanner checked: how often each object passed a check, and how often it failed."""

    tool: str
    passed: Counter[Finding]
    failed: Counter[Finding]

    def __add__(self, other: "Report") -> "Report":
        return Report(self.tool, self.passed + other.passed, self.failed + other.failed)

    @property
    def objects(self) -> set[str]:
        """Everything that was looked at."""
        return {each.object for each in (*self.passed, *self.failed)}

    def counts(self) -> dict[str, tuple[int, int]]:
        """Passed and failed, by check."""
        counts = {each.check: [0, 0] for each in sorted((*self.passed, *self.failed))}
        for index, findings in enumerate((self.passed, self.failed)):
            for finding, number in findings.items():
                counts[finding.check][index] += number
        return {check: (passed, failed) for check, (passed, failed) in counts.items()}


@dataclass(frozen=True)
class Waiver:
    """Objects that may fail a check, by patterns of Kind/namespace/name, and why."""

    tool: str
    check: str
    objects: tuple[str, ...]
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether it speaks of this check of this object."""
        return finding.check == self.check and any(fnmatchcase(finding.object, each) for each in self.objects)

    def idle_patterns(self, failed: Iterable[Finding]) -> list[str]:
        """The patterns that no finding needs."""
        objects = [each.object for each in failed if each.check == self.check]
        return [pattern for pattern in self.objects if not any(fnmatchcase(each, pattern) for each in objects)]


def load_waivers(file: Path = WAIVERS) -> list[Waiver]:
    """The waivers of a file, each with all its fields and a reason that is a sentence."""
    waivers = []
    for row in yaml.safe_load(file.read_text()):
        if set(row) != _FIELDS or not row["objects"] or not _is_sentence(row["reason"]):
            raise ValueError(f"{file.name}: a waiver has {', '.join(sorted(_FIELDS))}, and its reason is one sentence: {row}")
        objects = [name for pattern in row["objects"] for name in (_KINDS[pattern]() if pattern in _KINDS else [pattern])]
        waivers.append(Waiver(row["tool"], row["check"], tuple(objects), row["reason"]))
    return waivers


def _of_dist(kind: str) -> list[Manifest]:
    return [manifest for content in files_of(DIST).values() for manifest in load(content).of_kind(kind)]


def _exposed() -> list[str]:
    """Every Service of dist/ that has a node port: which these are, the catalog says."""
    return [name_of(service) for service in _of_dist("Service") if service["spec"].get("type") == "NodePort"]


def _asked_alike() -> list[str]:
    """Every Deployment of dist/ with a container whose readiness and liveness ask the same."""
    return [
        name_of(deployment)
        for deployment in _of_dist("Deployment")
        if any(_asks(made, "readinessProbe") == _asks(made, "livenessProbe") for made in pod_spec(deployment)["containers"])
    ]


def _asks(container: Manifest, probe: str) -> Manifest:
    return {key: value for key, value in container[probe].items() if key in ("exec", "httpGet", "tcpSocket")}


#: What a waiver may name by a word, so that a new service needs no line of its own.
_KINDS = {"exposed": _exposed, "asked alike": _asked_alike}


def _is_sentence(text: str) -> bool:
    return len(text.split()) >= 5 and text[0].isupper() and text.endswith(".") and "\n" not in text


def unwaived(report: Report, waivers: Sequence[Waiver]) -> list[str]:
    """The failed checks that no waiver covers, a line each."""
    own = [each for each in waivers if each.tool == report.tool]
    return [f"{each.check} {each.object}" for each in sorted(report.failed) if not any(waiver.covers(each) for waiver in own)]


def idle(reports: Mapping[str, Report], waivers: Sequence[Waiver]) -> list[str]:
    """The patterns of waivers that match no failed check, a line each; a tool without a report is not judged."""
    return [
        f"{each.tool} {each.check} {pattern}"
        for each in waivers
        if each.tool in reports
        for pattern in each.idle_patterns(reports[each.tool].failed)
    ]


def too_wide(report: Report, waivers: Sequence[Waiver]) -> list[str]:
    """Objects that a waiver excuses from a check that they pass: it would hide the day they no longer do."""
    good = [each for each in report.passed if each not in report.failed]
    own = [each for each in waivers if each.tool == report.tool]
    return sorted({f"{each.check} {each.object}" for waiver in own for each in good if waiver.covers(each)})
