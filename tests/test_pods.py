"""Every pod runs with the least it needs, and everything fits the documented nodes."""

from collections.abc import Mapping
from typing import Any

import pytest

from mgmtcluster import catalog
from mgmtcluster.kinds.peers import NAME_LABEL
from mgmtcluster.kinds.quantities import quantity_value
from mgmtcluster.testing import Manifest, Manifests
from tests.rendering import containers_of, has_token, name_of, pod_spec, render

RESTRICTED_VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
RESOURCES = ("cpu", "memory", "ephemeral-storage")
RECOMMENDED = ("name", "instance", "component", "part-of", "managed-by")
GIB = 1024**3

WORKLOADS = render().objects.workloads()
each_workload = pytest.mark.parametrize("workload", WORKLOADS, ids=[name_of(each) for each in WORKLOADS])


def is_database(workload: Manifest) -> bool:
    """Whether mongod or redis runs in it, whose images have a user of their own."""
    return any(container["image"].startswith(("mongo:", "redis:")) for container in pod_spec(workload)["containers"])


def amounts(workload: Manifest, kind: str) -> Mapping[str, float]:
    """What the scheduler counts for one pod: the sum of its containers, or the largest that runs before them."""
    spec = pod_spec(workload)
    return {
        resource: max(
            sum(quantity_value(each["resources"][kind][resource]) for each in spec["containers"]),
            *(quantity_value(each["resources"][kind][resource]) for each in spec.get("initContainers", ())),
            0.0,
        )
        for resource in RESOURCES
    }


def replicas(workload: Manifest) -> int:
    """How many pods of it there are."""
    return int(workload["spec"].get("replicas", 1))


@each_workload
def test_a_pod_is_restricted(workload: Manifest) -> None:
    """Each control of Pod Security's ``restricted``, and of ``baseline`` below it."""
    spec = pod_spec(workload)
    assert not {"hostNetwork", "hostPID", "hostIPC", "ephemeralContainers"} & spec.keys()
    pod = spec["securityContext"]
    assert pod["runAsNonRoot"] is True
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"sysctls", "seLinuxOptions", "windowsOptions", "appArmorProfile"} & pod.keys()
    for volume in spec.get("volumes", ()):
        assert len(volume.keys() - {"name"} & RESTRICTED_VOLUMES) == len(volume) - 1, volume
    for container in containers_of(workload):
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert own["privileged"] is False
        assert own.get("runAsNonRoot", True) is True
        assert not {"procMount", "seLinuxOptions", "windowsOptions", "appArmorProfile", "seccompProfile"} & own.keys()
        assert not [port for port in container.get("ports", ()) if "hostPort" in port or "hostIP" in port]


@each_workload
def test_a_root_file_system_is_read_only(workload: Manifest) -> None:
    """In every container; what is written is a sized ``emptyDir`` or a volume of its own."""
    for container in containers_of(workload):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
    for volume in pod_spec(workload).get("volumes", ()):
        if "emptyDir" in volume:
            assert quantity_value(volume["emptyDir"]["sizeLimit"]) > 0, volume


@each_workload
def test_an_empty_dir_fits_the_limits_of_its_pod(workload: Manifest) -> None:
    """On disk, it counts to the pod's ephemeral storage; in memory, to its memory."""
    limits = amounts(workload, "limits")
    for volume in pod_spec(workload).get("volumes", ()):
        if "emptyDir" in volume:
            resource = "memory" if volume["emptyDir"].get("medium") == "Memory" else "ephemeral-storage"
            assert quantity_value(volume["emptyDir"]["sizeLimit"]) <= limits[resource], volume


@each_workload
def test_every_mount_has_its_volume_and_every_volume_a_mount(workload: Manifest) -> None:
    """Claims included; nothing is mounted twice at one place."""
    claims = {claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", ())}
    volumes = {volume["name"] for volume in pod_spec(workload).get("volumes", ())}
    mounts = [(each["name"], mount) for each in containers_of(workload) for mount in each.get("volumeMounts", ())]
    assert {mount["name"] for _, mount in mounts} == claims | volumes
    places = [(container, mount["mountPath"]) for container, mount in mounts]
    assert len(places) == len({*places})


@each_workload
def test_a_user_is_no_user_of_the_node(workload: Manifest) -> None:
    """10001 or above; 999 for mongod and redis, whose images own their data as that user."""
    users = {
        (container["name"], key): container["securityContext"].get(key, pod_spec(workload)["securityContext"][key])
        for container in containers_of(workload)
        for key in ("runAsUser", "runAsGroup")
    }
    for (name, _), user in users.items():
        image = next(each["image"] for each in containers_of(workload) if each["name"] == name)
        if is_database(workload) and image.startswith(("mongo:", "redis:")):
            assert user == 999 or user >= 10001
        else:
            assert user >= 10001, name


@each_workload
def test_requests_and_limits_are_set_for_every_resource(workload: Manifest) -> None:
    """CPU, memory and ephemeral storage; a limit is no less than its request."""
    for container in containers_of(workload):
        requests, limits = container["resources"]["requests"], container["resources"]["limits"]
        assert requests.keys() == limits.keys() == {*RESOURCES}
        for resource in RESOURCES:
            assert 0 < quantity_value(requests[resource]) <= quantity_value(limits[resource])


def is_long_running(workload: Manifest) -> bool:
    """Whether its containers are meant never to end."""
    return bool(workload["kind"] != "Job")


LONG_RUNNING = [each for each in WORKLOADS if is_long_running(each)]
SERVING = [each for each in LONG_RUNNING if each["metadata"]["namespace"] != "mgmtcluster-storage"]


@pytest.mark.parametrize("workload", LONG_RUNNING, ids=[name_of(each) for each in LONG_RUNNING])
def test_every_container_is_probed(workload: Manifest) -> None:
    """Readiness and liveness differ: what takes a pod out of a Service must not restart it at once."""
    for container in pod_spec(workload)["containers"]:
        readiness, liveness = container["readinessProbe"], container["livenessProbe"]
        assert readiness != liveness, container["name"]
        assert patience(liveness) > patience(readiness), container["name"]
        for probe in (readiness, liveness, container.get("startupProbe", liveness)):
            assert probe["timeoutSeconds"] <= probe["periodSeconds"] or probe["periodSeconds"] <= 5, container["name"]
            asked = probe.get("httpGet", probe.get("tcpSocket", {})).get("port")
            assert asked is None or asked in [port["containerPort"] for port in container.get("ports", ())], container["name"]


def patience(probe: Manifest) -> int:
    """Seconds of failures that a probe bears."""
    return int(probe["periodSeconds"] * probe["failureThreshold"])


@pytest.mark.parametrize("workload", SERVING, ids=[name_of(each) for each in SERVING])
def test_a_slow_start_is_not_taken_for_a_failure(workload: Manifest) -> None:
    """What listens on a port of its pod has five minutes or more to open it: killing a slow start only makes it worse."""
    main = pod_spec(workload)["containers"][0]
    assert patience(main["startupProbe"]) >= 300


def test_nothing_is_asked_of_a_local_redis_from_outside(objects: Manifests) -> None:
    """Where nothing listens on the pod's address, a command in the container asks."""
    for namespace, workload, name in (
        ("registries", "tasks-db-svc", "redis"),
        ("registries", "tasks-db-svc", "status-writer"),
        ("utils", "vdag-processor", "redis"),
    ):
        container = objects.container(namespace, workload, name)
        assert "exec" in container["readinessProbe"]
        assert "exec" in container["livenessProbe"]
        assert "ports" not in container
    for namespace, workload in (("registries", "tasks-db-svc"), ("utils", "vdag-processor")):
        arguments = objects.container(namespace, workload, "redis")["args"]
        assert arguments[arguments.index("--bind") + 1] == "127.0.0.1"
        assert arguments[arguments.index("--maxmemory-policy") + 1] == "noeviction"


def test_a_token_is_where_the_api_server_is_needed_alone(objects: Manifests) -> None:
    """The bootstrap Jobs, by a volume with a token of ten minutes, and the provisioner; accounts never mount any."""
    with_token = {each["spec"]["template"]["metadata"]["labels"][NAME_LABEL] for each in objects.workloads() if has_token(each)}
    assert with_token == {"registry-bootstrap", "metrics-db-bootstrap", "metrics-redis-bootstrap", "local-path-provisioner"}
    assert all(account["automountServiceAccountToken"] is False for account in objects.of_kind("ServiceAccount"))


@each_workload
def test_a_pod_has_an_account_of_its_own(workload: Manifest, objects: Manifests) -> None:
    """Not the namespace's default, and one that exists."""
    account = objects.one("ServiceAccount", workload["metadata"]["namespace"], pod_spec(workload)["serviceAccountName"])
    users = {
        name_of(each).rpartition("-")[0] if each["kind"] == "Job" else name_of(each)
        for each in objects.workloads()
        if each["metadata"]["namespace"] == account["metadata"]["namespace"]
        and pod_spec(each)["serviceAccountName"] == account["metadata"]["name"]
    }
    assert len(users) == 1


@each_workload
def test_a_pod_gets_no_variables_of_services_it_does_not_use(workload: Manifest) -> None:
    """Neither does one of upstream's crash for a variable that Kubernetes would make up."""
    assert pod_spec(workload)["enableServiceLinks"] is False


def test_rights_are_least(objects: Manifests) -> None:
    """Bootstrap Jobs create Secrets and do nothing else; nobody has a wildcard or a role of the cluster's own."""
    roles = objects.of_kind("Role", "ClusterRole")
    for role in roles:
        for rule in role["rules"]:
            assert "*" not in (*rule["verbs"], *rule["resources"], *rule["apiGroups"])
        if role["metadata"]["name"].endswith("-bootstrap"):
            assert role["rules"] == [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}]
    names = {(role["kind"], role["metadata"].get("namespace"), role["metadata"]["name"]) for role in roles}
    for binding in objects.of_kind("RoleBinding", "ClusterRoleBinding"):
        reference = binding["roleRef"]
        namespace = binding["metadata"].get("namespace") if reference["kind"] == "Role" else None
        assert (reference["kind"], namespace, reference["name"]) in names
        for subject in binding["subjects"]:
            assert objects.one("ServiceAccount", subject["namespace"], subject["name"])


def test_everything_has_the_recommended_labels(objects: Manifests) -> None:
    """Objects and pods; those that say what a namespace or its default policy is for need no workload's name."""
    for each in objects:
        labels = each["metadata"]["labels"]
        assert {"app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"} <= labels.keys(), name_of(each)
        if (
            each["kind"] != "Namespace"
            and each["metadata"]["name"] != "default-deny"
            and each["metadata"].get("namespace") != "registry"
        ):
            assert {f"app.kubernetes.io/{label}" for label in RECOMMENDED} <= labels.keys(), name_of(each)
    for workload in objects.workloads():
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert {f"app.kubernetes.io/{label}" for label in RECOMMENDED} <= labels.keys(), name_of(workload)


@each_workload
def test_selectors_are_small_and_stable(workload: Manifest) -> None:
    """The workload's name alone: no version, no hash; and the pods have it."""
    if workload["kind"] != "Job":
        selector = workload["spec"]["selector"]
        assert selector == {"matchLabels": {NAME_LABEL: workload["metadata"]["name"]}}
        assert selector["matchLabels"].items() <= workload["spec"]["template"]["metadata"]["labels"].items()


def test_namespaces_enforce_and_warn(objects: Manifests) -> None:
    """``restricted`` in every namespace of ours but the provisioner's, whose helper pods mount the node's directory.

    The namespace ``registry`` holds names alone, and enforces nothing.
    """
    levels = {
        each["metadata"]["name"]: {
            each["metadata"]["labels"][f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "warn")
        }
        for each in objects.of_kind("Namespace")
        if each["metadata"]["name"] != "registry"
    }
    assert levels.pop("mgmtcluster-storage") == {"privileged"}
    assert levels == {name: {"restricted"} for name in ("registries", "utils", "metrics-system", "services")}


def test_two_replicas_have_a_disruption_budget_and_spread(objects: Manifests) -> None:
    """One pod away at a time, over nodes; a rollout starts the new pod before it stops an old one."""
    budgets = {name_of(each).partition("/")[2]: each["spec"] for each in objects.of_kind("PodDisruptionBudget")}
    for deployment in objects.of_kind("Deployment"):
        where = name_of(deployment).partition("/")[2]
        assert (where in budgets) is (replicas(deployment) > 1)
        if deployment["metadata"]["namespace"] == "mgmtcluster-storage":
            continue
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
        [spread] = pod_spec(deployment)["topologySpreadConstraints"]
        assert (spread["topologyKey"], spread["labelSelector"]) == ("kubernetes.io/hostname", deployment["spec"]["selector"])
    for where, budget in budgets.items():
        kind = "StatefulSet" if where.endswith(("/registry", "/metrics-db")) else "Deployment"
        assert budget["maxUnavailable"] == 1
        assert budget["selector"] == objects.one(kind, *where.split("/"))["spec"]["selector"]


def test_one_replica_has_its_reason_in_the_catalog(objects: Manifests) -> None:
    """State in the process; everything else has two."""
    for service in catalog.ALL:
        deployment = objects.one("Deployment", service.endpoint.namespace, service.name)
        assert (replicas(deployment) == 1) is bool(service.one_replica_because)
        assert len((service.one_replica_because or "two words at least").split()) > 3


def test_a_stop_is_heard_and_drained(objects: Manifests) -> None:
    """Without a sidecar the process is not PID 1, which would ignore SIGTERM; it serves until it is out of every Service."""
    for deployment in objects.of_kind("Deployment"):
        if deployment["metadata"]["namespace"] == "mgmtcluster-storage":
            continue
        spec = pod_spec(deployment)
        assert spec.get("shareProcessNamespace", False) is (len(spec["containers"]) == 1)
        grace = spec.get("terminationGracePeriodSeconds", 30)
        for container in spec["containers"]:
            assert int(container["lifecycle"]["preStop"]["exec"]["command"][-1]) < grace


def total(workloads: list[Manifest]) -> dict[str, float]:
    """The requests of all pods of these workloads."""
    return {resource: sum(amounts(each, "requests")[resource] * replicas(each) for each in workloads) for resource in RESOURCES}


def fits(requested: Mapping[str, float], nodes: int) -> bool:
    """Whether it fits nodes of 4 CPUs, 8 GiB and 40 GB, less what the node keeps for itself and kube-system's pods."""
    node = {"cpu": 4 - 0.4, "memory": 8 * GIB - 0.6 * GIB, "ephemeral-storage": 40e9 * 0.85}
    return all(requested[resource] <= nodes * node[resource] for resource in RESOURCES)


def test_everything_fits_three_nodes(objects: Manifests) -> None:
    """Jobs included, which run beside the rest."""
    requested = total(objects.workloads())
    assert fits(requested, 3)
    assert not fits({resource: 10 * amount for resource, amount in requested.items()}, 3)


def test_the_stateless_fit_two_nodes_when_one_is_drained(objects: Manifests) -> None:
    """Beside the two members of each database and the Redis that stay there."""
    stateless = total(objects.of_kind("Deployment"))
    members = [amounts(each, "requests") for each in objects.of_kind("StatefulSet") for _ in range(min(replicas(each), 2))]
    assert len(members) == 5
    assert fits({resource: stateless[resource] + sum(each[resource] for each in members) for resource in RESOURCES}, 2)


def test_the_largest_pod_fits_what_one_node_has_left(objects: Manifests) -> None:
    """Each node holds a member of each database; the largest other pod still fits beside its share of the rest."""
    members: dict[str, Any] = {
        resource: sum(amounts(each, "requests")[resource] for each in objects.of_kind("StatefulSet")) for resource in RESOURCES
    }
    largest = {
        resource: max(amounts(each, "requests")[resource] for each in objects.of_kind("Deployment")) for resource in RESOURCES
    }
    assert fits({resource: members[resource] + largest[resource] for resource in RESOURCES}, 1)
