"""The defects of upstream's manifests, by their numbers in its survey, are absent; each test would fail with one put back."""

import json
import re
from urllib.parse import urlsplit

import pytest

from mgmtcluster import catalog
from mgmtcluster.testing import Manifest, Manifests
from tests.rendering import containers_of, env_of, has_token, leaves, name_of, pod_spec, render

NAME_LABEL = "app.kubernetes.io/name"
CLUSTER_ADDRESS = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+\.svc\b")


def env(objects: Manifests, namespace: str, workload: str, container: str | None = None) -> dict[str, str]:
    """The literal variables of a container. Default: the workload's main one."""
    return env_of(objects.container(namespace, workload, container))


def node_ports(objects: Manifests, namespace: str, workload: str) -> dict[int, int]:
    """The node ports that lead to pods, by the pods' port."""
    return {
        port["targetPort"]: port["nodePort"]
        for service in objects.of_kind("Service")
        if service["metadata"]["namespace"] == namespace and service["spec"].get("selector", {}).get(NAME_LABEL) == workload
        for port in service["spec"]["ports"]
        if "nodePort" in port
    }


def test_01_the_gateway_has_an_image(objects: Manifests) -> None:
    """Upstream's is blank; so no container of ours is without one."""
    assert (
        objects.container("services", "cluster-controller-gateway")["image"] == "docker.io/aiosv1/cluster-controller-gateway:v1"
    )
    assert all(container["image"] for workload in objects.workloads() for container in containers_of(workload))


def test_02_every_service_selects_pods(objects: Manifests) -> None:
    """Upstream's networks-registry-svc selects nothing."""
    pods = [
        (workload["metadata"]["namespace"], workload["spec"]["template"]["metadata"]["labels"])
        for workload in objects.workloads()
    ]
    for service in objects.of_kind("Service"):
        selector = service["spec"].get("selector", {})
        if not selector:
            assert service["spec"]["type"] == "ExternalName", name_of(service)
        elif NAME_LABEL in selector:
            assert any(
                namespace == service["metadata"]["namespace"] and selector.items() <= labels.items() for namespace, labels in pods
            ), name_of(service)


def test_03_the_parser_is_on_30500(objects: Manifests) -> None:
    """As documented; upstream's manifest says 30501."""
    assert node_ports(objects, "services", "parser") == {8000: 30500}


def test_04_the_allocators_api_is_not_exposed(objects: Manifests) -> None:
    """Upstream opens 7777 on 32171; only its WebSocket has a node port."""
    assert node_ports(objects, "utils", "resource-allocator") == {8765: 30151}
    ports = objects.one("Service", "utils", "resource-allocator")["spec"]
    assert {port["port"] for port in ports["ports"]} == {8765, 7777}
    assert ports["type"] == "ClusterIP"


@pytest.mark.parametrize("workload", ["failure-notifier", "vdag-processor"])
def test_05_what_is_not_exposed_has_no_node_port(workload: str, objects: Manifests) -> None:
    """Neither a chosen one nor, by the type NodePort alone, a random one."""
    assert node_ports(objects, "utils", workload) == {}
    assert objects.one("Service", "utils", workload)["spec"]["type"] == "ClusterIP"


def test_06_the_status_writer_has_its_database(objects: Manifests) -> None:
    """The same as the API beside it; without it every task update is popped, then lost."""
    api = {each["name"]: each for each in objects.container("registries", "tasks-db-svc")["env"]}
    writer = {each["name"]: each for each in objects.container("registries", "tasks-db-svc", "status-writer")["env"]}
    assert writer["MONGO_URL"] == api["MONGO_URL"]
    assert writer["DATABASE_PASSWORD"] == api["DATABASE_PASSWORD"]
    assert writer["MONGO_URL"]["value"].partition("?")[0].endswith("/tasks")


def test_07_the_status_writer_has_no_variable_that_is_never_read(objects: Manifests) -> None:
    """REDIS_HOST and REDIS_PORT promise what the code does not do."""
    assert not {"REDIS_HOST", "REDIS_PORT"} & env(objects, "registries", "tasks-db-svc", "status-writer").keys()


def test_08_the_templates_registry_knows_policies_system(objects: Manifests) -> None:
    """Missing upstream, where its URL becomes ``None/policy/…``."""
    value = env(objects, "registries", "templates-registry-svc")["POLICY_DB_URL"]
    assert value == "http://policies-system.registries.svc.cluster.local:10000"


def test_09_policies_system_knows_the_allocators_api(objects: Manifests) -> None:
    """In utils on 7777; upstream writes services and 3000."""
    value = env(objects, "registries", "policies-system")["RESOURCE_ALLOCATOR_API_URL"]
    assert value == "http://resource-allocator.utils.svc.cluster.local:7777"


def test_10_no_other_cluster_is_handed_a_name_of_this_one_as_its_database(objects: Manifests) -> None:
    """PUBLIC_DB_URL is a Secret of the operator's, or absent; what policies-system forwards is reachable from outside."""
    assert "PUBLIC_DB_URL" not in {each["name"] for each in objects.container("registries", "policies-system")["env"]}
    given = render({"public_database_secret": {"name": "public", "key": "uri"}}).objects
    [variable] = [each for each in given.container("registries", "policies-system")["env"] if each["name"] == "PUBLIC_DB_URL"]
    assert "value" not in variable
    assert env(objects, "registries", "policies-system")["POLICY_DB_URL"] == "http://$(NODE_IP):30102"


def test_11_no_variable_names_a_service_that_no_manifest_makes(objects: Manifests) -> None:
    """ADHOC_INFERENCE_API_URL is the operator's to set; every other address is of a Service that is rendered."""
    assert "ADHOC_INFERENCE_API_URL" not in env(objects, "utils", "vdag-processor")
    services = {(each["metadata"]["name"], each["metadata"]["namespace"]) for each in objects.of_kind("Service")}
    for workload in objects.workloads():
        for container in containers_of(workload):
            for value in env_of(container).values():
                for found in CLUSTER_ADDRESS.findall(value):
                    assert tuple(found.split(".")[:2]) in services, (name_of(workload), found)


def test_12_a_splitter_in_another_cluster_is_handed_addresses_outside(objects: Manifests) -> None:
    """Upstream forwards names of this cluster, and an empty one."""
    given = env(objects, "registries", "splits-runners-registry-svc")
    expected = {
        "MODEL_LAYERS_REGISTRY_URL": "http://$(NODE_IP):30110",
        "BLOCKS_DB_URL": "http://$(NODE_IP):30100",
        "TASK_DB_STATUS_UPDATE_URL": "http://$(NODE_IP):30108",
    }
    assert {name: given[name] for name in expected} == expected


def test_13_no_address_is_hard_coded(objects: Manifests) -> None:
    """No IP address but those that mean the pod itself, everybody, or a range of the settings."""
    own = {"127.0.0.1", "0.0.0.0", "10.244.0.0", "10.96.0.0"}
    for each in objects:
        for path, value in leaves(each):
            if not path.startswith("data.") and isinstance(value, str):
                found = {*re.findall(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", value)}
                assert found <= own, (name_of(each), path, value)
    assert "34.58.1.86" not in json.dumps(objects)
    assert "164.52.207.172" not in json.dumps(objects)


def test_13_what_other_clusters_are_handed_is_outside(objects: Manifests) -> None:
    """The gateway's map has every key that its code reads, each reachable from another cluster."""
    given = json.loads(env(objects, "services", "cluster-controller-gateway")["GLOBAL_SERVICES_MAP"])
    redis, policies = "redis://$(NODE_IP):30200/0", "http://$(NODE_IP):30102"
    assert given == {
        "global_block_metrics_redis_host": redis,
        "global_cluster_metrics_redis_host": redis,
        "global_vdag_metrics_redis_host": redis,
        "policy_db_url": policies,
        "blocks_db_url": "http://$(NODE_IP):30100",
        "cluster_db_url": "http://$(NODE_IP):30101",
        "vdag_db_url": "http://$(NODE_IP):30103",
        "vdag_controller_db_url": "http://$(NODE_IP):30103",
        "vdag_controller_image_name": "docker.io/aiosv1/vdag-controller:v1",
    }


def connection_strings(objects: Manifests) -> dict[str, str]:
    """Every connection string of a database, by workload, container and variable."""
    return {
        f"{name_of(workload)} {container['name']} {name}": value
        for workload in objects.workloads()
        for container in containers_of(workload)
        for name, value in env_of(container).items()
        if value.startswith("mongodb://")
    }


def test_14_the_components_registry_has_a_database_of_its_own(objects: Manifests) -> None:
    """Without a path in its URI, data land in ``test``; so every URI has one."""
    assert urlsplit(env(objects, "registries", "components-registry-svc")["MONGO_HOST_URL"]).path == "/components"
    for where, uri in connection_strings(objects).items():
        assert len(urlsplit(uri).path) > 1, where


def test_15_the_components_registry_logs_to_a_volume(objects: Manifests) -> None:
    """With CONTAINER=1 it logs to /logs, which is writable and bounded."""
    container = objects.container("registries", "components-registry-svc")
    assert env_of(container)["CONTAINER"] == "1"
    [mount] = [each for each in container["volumeMounts"] if each["mountPath"] == "/logs"]
    volumes = pod_spec(objects.one("Deployment", "registries", "components-registry-svc"))["volumes"]
    [volume] = [each for each in volumes if each["name"] == mount["name"]]
    assert volume["emptyDir"]["sizeLimit"]


def test_16_every_connection_string_names_every_member_the_set_and_a_user(objects: Manifests) -> None:
    """Upstream's list member 0 alone, without a replica set and without authentication."""
    found = connection_strings(objects)
    assert len(found) >= 17
    for where, uri in found.items():
        user, _, rest = uri.removeprefix("mongodb://").partition("@")
        hosts, _, options = rest.partition("/")
        assert re.fullmatch(r"[a-z0-9-]+:\$\(DATABASE_PASSWORD\)", user), where
        assert len({*hosts.split(",")}) == 3, where
        assert {"replicaSet=rs0", "authSource=admin"} <= {*options.partition("?")[2].split("&")}, where


#: Variables that upstream sets though no code reads them, or reads them to a harm; by workload.
DEAD = {
    "clusters-db-service": {"PORT"},
    "search-server": {"vDAG_TEMPLATE_STORE_API_URL", "CLUSTER_ID", "SEARCH_SERVER_API_URL"},
    "parser": {
        "TASK_DB_URI",
        "POLICY_DB_URL",
        "CLUSTER_SERVICE_URL",
        "GLOBAL_CLUSTER_METRICS_URL",
        "GLOBAL_BLOCK_METRICS_URL",
        "vDAG_TEMPLATE_STORE_API_URL",
        "PARSER_SVC_API",
    },
    "cluster-controller-gateway": {"CLUSTER_CONTROLLER_GATEWAY_POLICY_MAP", "CLUSTER_CONTROLLER_ROUTE"},
    "resource-allocator": {"GLOBAL_BLOCK_METRICS_URL"},
    "failure-notifier": {"POLICY_EXECUTOR_API_URL"},
    "policies-system": {"DB_API_URL"},
}


def test_17_the_parser_has_no_task_database(objects: Manifests) -> None:
    """Upstream gives a URL of HTTP where the code wants one of SQLAlchemy."""
    assert not {"TASK_DB_URI", "ENABLE_TASK_DB"} & env(objects, "services", "parser").keys()


@pytest.mark.parametrize("name", ["search-server", "resource-allocator", "failure-notifier"])
def test_18_policies_run_where_no_executor_is_registered(name: str, objects: Manifests) -> None:
    """In the service's own process; nobody names executor-001."""
    given = env(objects, "utils", name)
    assert given["POLICY_EXECUTION_MODE"] == "local"
    assert "POLICY_SYSTEM_EXECUTOR_ID" not in given
    assert "executor-001" not in json.dumps(objects)


@pytest.mark.parametrize("name", DEAD)
def test_19_no_variable_is_dead(name: str, objects: Manifests) -> None:
    """None of those that no code reads, and none that is empty."""
    [service] = [each for each in catalog.ALL if each.name == name]
    given = env(objects, service.endpoint.namespace, name)
    assert not DEAD[name] & given.keys()
    assert "" not in given.values()


def test_20_every_image_has_a_tag_and_ours_are_of_one_registry(objects: Manifests) -> None:
    """No ``latest``, nothing untagged; what is named to other clusters included."""
    named = [container["image"] for workload in objects.workloads() for container in containers_of(workload)]
    given = env(objects, "services", "cluster-controller-gateway") | env(objects, "registries", "policies-system")
    named += [value for name, value in given.items() if "IMAGE" in name]
    assert len(named) > 40
    for image in named:
        repository, _, tag = image.rpartition(":")
        assert tag not in ("", "latest"), image
        assert "/" not in tag, image
        assert repository.startswith("docker.io/aiosv1/") or repository in ("mongo", "redis", "rancher/local-path-provisioner")


#: The names under which upstream's one consistent release published them.
PUBLISHED = {
    "clusters-db-service": "clusters_db",
    "blocks-db-svc": "blocks-db",
    "adhoc-server-registry-svc": "adhoc-serviers-registry",
    "containers-registry-svc": "containers-registry",
    "layers-registry-svc": "layers-registry",
    "splits-runners-registry-svc": "splits-runners-registry",
    "tasks-db-svc": "tasks-db",
}


@pytest.mark.parametrize(("service", "image"), PUBLISHED.items())
def test_21_an_image_has_one_name(service: str, image: str, objects: Manifests) -> None:
    """Upstream's build script and its manifests disagree; ours are those that were published."""
    assert objects.container("registries", service)["image"] == f"docker.io/aiosv1/{image}:v1"


def test_22_every_pod_has_probes_bounds_and_policies(objects: Manifests) -> None:
    """Upstream has none; the details are tested with the pods and the edges."""
    policies = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in objects.of_kind("NetworkPolicy")}
    for workload in objects.workloads():
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert (workload["metadata"]["namespace"], labels[NAME_LABEL]) in policies, name_of(workload)
        for container in containers_of(workload):
            assert container["resources"]["limits"], name_of(workload)
            assert container["securityContext"]["capabilities"]["drop"] == ["ALL"], name_of(workload)


def test_23_redis_keeps_what_it_acknowledged_and_bounds_its_memory(objects: Manifests) -> None:
    """On a volume, with an append-only file, a limit and users; sidecars listen on localhost."""
    configuration = objects.one("ConfigMap", "metrics-system", "metrics-redis-config")["data"]["redis.conf"].splitlines()
    assert {"appendonly yes", "appendfsync everysec", "maxmemory-policy noeviction", "dir /data"} <= {*configuration}
    assert any(re.fullmatch(r"maxmemory [1-9]\d*mb", line) for line in configuration)
    rules = env_of(objects.container("metrics-system", "metrics-redis"))["DEFAULT_USER_RULES"].split()
    assert rules[0] == "-@all"
    assert {each for each in rules if each[0] == "~"} == {"~BLOCK_METRICS", "~CLUSTER_METRICS", "~vDAG_METRICS"}
    assert not [each for each in rules[1:] if each[0] not in "~+" or each.startswith("+@")]


def test_25_nobody_else_takes_30500(objects: Manifests) -> None:
    """Upstream's join-command-api-svc does; here every node port is one Service's."""
    ports = [
        port["nodePort"] for each in objects.of_kind("Service") for port in each["spec"].get("ports", ()) if "nodePort" in port
    ]
    assert ports.count(30500) == 1
    assert len(ports) == len({*ports})


def bindings(objects: Manifests) -> list[Manifest]:
    """Everything that grants rights."""
    return objects.of_kind("RoleBinding", "ClusterRoleBinding")


def test_26_nobody_is_made_cluster_admin(objects: Manifests) -> None:
    """No binding of a role that is not rendered here, none to a ``default`` account; those with rights are few."""
    for binding in bindings(objects):
        assert objects.one(binding["roleRef"]["kind"], binding["metadata"].get("namespace"), binding["roleRef"]["name"])
        assert all(subject["kind"] == "ServiceAccount" and subject["name"] != "default" for subject in binding["subjects"])
    accounts = {(subject["namespace"], subject["name"]) for binding in bindings(objects) for subject in binding["subjects"]}
    with_token = {
        (each["metadata"]["namespace"], pod_spec(each)["serviceAccountName"]) for each in objects.workloads() if has_token(each)
    }
    assert accounts == with_token
