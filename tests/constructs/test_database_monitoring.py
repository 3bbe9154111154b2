"""Monitoring is an exporter a database, which Prometheus alone may ask, and alerts in a folder of their own."""

import json
from copy import deepcopy
from typing import Any

import pytest
from cdk8s import ApiObject, App, Chart

from mgmtcluster import DatabaseMonitoring, InvalidInput, Settings, catalog, edges_of
from mgmtcluster.kinds.peers import NAME_LABEL
from mgmtcluster.testing import Manifests, Network, Pod, assert_admitted, pods_of
from tests import test_edges, test_pods
from tests.constructs.made_up import alerts, database
from tests.rendering import Platform, containers_of, env_of, pod_spec, render

ON = {"monitoring": True}
EXPORTERS = [("registries", "registry-exporter"), ("metrics-system", "metrics-db-exporter")]


@pytest.fixture(scope="module")
def on() -> Platform:
    """The platform with monitoring."""
    return render(ON)


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


def test_a_service_monitor_finds_the_exporter(on: Platform) -> None:
    """By the label of its Service, in its namespace, and the name of its port."""
    for what in catalog.DATABASES:
        monitor, _ = alerts(database=what.name, namespace=what.namespace)
        service = on.objects.one("Service", monitor["metadata"]["namespace"], f"{what.name}-exporter")
        wanted = monitor["spec"]["selector"]["matchLabels"]
        assert wanted.items() <= service["metadata"]["labels"].items()
        assert [each["port"] for each in monitor["spec"]["endpoints"]] == [port["name"] for port in service["spec"]["ports"]]
        assert len([each for each in on.objects.of_kind("Service") if wanted.items() <= each["metadata"]["labels"].items()]) == 1
