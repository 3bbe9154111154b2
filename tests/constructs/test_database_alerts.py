"""Alerts about a database, in a folder of their own."""

import json
import re
from pathlib import Path

import pytest

from mgmtcluster import Settings, synth_monitoring
from mgmtcluster.testing import Manifest, Manifests, load
from tests.constructs.made_up import alerts
from tests.rendering import ROOT, files_of, render, run_app_here

ON = {"monitoring": True}
BACKED_UP = {**ON, "registry_database": {"members": 5, "backup": {"storage": "50Gi", "schedule": "0 */6 * * *"}}}
FILES = ["10-registry-database.k8s.yaml", "40-metrics-database.k8s.yaml"]


def rules_of(rule: Manifest) -> dict[str, Manifest]:
    """The alerts of a PrometheusRule by name."""
    return {each["alert"]: each for group in rule["spec"]["groups"] for each in group["rules"]}


def test_alerts_are_about_members_alone_without_a_backup() -> None:
    """Four; with a backup four more."""
    members = ["ReplicaSetMembersNotAsDesired", "ReplicaSetHasNoPrimary", "ReplicaSetLags", "ReplicaSetNotConverged"]
    assert [*rules_of(alerts()[1])] == members
    runs = ["BackupFailed", "BackupTooOld", "RestoreDrillFailed", "RestoreDrillTooOld"]
    with_backup = alerts(backup_schedule="0 1 * * *", drill_schedule="0 4 * * 0")
    assert [*rules_of(with_backup[1])] == [*members, *runs]


def test_every_metric_is_one_that_is_told() -> None:
    """By percona/mongodb_exporter with this collector, or by kube-state-metrics, and only of this database."""
    rule = alerts(backup_schedule="0 1 * * *", drill_schedule="0 4 * * 0")[1]
    found = [
        (name, labels)
        for each in rules_of(rule).values()
        for name, labels in re.findall(r"([a-zA-Z_]+)\{([^{}]*(?:\{\d\})?[^{}]*)\}", each["expr"])
    ]
    assert {name for name, _ in found} == {
        "mongodb_members_state",
        "mongodb_members_optimeDate",
        "kube_cronjob_created",
        "kube_cronjob_status_last_successful_time",
        "kube_job_created",
        "kube_job_failed",
        "kube_job_status_start_time",
        "kube_job_status_succeeded",
    }
    for name, labels in found:
        assert labels.startswith('namespace="shop",')
        assert ('service="db-exporter"' in labels) is name.startswith("mongodb_")


def test_alerts_name_the_jobs_that_are_there() -> None:
    """By names that the CronJobs' Jobs and the converge Job have, and no other's."""
    objects = render(BACKED_UP).objects
    _, rule = alerts(
        database="registry", namespace="registries", members=5, backup_schedule="0 1 * * *", drill_schedule="0 4 * * 0"
    )
    patterns = {name: re.findall(r'job_name=~"([^"]+)"', each["expr"]) for name, each in rules_of(rule).items()}
    names = [each["metadata"]["name"] for each in objects.of_kind("Job") if each["metadata"]["namespace"] == "registries"]
    names += [f"{each['metadata']['name']}-29100000" for each in objects.of_kind("CronJob")]
    told = {
        alert: {name for name in names for each in found if re.fullmatch(each, name)}
        for alert, found in patterns.items()
        if found
    }
    converge = objects.job("registries", "registry-init-client")["metadata"]["name"]
    assert told == {
        "ReplicaSetNotConverged": {converge},
        "BackupFailed": {"registry-backup-29100000"},
        "RestoreDrillFailed": {"registry-restore-drill-29100000"},
    }
    cron_jobs = {found for each in rules_of(rule).values() for found in re.findall(r'cronjob="([^"]+)"', each["expr"])}
    assert cron_jobs <= {each["metadata"]["name"] for each in objects.of_kind("CronJob")}


def test_a_run_is_overdue_when_a_second_one_is() -> None:
    """Twice the longest gap of its schedule."""
    rules = rules_of(alerts(backup_schedule="0 */6 * * *", drill_schedule="0 4 * * 0")[1])
    assert rules["BackupTooOld"]["expr"].endswith(f"> {2 * 6 * 3600}")
    assert rules["RestoreDrillTooOld"]["expr"].endswith(f"> {2 * 7 * 86400}")


def test_members_are_as_many_as_the_settings_say() -> None:
    """Three, or five."""
    for members in (3, 5):
        assert rules_of(alerts(members=members)[1])["ReplicaSetMembersNotAsDesired"]["expr"].count(f"!= {members}") == 2


def test_every_alert_says_which_database_and_how_bad() -> None:
    """For whoever is called at night."""
    for rule in rules_of(alerts(backup_schedule="0 1 * * *", drill_schedule="0 4 * * 0")[1]).values():
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"].startswith("shop/db")
        assert rule["for"]


def write(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: object) -> str:
    """What app.py prints when it writes dist/ with these settings."""
    (folder / "settings.yaml").write_text(json.dumps(settings))
    ended = run_app_here(
        monkeypatch, capsys, "--settings", str(folder / "settings.yaml"), "--output", str(folder / "dist"), cwd=folder
    )
    assert (ended.code, ended.err) == (0, "")
    return ended.out


def test_alerts_are_in_a_folder_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside ``dist/``, with monitoring alone; ``dist/`` has no folder that a program could read with it."""
    off = files_of(ROOT / "dist")
    said = write(tmp_path, monkeypatch, capsys, BACKED_UP)
    assert [*files_of(tmp_path / "dist-monitoring")] == FILES
    assert not [path for path in (tmp_path / "dist").iterdir() if path.is_dir()]
    assert "added    PrometheusRule/registries/registry-exporter" in said
    objects = Manifests(each for name in FILES for each in load((tmp_path / "dist-monitoring" / name).read_text()))
    assert {each["kind"] for each in objects} == {"ServiceMonitor", "PrometheusRule"}
    of_registry, of_metrics = (rules_of(each) for each in objects.of_kind("PrometheusRule"))
    assert of_registry["BackupTooOld"]["expr"].endswith(f"> {2 * 6 * 3600}")
    assert "!= 5" in of_registry["ReplicaSetMembersNotAsDesired"]["expr"]
    assert "BackupTooOld" not in of_metrics
    assert not [
        each for content in files_of(tmp_path / "dist").values() for each in load(content) if "coreos" in each["apiVersion"]
    ]
    said = write(tmp_path, monkeypatch, capsys, {})
    assert "removed  PrometheusRule/registries/registry-exporter" in said
    assert files_of(tmp_path / "dist") == off
    assert not (tmp_path / "dist-monitoring").exists()


def test_what_is_somebody_elses_in_the_folder_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other files of it are not removed, and keep the folder."""
    folder = tmp_path / "dist-monitoring"
    folder.mkdir()
    (folder / "dashboard.json").write_text("{}")
    (folder / "99-old.k8s.yaml").write_text("kind: Old\n")
    write(tmp_path, monkeypatch, capsys, ON)
    assert [*files_of(folder)] == [*FILES, "dashboard.json"]
    write(tmp_path, monkeypatch, capsys, {})
    assert [*files_of(folder)] == ["dashboard.json"]


@pytest.mark.parametrize(
    ("output", "folder"),
    [
        ("{here}/dist/", "dist-monitoring"),
        ("{here}/clusters/one", "clusters/one-monitoring"),
        (".", "../here-monitoring"),
        ("..", "../../top-monitoring"),
    ],
)
def test_the_folder_is_named_after_the_one_it_is_beside(
    output: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However that one is written."""
    here = tmp_path / "top" / "here"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    synth_monitoring(output.format(here=here), settings=Settings.of(ON))
    assert [*files_of(here / folder)] == FILES


def test_monitoring_that_cannot_be_written_leaves_dist_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both folders are written, or none."""
    (tmp_path / "dist-monitoring").write_text("a file")
    (tmp_path / "settings.yaml").write_text(json.dumps(ON))
    ended = run_app_here(
        monkeypatch, capsys, "--settings", str(tmp_path / "settings.yaml"), "--output", str(tmp_path / "dist"), cwd=tmp_path
    )
    assert ended.code == 1
    assert "dist-monitoring: cannot be written to (is a file)" in ended.err
    assert not (tmp_path / "dist").exists()
