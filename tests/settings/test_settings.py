"""Each setting has its effect on what is installed, and no other."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from mgmtcluster import Settings, catalog
from mgmtcluster.testing import Manifest, Manifests
from tests.rendering import containers_of, env_of, name_of, pod_spec, render

SERVICES_NAMESPACES = ("registries", "utils", "metrics-system", "services")
DATABASES = {"registry_database": ("registries", "registry"), "metrics_database": ("metrics-system", "metrics-db")}
DIGEST = "example.test/parser@sha256:" + "0123456789abcdef" * 4

each_database = pytest.mark.parametrize("database", DATABASES)


def images(objects: Manifests) -> dict[str, str]:
    """The image of every container, by its workload, without its hash, and its own name."""
    return {
        f"{workload['spec']['template']['metadata']['labels']['app.kubernetes.io/name']}/{container['name']}": container["image"]
        for workload in objects.workloads()
        for container in containers_of(workload)
    }


def changed(settings: Mapping[str, Any]) -> set[str]:
    """The objects that differ from the default's, were added or are missing."""
    before, after = (
        {name_of(manifest): manifest for manifest in objects} for objects in (render().objects, render(settings).objects)
    )
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def stateful_set(objects: Manifests, database: str) -> Manifest:
    """The StatefulSet of a database."""
    return objects.one("StatefulSet", *DATABASES[database])


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "{}", "services: {}\n", "registry_database: {}\n"])
def test_an_empty_file_means_all_defaults(text: str, tmp_path: Path) -> None:
    """So does one in which nothing is set."""
    (tmp_path / "mine.yaml").write_text(text)
    assert Settings.load(tmp_path / "mine.yaml") == Settings()


def test_settings_are_read_from_the_file_given_else_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument, then MGMTCLUSTER_SETTINGS, then settings.yaml."""
    monkeypatch.chdir(tmp_path)
    for name in ("given", "environment", "settings"):
        Path(f"{name}.yaml").write_text(f"image_tag: {name}")
    assert Settings.load().image_tag == "settings"
    monkeypatch.setenv("MGMTCLUSTER_SETTINGS", "environment.yaml")
    assert Settings.load().image_tag == "environment"
    assert Settings.load("given.yaml").image_tag == "given"


def test_settings_are_frozen() -> None:
    """Nobody changes them on the way."""
    with pytest.raises(ValueError, match="frozen"):
        Settings().image_tag = "v2"  # type: ignore[misc]


def external(objects: Manifests) -> Iterator[str]:
    """Every variable that holds an address for clients outside."""
    for workload in objects.workloads():
        for container in containers_of(workload):
            yield from (value for value in env_of(container).values() if "$(NODE_IP)" in value)


def test_node_address_is_what_clients_outside_are_told() -> None:
    """It replaces the IP of the pod's own node, and no URL changes otherwise."""
    before, after = render().objects, render({"node_address": "nodes.example.test"}).objects
    sources = {
        name: [
            variable
            for workload in objects.workloads()
            for box in containers_of(workload)
            for variable in box.get("env", ())
            if variable["name"] == "NODE_IP"
        ]
        for name, objects in (("before", before), ("after", after))
    }
    assert len(sources["before"]) == len(sources["after"]) == 3
    assert all(variable["valueFrom"]["fieldRef"]["fieldPath"] == "status.hostIP" for variable in sources["before"])
    assert all(variable["value"] == "nodes.example.test" for variable in sources["after"])
    assert list(external(before)) == list(external(after))


def test_node_address_stands_before_what_uses_it() -> None:
    """Kubernetes resolves ``$(NODE_IP)`` from variables further up only."""
    for workload in render().objects.workloads():
        for container in containers_of(workload):
            names = [variable["name"] for variable in container.get("env", ())]
            for variable in container.get("env", ()):
                if "$(NODE_IP)" in variable.get("value", ""):
                    assert names.index("NODE_IP") < names.index(variable["name"])


def test_an_ipv6_node_address_is_bracketed() -> None:
    """As URLs want it."""
    objects = render({"node_address": "2001:db8::1"}).objects
    assert env_of(objects.container("registries", "policies-system"))["NODE_IP"] == "[2001:db8::1]"


def test_image_registry_and_tag_are_those_of_every_image_of_the_platform() -> None:
    """Containers' and those named to other clusters; third-party images stay as they are."""
    after = render({"image_registry": "registry.example.test:5000/aios", "image_tag": "v2.1"}).objects
    ours = "registry.example.test:5000/aios/"
    for name, image in images(render().objects).items():
        expected = image.replace("docker.io/aiosv1/", ours).replace(":v1", ":v2.1") if "aiosv1" in image else image
        assert images(after)[name] == expected
    assert "aiosv1" not in json.dumps(after)
    assert (
        env_of(after.container("services", "cluster-controller-gateway"))["INFRA_CONTAINER_IMAGE_NAME"]
        == f"{ours}cluster-infra:v2.1"
    )
    assert after.container("services", "parser")["image"] == f"{ours}parser:v2.1"


def test_image_pull_secrets_are_every_pods() -> None:
    """Of every workload in a namespace of the platform's services, the Jobs and databases included."""
    objects = render({"image_pull_secrets": ["one", "two"]}).objects
    for workload in objects.workloads():
        if workload["metadata"]["namespace"] in SERVICES_NAMESPACES:
            assert pod_spec(workload)["imagePullSecrets"] == [{"name": "one"}, {"name": "two"}], name_of(workload)


@pytest.mark.parametrize(
    ("name", "containers"),
    [
        ("parser", {"parser/parser"}),
        ("status-writer", {"tasks-db-svc/status-writer"}),
        ("redis", {"metrics-redis/metrics-redis", "tasks-db-svc/redis", "vdag-processor/redis"}),
        ("local-path-provisioner", {"local-path-provisioner/local-path-provisioner"}),
    ],
)
def test_an_image_is_replaced_by_its_name(name: str, containers: set[str]) -> None:
    """In the containers that run it, and in no other."""
    before, after = images(render().objects), images(render({"images": {name: DIGEST}}).objects)
    assert {container for container in before if before[container] != after[container]} == containers
    assert {after[container] for container in containers} == {DIGEST}


def test_an_image_by_its_digest_is_not_pulled_again() -> None:
    """It cannot change; a tag may be pushed anew."""
    after = render({"images": {"parser": DIGEST}}).objects
    assert after.container("services", "parser")["imagePullPolicy"] == "IfNotPresent"
    assert render().objects.container("services", "parser")["imagePullPolicy"] == "Always"
    assert (
        "app.kubernetes.io/version" not in after.one("Deployment", "services", "parser")["spec"]["template"]["metadata"]["labels"]
    )


def test_the_helper_of_volumes_has_its_image_in_two_places() -> None:
    """The provisioner's argument and its helper pod's template."""
    objects = render({"images": {"busybox": "example.test/busybox:2"}}).objects
    provisioner = objects.container("mgmtcluster-storage", "local-path-provisioner")
    assert "--helper-image=example.test/busybox:2" in provisioner["command"]
    helper = objects.one("ConfigMap", "mgmtcluster-storage", "local-path-config")["data"]["helperPod.yaml"]
    assert json.loads(helper)["spec"]["containers"][0]["image"] == "example.test/busybox:2"


def test_an_image_of_another_cluster_is_replaced_where_it_is_named() -> None:
    """In the gateway's variables, and in its JSON."""
    objects = render({"images": {"cluster-infra": "example.test/infra:3", "vdag-controller": "example.test/vdag:4"}}).objects
    env = env_of(objects.container("services", "cluster-controller-gateway"))
    assert env["INFRA_CONTAINER_IMAGE_NAME"] == "example.test/infra:3"
    assert json.loads(env["GLOBAL_SERVICES_MAP"])["vdag_controller_image_name"] == "example.test/vdag:4"


def test_with_a_storage_class_nothing_of_the_bundled_one_is_rendered() -> None:
    """Neither its namespace, nor its rights, nor its name; all claims are of the other class."""
    objects = render({"storage_class": "fast"}).objects
    claims = [claim for workload in objects.of_kind("StatefulSet") for claim in workload["spec"]["volumeClaimTemplates"]]
    assert {claim["spec"]["storageClassName"] for claim in claims} == {"fast"}
    assert not objects.of_kind("StorageClass", "ClusterRole", "ClusterRoleBinding")
    assert "mgmtcluster-storage" not in json.dumps(objects)
    assert "local-path" not in json.dumps(objects)


@each_database
@pytest.mark.parametrize("members", [5, 7])
def test_members_are_pods_services_and_hosts(database: str, members: int) -> None:
    """Of that database alone; every client is told of each of them."""
    objects = render({database: {"members": members}}).objects
    namespace, name = DATABASES[database]
    assert stateful_set(objects, database)["spec"]["replicas"] == members
    pods = [f"{name}-{ordinal}" for ordinal in range(members)]
    assert all(objects.one("Service", namespace, pod) for pod in pods)
    hosts = [f"{pod}.{name}.{namespace}.svc.cluster.local:27017" for pod in pods]
    client = {"registries": "blocks-db-svc", "metrics-system": "global-vdag-metrics"}[namespace]
    [uri] = [value for value in env_of(objects.container(namespace, client)).values() if value.startswith("mongodb://")]
    assert uri.partition("@")[2].partition("/")[0].split(",") == hosts
    [converge] = containers_of(objects.job(namespace, f"{name}-init-client"))
    assert json.loads(env_of(converge)["MEMBERS"]) == hosts
    [other] = DATABASES.keys() - {database}
    assert stateful_set(objects, other) == stateful_set(render().objects, other)


def test_members_kept_running_are_pods_but_no_hosts() -> None:
    """While their votes are removed."""
    objects = render({"registry_database": {"members": 3, "keep_running": 5}}).objects
    assert stateful_set(objects, "registry_database")["spec"]["replicas"] == 5
    [converge] = containers_of(objects.job("registries", "registry-init-client"))
    assert len(json.loads(env_of(converge)["MEMBERS"])) == 3
    assert objects.one("Service", "registries", "registry-4")
    assert objects.one("Service", "registry", "registry-4")["spec"]["externalName"] == "registry-4.registries.svc.cluster.local"


def test_a_single_member_is_allowed_where_its_loss_is() -> None:
    """For a laptop."""
    objects = render({"metrics_database": {"members": 1, "single_member_may_lose_data": True}}).objects
    assert stateful_set(objects, "metrics_database")["spec"]["replicas"] == 1


@each_database
def test_storage_is_the_size_of_each_claim(database: str) -> None:
    """And changes that StatefulSet alone."""
    namespace, name = DATABASES[database]
    settings = {database: {"storage": "20Gi"}}
    [claim] = stateful_set(render(settings).objects, database)["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"] == {"storage": "20Gi"}
    assert changed(settings) == {f"StatefulSet/{namespace}/{name}"}


@pytest.mark.parametrize(("memory", "cache"), [("1Gi", "0.25"), ("1536Mi", "0.25"), ("4Gi", "1.5"), ("64Gi", "31.5")])
def test_memory_is_requested_limited_and_halved_for_the_cache(memory: str, cache: str) -> None:
    """WiredTiger's own rule, from the container's memory instead of the node's."""
    objects = render({"registry_database": {"memory": memory}}).objects
    [member] = containers_of(stateful_set(objects, "registry_database"))
    assert member["resources"]["requests"]["memory"] == member["resources"]["limits"]["memory"] == memory
    assert f"--wiredTigerCacheSizeGB={cache}" in member["command"]


@each_database
def test_node_label_is_where_members_run(database: str) -> None:
    """A key with a prefix, and a value; that StatefulSet alone changes."""
    namespace, name = DATABASES[database]
    settings = {database: {"node_label": "example.test/disk=ssd"}}
    affinity = pod_spec(stateful_set(render(settings).objects, database))["affinity"]["nodeAffinity"]
    [term] = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term == {"matchExpressions": [{"key": "example.test/disk", "operator": "In", "values": ["ssd"]}]}
    assert changed(settings) == {f"StatefulSet/{namespace}/{name}"}


def test_existing_secrets_are_read_and_none_is_made() -> None:
    """The names given, the default names for the others, and no Job, role or script that makes any."""
    names = {"keyfile": "my-key", "root": "my-root", "blocks-db-svc": "my-blocks"}
    objects = render({"registry_database": {"existing_secrets": names}}).objects
    assert not [name for name in map(name_of, objects) if "registry-bootstrap" in name]
    password = next(
        variable
        for variable in objects.container("registries", "blocks-db-svc")["env"]
        if variable["name"] == "DATABASE_PASSWORD"
    )
    assert password["valueFrom"]["secretKeyRef"]["name"] == "my-blocks"
    converge = pod_spec(objects.job("registries", "registry-init-client"))
    [users] = [volume for volume in converge["volumes"] if volume["name"] == "users"]
    mounted = {source["secret"]["items"][0]["path"]: source["secret"]["name"] for source in users["projected"]["sources"]}
    assert mounted["root"] == "my-root"
    assert mounted["blocks-db-svc"] == "my-blocks"
    assert mounted["parser"] == "x" if "parser" in mounted else mounted["spec-registry-svc"] == "registry-user-spec-registry-svc"
    for workload in (stateful_set(objects, "registry_database"), objects.job("registries", "registry-init-client")):
        [keyfile] = [volume for volume in pod_spec(workload)["volumes"] if volume["name"] == "keyfile"]
        assert keyfile["secret"]["secretName"] == "my-key"


def test_an_existing_secret_of_redis_is_read_and_none_is_made() -> None:
    """The administrator's password."""
    objects = render({"metrics_redis": {"existing_secret": "my-redis", "storage": "3Gi", "memory": "1Gi"}}).objects
    assert not [name for name in map(name_of, objects) if "metrics-redis-bootstrap" in name]
    redis = objects.one("StatefulSet", "metrics-system", "metrics-redis")
    assert [volume["secret"]["secretName"] for volume in pod_spec(redis)["volumes"] if "secret" in volume] == ["my-redis"]
    assert redis["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "3Gi"
    assert containers_of(redis)[0]["resources"]["limits"]["memory"] == "1Gi"
    assert "maxmemory 768mb\n" in objects.one("ConfigMap", "metrics-system", "metrics-redis-config")["data"]["redis.conf"]


def test_a_services_settings_change_its_deployment_alone() -> None:
    """Replicas, resources and variables; what is not named keeps the catalog's value."""
    settings = {
        "services": {
            "parser": {
                "replicas": 3,
                "resources": {"requests": {"memory": "200Mi"}, "limits": {"ephemeral-storage": "1Gi"}},
                "env": {"MAX_WORKER_POOL_SIZE": "20", "LOG_LEVEL": "debug"},
            }
        }
    }
    assert changed(settings) == {"Deployment/services/parser"}
    before, after = deepcopy(render().objects), render(settings).objects
    assert after.one("Deployment", "services", "parser")["spec"]["replicas"] == 3
    old, new = (objects.container("services", "parser") for objects in (before, after))
    old["resources"]["requests"]["memory"] = "200Mi"
    old["resources"]["limits"]["ephemeral-storage"] = "1Gi"
    assert new["resources"] == old["resources"]
    assert env_of(new) == env_of(old) | {"MAX_WORKER_POOL_SIZE": "20", "LOG_LEVEL": "debug"}


def test_one_replica_has_no_disruption_budget() -> None:
    """It would only block a drain."""
    assert changed({"services": {"parser": {"replicas": 1}}}) == {
        "Deployment/services/parser",
        "PodDisruptionBudget/services/parser",
    }


def test_a_disabled_service_is_gone_whole() -> None:
    """With its account, Services, policy and budget; nothing of anybody else's changes but its peers' policies."""
    gone = changed({"services": {"parser": {"enabled": False}}})
    assert {name for name in gone if "parser" in name} == {
        f"{kind}/services/parser" for kind in ("ServiceAccount", "Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy")
    }
    assert {name.split("/")[0] for name in gone if "parser" not in name} == {"NetworkPolicy"}


def test_public_database_secret_is_what_policies_system_hands_out() -> None:
    """By reference: a connection string holds a password. Without it there is no such variable."""
    settings = {"public_database_secret": {"name": "public", "key": "uri"}}
    assert changed(settings) == {"Deployment/registries/policies-system"}
    env = {variable["name"]: variable for variable in render(settings).objects.container("registries", "policies-system")["env"]}
    assert env["PUBLIC_DB_URL"]["valueFrom"] == {"secretKeyRef": {"name": "public", "key": "uri"}}
    assert "PUBLIC_DB_URL" not in json.dumps(render().objects)


def egress_of(objects: Manifests) -> list[Manifest]:
    """What vdag-processor may connect to."""
    rules: list[Manifest] = objects.one("NetworkPolicy", "utils", "vdag-processor")["spec"]["egress"]
    return rules


@pytest.mark.parametrize(
    ("url", "port", "block"),
    [
        ("http://inference.example.test:20000", 20000, "0.0.0.0/0"),
        ("https://inference.example.test/v1", 443, "0.0.0.0/0"),
        ("http://203.0.113.9", 80, "203.0.113.9/32"),
    ],
)
def test_an_adhoc_inference_server_outside_is_named_and_reached(url: str, port: int, block: str) -> None:
    """Its port is opened, to its address where it is known."""
    settings = {"adhoc_inference_url": url}
    assert changed(settings) == {"Deployment/utils/vdag-processor", "NetworkPolicy/utils/vdag-processor"}
    objects = render(settings).objects
    assert env_of(objects.container("utils", "vdag-processor"))["ADHOC_INFERENCE_API_URL"] == url
    [added] = [rule for rule in egress_of(objects) if rule not in egress_of(render().objects)]
    assert added["ports"] == [{"port": port, "protocol": "TCP"}]
    assert added["to"][0]["ipBlock"]["cidr"] == block


def test_an_adhoc_inference_server_in_the_cluster_is_an_edge() -> None:
    """A pod of somebody else's namespace, though no range of the cluster is outside."""
    settings = {"adhoc_inference_url": "http://inference-server.inference-server.svc.cluster.local:20000"}
    platform = render(settings)
    assert changed(settings) == {"Deployment/utils/vdag-processor", "NetworkPolicy/utils/vdag-processor"}
    [added] = [rule for rule in egress_of(platform.objects) if rule not in egress_of(render().objects)]
    assert "ipBlock" not in json.dumps(added)
    assert added["ports"][0]["port"] == 20000
    assert added["to"][0]["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "inference-server"}}


def test_the_adhoc_inference_server_of_other_clusters_is_handed_on() -> None:
    """In the JSON of the gateway; left out where it is not set."""
    settings = {"vdag_adhoc_inference_server_url": "inference.example.test:20000"}
    assert changed(settings) == {"Deployment/services/cluster-controller-gateway"}
    name = "vdag_adhoc_inference_server_url"
    for objects, expected in ((render(settings).objects, "inference.example.test:20000"), (render().objects, None)):
        env = env_of(objects.container("services", "cluster-controller-gateway"))
        assert json.loads(env["GLOBAL_SERVICES_MAP"]).get(name) == expected


def test_outside_and_cluster_ranges_change_policies_alone() -> None:
    """What they mean is shown with the edges."""
    for settings in ({"outside_cidrs": ["203.0.113.0/24"]}, {"cluster": {"cidrs": ["10.42.0.0/16", "10.43.0.0/16"]}}):
        names = changed(settings)
        assert names
        assert {name.split("/")[0] for name in names} == {"NetworkPolicy"}


@each_database
def test_what_differs_for_a_database_is_found_by_its_entry_in_the_catalog(database: str) -> None:
    """Of that database, not of the other one."""
    settings = Settings.of({database: {"members": 5}})
    [asked] = [entry for entry in catalog.DATABASES if entry.setting == database]
    [other] = [entry for entry in catalog.DATABASES if entry.setting != database]
    assert (settings.database(asked).members, settings.database(other).members) == (5, 3)
