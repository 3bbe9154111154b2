"""Monitoring is an exporter a database, which Prometheus alone may ask, and alerts in a folder of their own."""

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cdk8s import ApiObject, App, Chart

from mgmtcluster import DatabaseAlerts, DatabaseMonitoring, InvalidInput, Settings, catalog, edges_of, synth_monitoring
from mgmtcluster.kinds.peers import NAME_LABEL
from mgmtcluster.testing import Manifest, Manifests, Network, Pod, assert_admitted, load, pods_of
from tests import test_edges, test_pods
from tests.constructs.made_up import database
from tests.rendering import ROOT, Platform, containers_of, env_of, files_of, pod_spec, render, render_chart, run_app_here

ON = {"monitoring": True}
BACKED_UP = {**ON, "registry_database": {"members": 5, "backup": {"storage": "50Gi", "schedule": "0 */6 * * *"}}}
EXPORTERS = [("registries", "registry-exporter"), ("metrics-system", "metrics-db-exporter")]
FILES = ["10-registry-database.k8s.yaml", "40-metrics-database.k8s.yaml"]


@pytest.fixture(scope="module")
def on() -> Platform:
    """The platform with monitoring."""
    return render(ON)


def alerts(**arguments: Any) -> tuple[Manifest, Manifest]:
    """The ServiceMonitor and the PrometheusRule of a database."""
    given = {"database": "db", "namespace": "shop", "members": 3, **arguments}
    monitor, rule = render_chart(lambda chart: DatabaseAlerts(chart, "alerts", **given))
    return monitor, rule


def rules_of(rule: Manifest) -> dict[str, Manifest]:
    """The alerts of a PrometheusRule by name."""
    return {each["alert"]: each for group in rule["spec"]["groups"] for each in group["rules"]}


def test_without_it_nothing_is_there(platform: Platform) -> None:
    """No exporter and no user."""
    assert "exporter" not in json.dumps(platform.objects)
    assert "clusterMonitor" not in json.dumps([each for each in platform.objects if each["kind"] != "ConfigMap"])


def test_its_children_are_attributes_and_the_service_is_the_default() -> None:
    """What a caller needs to go on."""
    chart = Chart(App(), "test", namespace="shop")
    made = DatabaseMonitoring(chart, "watch", database=database(chart), prometheus_namespace="monitoring")
    assert ApiObject.of(made) == made.deployment
    assert made.service.name == made.deployment.name == made.network_policy.name == made.peer.name == "db-exporter"


@pytest.mark.parametrize(("namespace", "name"), EXPORTERS)
def test_an_exporter_is_one_pod_without_a_node_port(namespace: str, name: str, on: Platform) -> None:
    """Two would tell everything twice; during a rollout too."""
    deployment = on.objects.one("Deployment", namespace, name)
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]) == (1, {"type": "Recreate"})
    service = on.objects.one("Service", namespace, name)
    assert (service["spec"]["type"], [*service["spec"]["ports"][0]]) == ("ClusterIP", ["name", "port", "targetPort"])


@pytest.mark.parametrize(("namespace", "name"), EXPORTERS)
def test_its_pods_are_as_hardened_as_every_other(namespace: str, name: str, on: Platform) -> None:
    """What is asked of every pod of the platform."""
    workload = on.objects.one("Deployment", namespace, name)
    for test in (
        test_pods.test_a_pod_is_restricted,
        test_pods.test_a_root_file_system_is_read_only,
        test_pods.test_an_empty_dir_fits_the_limits_of_its_pod,
        test_pods.test_every_mount_has_its_volume_and_every_volume_a_mount,
        test_pods.test_a_user_is_no_user_of_the_node,
        test_pods.test_requests_and_limits_are_set_for_every_resource,
        test_pods.test_every_container_is_probed,
        test_pods.test_a_slow_start_is_not_taken_for_a_failure,
        test_pods.test_a_pod_gets_no_variables_of_services_it_does_not_use,
        test_pods.test_selectors_are_small_and_stable,
    ):
        test(workload)
    test_pods.test_a_pod_has_an_account_of_its_own(workload, on.objects)
    assert pod_spec(workload)["automountServiceAccountToken"] is False


@pytest.mark.parametrize(("namespace", "name"), EXPORTERS)
def test_its_user_may_see_how_members_are_and_no_data(namespace: str, name: str, on: Platform) -> None:
    """Two roles, and a password that stands in no manifest."""
    db = name.removesuffix("-exporter")
    asked = json.loads(env_of(containers_of(on.objects.job(namespace, f"{db}-init-client"))[0])["USERS"])
    users = {each["user"]: each["roles"] for each in asked}
    assert users["monitor"] == [{"role": "clusterMonitor", "db": "admin"}, {"role": "read", "db": "local"}]
    password, uri = on.objects.container(namespace, name)["env"]
    assert password["valueFrom"]["secretKeyRef"] == {"name": f"{db}-user-monitor", "key": "password"}
    assert uri["value"].startswith("mongodb://monitor:$(DATABASE_PASSWORD)@")
    assert uri["value"].count(".svc.cluster.local:27017") == 3


def test_edges_policies_and_users_follow(on: Platform) -> None:
    """Prometheus, whose pods are somebody else's, is the one client that is no workload of ours."""
    own = Platform(on.objects, [edge for edge in on.edges if edge.client.name != "prometheus"], on.cluster)
    test_edges.test_every_address_is_an_edge_and_every_edge_an_address(own)
    test_edges.test_pods_connect_exactly_where_there_is_an_edge(own)
    for peer in test_edges.DATABASES:
        test_edges.test_a_secret_is_made_for_each_user_and_for_the_members(peer, own)
    test_pods.test_everything_has_the_recommended_labels(on.objects)


@pytest.mark.parametrize("namespace", ["monitoring", "observability"])
def test_prometheus_alone_may_ask_an_exporter(namespace: str) -> None:
    """In the namespace of the settings, by its pods' label."""
    objects = render({**ON, "monitoring_namespace": namespace}).objects
    network = Network(objects)
    asking = {
        "prometheus": Pod(namespace, {NAME_LABEL: "prometheus"}, "10.244.9.1"),
        "another pod there": Pod(namespace, {NAME_LABEL: "grafana"}, "10.244.9.2"),
        "one elsewhere": Pod("default", {NAME_LABEL: "prometheus"}, "10.244.9.3"),
    }
    for server in pods_of(objects):
        if (server.peer.namespace, server.peer.name) in EXPORTERS:
            assert [name for name, client in asking.items() if network.lets_in(server, client, 9216)] == ["prometheus"]
            assert not [port for port in (80, 8080, 27017) if network.lets_in(server, asking["prometheus"], port)]


@pytest.mark.parametrize("version", ["1.27", "1.37"])
def test_every_object_is_valid(version: str, on: Platform, platform: Platform) -> None:
    """Strictly, for the oldest and the newest Kubernetes."""
    added = Manifests(each for each in on.objects if each not in platform.objects)
    assert_admitted(added, version=version)


def test_a_service_monitor_finds_the_exporter(on: Platform) -> None:
    """By the label of its Service, in its namespace, and the name of its port."""
    for what in catalog.DATABASES:
        monitor, _ = alerts(database=what.name, namespace=what.namespace)
        service = on.objects.one("Service", monitor["metadata"]["namespace"], f"{what.name}-exporter")
        wanted = monitor["spec"]["selector"]["matchLabels"]
        assert wanted.items() <= service["metadata"]["labels"].items()
        assert [each["port"] for each in monitor["spec"]["endpoints"]] == [port["name"] for port in service["spec"]["ports"]]
        assert len([each for each in on.objects.of_kind("Service") if wanted.items() <= each["metadata"]["labels"].items()]) == 1


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


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"monitoring": "on"}, "monitoring: expected true or false, got 'on'; write one of them"),
        ({"monitoring_namespace": "My Monitoring"}, "monitoring_namespace: 'My Monitoring' is not a DNS label; write at most 63"),
        (
            {"registry_database": {"existing_secrets": {"monitor": "m"}}},
            "registry_database.existing_secrets.monitor: is not a user of the database; write",
        ),
    ],
)
def test_a_bad_setting_is_one_line(given: Any, expected: str) -> None:
    """Where, what was given, what to write."""
    with pytest.raises(InvalidInput) as refused:
        Settings.of(given)
    [problem] = refused.value.problems
    assert expected in problem
    assert Settings.of({**ON, "registry_database": {"existing_secrets": {"monitor": "m"}}})


def test_a_bad_argument_is_one_line() -> None:
    """Checked before jsii sees it."""
    with pytest.raises(InvalidInput, match=r"test/alerts: backup_schedule: 'daily' is not a cron schedule; write minute"):
        alerts(backup_schedule="daily")
    with pytest.raises(InvalidInput, match=r"test/alerts: members: 0 is out of range; write at least 1"):
        alerts(members=0)


def test_two_exporters_of_one_name_are_refused() -> None:
    """Its Service is claimed."""
    chart = Chart(App(), "test", namespace="shop")
    db = database(chart)
    DatabaseMonitoring(chart, "watch", database=db, prometheus_namespace="monitoring")
    with pytest.raises(InvalidInput, match="Service shop/db-exporter is taken by test/watch"):
        DatabaseMonitoring(chart, "again", database=db, prometheus_namespace="monitoring")
    assert {edge.user for edge in edges_of(chart) if edge.user} == {"monitor"}


def test_a_field_that_nobody_knows_is_found(on: Platform) -> None:
    """The validation of these objects is strict, and so is this test of it."""
    changed = Manifests([deepcopy(on.objects.one("Deployment", *EXPORTERS[0]))])
    changed[0]["spec"]["replica"] = 1
    with pytest.raises(AssertionError, match="replica"):
        assert_admitted(changed, version="1.37")
