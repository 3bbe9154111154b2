"""How a service is reached from outside follows the settings everywhere: Services, addresses, policies, the command, the rule."""

import json
from typing import Any

import pytest

from mgmtcluster import InvalidInput, Settings
from mgmtcluster.cli import expected
from mgmtcluster.cli.services import rows_of
from mgmtcluster.map.graph import platform_graph
from mgmtcluster.testing import Manifests
from tests.rendering import leaves, render


def with_service(name: str, **fields: Any) -> Manifests:
    """The platform with these settings of one service."""
    return render({"services": {name: fields}}).objects


def problems_of(settings: dict[str, Any]) -> tuple[str, ...]:
    """What is wrong with these settings."""
    with pytest.raises(InvalidInput) as error:
        Settings.of(settings)
    return error.value.problems


@pytest.mark.parametrize(
    ("settings", "namespace", "service", "port", "documented"),
    [
        ({"services": {"policies-system": {"node_port": 32100}}}, "registries", "policies-system", 10000, "30102"),
        ({"metrics_redis": {"node_port": 32100}}, "metrics-system", "metrics-redis", 6379, "30200"),
    ],
    ids=["service", "redis"],
)
def test_another_node_port_is_in_its_service_and_in_every_address(
    settings: dict[str, Any], namespace: str, service: str, port: int, documented: str
) -> None:
    """Nothing is left that names the documented one: the gateway hands addresses on."""
    objects = render(settings).objects
    [found] = objects.one("Service", namespace, service)["spec"]["ports"]
    assert (found["port"], found["nodePort"]) == (port, 32100)
    before = [path for each in render().objects for path, value in leaves(each) if documented in str(value)]
    after = [path for each in objects for path, value in leaves(each) if "32100" in str(value)]
    assert before == after
    assert len(after) > 1
    assert documented not in json.dumps(objects)


def test_the_command_and_the_map_show_the_other_node_port_of_redis(tmp_path: Any) -> None:
    """As it is installed."""
    file = tmp_path / "settings.yaml"
    file.write_text("metrics_redis: {node_port: 32200}")
    loaded = expected.load(str(file), cached=False)
    [row] = [row for row in rows_of(loaded) if row.service == "metrics-redis"]
    assert (row.node_port, row.external) == (32200, "redis://NODE:32200")
    [node] = [node for node in platform_graph(loaded.edges, loaded.objects)["nodes"] if node["name"] == "metrics-redis"]
    assert node["ports"] == [{"port": 6379, "nodePort": 32200}]


def test_a_node_port_that_is_closed_may_be_outside_the_range() -> None:
    """Nothing asks the cluster for it."""
    raw = {"cluster": {"node_port_range": "32000-32767"}, "services": {"search-server": {"service_type": "ClusterIP"}}}
    assert not [problem for problem in problems_of(raw) if "search-server" in problem]


def test_the_command_lists_the_other_node_port(tmp_path: Any) -> None:
    """As it is installed."""
    file = tmp_path / "settings.yaml"
    file.write_text("services: {parser: {node_port: 32100}, search-server: {service_type: ClusterIP}}")
    rows = {row.service: row for row in rows_of(expected.load(str(file), cached=False))}
    assert (rows["parser"].node_port, rows["parser"].external) == (32100, "http://NODE:32100")
    assert (rows["search-server"].node_port, rows["search-server"].external) == (None, None)


def test_a_service_inside_the_cluster_alone_has_no_node_port_and_no_open_policy() -> None:
    """Its second Service goes with the port that it was for."""
    objects = with_service("search-server", service_type="ClusterIP")
    service = objects.one("Service", "utils", "search-server")["spec"]
    assert service["type"] == "ClusterIP"
    assert not [port for port in service["ports"] if "nodePort" in port]
    policy = objects.one("NetworkPolicy", "utils", "search-server")["spec"]
    assert not [rule for rule in policy.get("ingress", ()) if "from" not in rule]


def test_a_load_balancer_keeps_the_node_port_and_is_as_it_is_asked_for() -> None:
    """Addresses that are handed out go on; only the Service of the exposed ports is one."""
    fields = {
        "service_type": "LoadBalancer",
        "load_balancer_class": "example.test/internal",
        "load_balancer_source_ranges": ["198.51.100.0/24"],
        "service_annotations": {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"},
    }
    objects = with_service("resource-allocator", **fields)
    service = objects.one("Service", "utils", "resource-allocator-external")
    assert service["spec"]["type"] == "LoadBalancer"
    assert service["spec"]["loadBalancerClass"] == "example.test/internal"
    assert service["spec"]["loadBalancerSourceRanges"] == ["198.51.100.0/24"]
    assert service["metadata"]["annotations"]["service.beta.kubernetes.io/aws-load-balancer-scheme"] == "internal"
    assert [port["nodePort"] for port in service["spec"]["ports"]] == [30151]
    assert objects.one("Service", "utils", "resource-allocator")["spec"]["type"] == "ClusterIP"


def test_a_service_without_a_documented_node_port_may_have_a_load_balancer() -> None:
    """Its policy opens the port then."""
    objects = with_service("vdag-processor", service_type="LoadBalancer")
    assert objects.one("Service", "utils", "vdag-processor")["spec"]["type"] == "LoadBalancer"
    assert {"ports": [{"port": 10500, "protocol": "TCP"}]} in objects.one("NetworkPolicy", "utils", "vdag-processor")["spec"][
        "ingress"
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"node_port": 32100, "service_type": "ClusterIP"}, "node_port: is closed by service_type: ClusterIP; leave one"),
        ({"load_balancer_class": "a"}, "load_balancer_class: is for service_type: LoadBalancer alone; write that, or leave it"),
        ({"load_balancer_source_ranges": ["10.0.0.0/8"]}, "load_balancer_source_ranges: is for service_type: LoadBalancer alone"),
        (
            {"service_type": "LoadBalancer", "load_balancer_source_ranges": ["10.0.0.0/8", "2001:db8::/32"]},
            "load_balancer_source_ranges: '2001:db8::/32' is IPv6, and the cluster's ip_families are IPv4; write a range",
        ),
        (
            {"service_type": "ClusterIP", "service_annotations": {"example.test/a": "b"}},
            "service_annotations: no port of the service is exposed; write service_type: LoadBalancer, or leave them out",
        ),
        ({"service_type": "ExternalName"}, "service_type: 'ExternalName' is not allowed; write 'ClusterIP', 'NodePort' or"),
        ({"service_annotations": {"argocd.argoproj.io/sync-wave": "1"}}, "service_annotations.argocd.argoproj.io/sync-wave: "),
        ({"env": {"TOKEN": {"secret": "a"}}}, "env.TOKEN.key: is missing; write it"),
        ({"env": {"TOKEN": {"secret": "A", "key": "a"}}}, "env.TOKEN.secret: 'A' is not an object name"),
        ({"env": {"HTTPS_PROXY": "http://me:secret@proxy.test:3128"}}, "env.HTTPS_PROXY: holds a password, which would stand in"),
        ({"env": {"TOKEN": 3}}, "env.TOKEN: expected text, got 3; write it in quotes"),
        ({"image_pull_policy": "Never", "pods": {"image_pull_policy": "Always"}}, "image_pull_policy: is Always in pods; leave"),
    ],
)
def test_what_does_not_go_together_is_refused(fields: dict[str, Any], words: str) -> None:
    """In one line with its place."""
    [problem] = problems_of({"services": {"parser": fields}})
    assert problem.startswith(f"settings: services.parser.{words}")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"node_port": 32100}, "node_port: the service is not exposed by its documentation; leave it out"),
        (
            {"service_type": "NodePort"},
            "service_type: NodePort: the service is not exposed by its documentation; write LoadBalancer, or leave it out",
        ),
        (
            {"service_annotations": {"example.test/a": "b"}},
            "service_annotations: no port of the service is exposed; write service_type: LoadBalancer, or leave them out",
        ),
    ],
)
def test_a_service_that_is_not_exposed_has_nothing_of_one_that_is(fields: dict[str, Any], words: str) -> None:
    """Only what is exposed may be exposed elsewhere; a load balancer is its own port."""
    [problem] = problems_of({"services": {"vdag-processor": fields}})
    assert problem == f"settings: services.vdag-processor.{words}"


def test_a_variable_may_hold_a_password_by_reference() -> None:
    """What it refers to comes from a Secret."""
    url = "http://me:$(PASSWORD)@proxy.test:3128"
    env = {"PASSWORD": {"secret": "proxy", "key": "password"}, "HTTPS_PROXY": url}
    assert {"name": "HTTPS_PROXY", "value": url} in with_service("parser", env=env).container("services", "parser")["env"]


def test_a_port_that_others_hand_out_may_not_be_closed() -> None:
    """Both services are named; without the one that hands it out, it may."""
    closed = {"policies-system": {"service_type": "ClusterIP"}}
    found = problems_of({"services": closed})
    assert found
    assert all("services.policies-system.service_type: ClusterIP has no node port, and " in problem for problem in found)
    assert any("policies-system hands its address to others in POLICY_DB_URL" in problem for problem in found)


def test_a_node_port_that_another_service_has_is_refused() -> None:
    """Naming who has it; two that change places have one each."""
    words = "settings: services.parser: node port: 30100 is that of services.blocks-db-svc too; write another one"
    assert problems_of({"services": {"parser": {"node_port": 30100}}}) == (words,)
    assert Settings.of({"services": {"parser": {"node_port": 30100}, "blocks-db-svc": {"node_port": 30500}}})


def test_a_variable_may_come_from_a_secret() -> None:
    """Nothing of it stands in a file but the Secret's name."""
    env = with_service("parser", env={"TOKEN": {"secret": "my-secret", "key": "token"}}).container("services", "parser")["env"]
    assert {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "my-secret", "key": "token"}}} in env


def test_volumes_are_where_the_settings_say() -> None:
    """The provisioner reads it from its configuration."""
    config = render({"volumes_directory": "/srv/volumes"}).objects.one("ConfigMap", "mgmtcluster-storage", "local-path-config")
    [paths] = json.loads(config["data"]["config.json"])["nodePathMap"]
    assert paths["paths"] == ["/srv/volumes"]


def test_helper_pods_have_the_selinux_label_of_the_settings() -> None:
    """And no other pod; by default they have none."""
    given = {"type": "spc_t", "level": "s0-s0:c0.c1023"}
    objects = render({"volumes_selinux": given}).objects
    config = objects.one("ConfigMap", "mgmtcluster-storage", "local-path-config")
    helper = json.loads(config["data"]["helperPod.yaml"])["spec"]
    assert helper["securityContext"] == {"seLinuxOptions": given}
    assert json.dumps(objects).replace("\\", "").count('"seLinuxOptions"') == 1
    assert "seLinuxOptions" not in json.dumps(render().objects)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"volumes_selinux": {"type": "spc t"}}, "volumes_selinux.type: 'spc t' is no part of an SELinux label; write letters"),
        ({"volumes_selinux": {"types": "spc_t"}}, "write 'user', 'role', 'type' or 'level'"),
        (
            {"volumes_selinux": {"type": "spc_t"}, "storage_class": "gp3"},
            "volumes_selinux: is for the bundled provisioner, and storage_class names another; leave one of them out",
        ),
        (
            {"volumes_directory": "/srv/volumes", "storage_class": "gp3"},
            "volumes_directory: is for the bundled provisioner, and storage_class names another; leave one of them out",
        ),
    ],
)
def test_volumes_that_cannot_be_as_they_are_asked_for(fields: dict[str, Any], words: str) -> None:
    """In one line."""
    [problem] = problems_of(fields)
    assert words in problem


def test_one_service_may_be_pulled_otherwise() -> None:
    """Over what holds for all."""
    objects = render({"pods": {"image_pull_policy": "Always"}, "services": {"parser": {"image_pull_policy": "Never"}}}).objects
    assert objects.container("services", "parser")["imagePullPolicy"] == "Never"
    assert objects.container("utils", "search-server")["imagePullPolicy"] == "Always"
