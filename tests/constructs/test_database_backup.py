"""A backup is three CronJobs: hardened, let through to their database alone, and named in the one list of edges."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
from cdk8s import ApiObject, App, Chart

from mgmtcluster import Bucket, Context, DatabaseBackup, edges_of, rules, set_context
from mgmtcluster.kinds.quantities import quantity_value
from mgmtcluster.kinds.schedules import longest_gap
from mgmtcluster.testing import Host, Manifest, Manifests, Network, assert_admitted, pods_of
from tests import test_edges, test_pods
from tests.constructs.made_up import database
from tests.rendering import Platform, containers_of, env_of, name_of, pod_spec, render, render_chart
from tests.rig.scripts import SCRIPTS

BUCKET: Mapping[str, Any] = {
    "endpoint": "https://s3.example.com",
    "name": "dumps",
    "secret": "bucket-keys",
    "prefix": "clusters/one",
}
CLAIM = {"storage": "50Gi"}
ON = {"registry_database": {"backup": CLAIM}, "metrics_database": {"backup": {"bucket": BUCKET, "keep": 3}}}
DATABASES = {"claim": ("registries", "registry"), "bucket": ("metrics-system", "metrics-db")}
STEPS = ("backup", "restore-drill", "restore")
NAMES = [(place, step) for place in DATABASES for step in STEPS]


@pytest.fixture(scope="module")
def on() -> Platform:
    """The platform with dumps of one database on a claim, of the other in a bucket."""
    return render(ON)


def as_jobs(objects: Manifests) -> Manifests:
    """The objects with every CronJob as a Job that it makes, for what is asked of any workload."""
    return Manifests(
        {**each, "kind": "Job", "metadata": {**each["metadata"], "name": f"{each['metadata']['name']}-0"}, "spec": job_spec(each)}
        if each["kind"] == "CronJob"
        else each
        for each in objects
    )


def job_spec(cron_job: Manifest) -> Manifest:
    """The spec of the Jobs that a CronJob makes."""
    spec: Manifest = cron_job["spec"]["jobTemplate"]["spec"]
    return spec


def as_platform(platform: Platform) -> Platform:
    """The platform with CronJobs as Jobs."""
    return Platform(as_jobs(platform.objects), platform.edges, platform.cluster)


def cron_job(platform: Platform, place: str, step: str) -> Manifest:
    """One of the six."""
    namespace, name = DATABASES[place]
    return platform.objects.one("CronJob", namespace, f"{name}-{step}")


def job(platform: Platform, place: str, step: str) -> Manifest:
    """A Job that one of the six makes."""
    namespace, name = DATABASES[place]
    return as_jobs(platform.objects).one("Job", namespace, f"{name}-{step}-0")


def scripts_of(workload: Manifest) -> list[str]:
    """The scripts that a pod runs, in their order."""
    return [container["command"][1].rpartition("/")[2] for container in containers_of(workload)]


def backup(chart: Chart, **arguments: Any) -> DatabaseBackup:
    """A backup on a claim, with one argument changed."""
    given: dict[str, Any] = {"schedule": "0 1 * * *", "keep": 2, "storage": "5Gi", **arguments}
    return DatabaseBackup(chart, "dumps", database=database(chart), **given)


def test_without_it_nothing_is_there(platform: Platform) -> None:
    """No CronJob, no claim, no user."""
    assert not platform.objects.of_kind("CronJob", "PersistentVolumeClaim")
    assert "backup" not in str([each for each in platform.objects if each["kind"] != "ConfigMap"]).replace("backup-and", "")


def test_its_children_are_attributes_and_the_backup_is_the_default() -> None:
    """What a caller needs to go on."""
    made = backup(Chart(App(), "test", namespace="shop"))
    assert ApiObject.of(made) == made.backup
    assert (made.backup.name, made.drill.name, made.restore.name) == ("db-backup", "db-restore-drill", "db-restore")
    assert made.claim is not None
    assert made.claim.name == "db-backups"


@pytest.mark.parametrize(("place", "step"), NAMES)
def test_a_run_neither_overlaps_nor_hangs_for_ever(place: str, step: str, on: Platform) -> None:
    """One at a time, with a limit for its start and for all of it, and the last ones to look at."""
    spec = cron_job(on, place, step)["spec"]
    assert (spec["concurrencyPolicy"], spec["timeZone"]) == ("Forbid", "Etc/UTC")
    assert 0 < spec["startingDeadlineSeconds"] < 86400
    assert spec["successfulJobsHistoryLimit"] > 0
    assert spec["failedJobsHistoryLimit"] > 0
    made = job_spec(cron_job(on, place, step))
    assert 0 < made["activeDeadlineSeconds"] < 86400
    assert made["template"]["spec"]["restartPolicy"] == "Never"
    assert "ttlSecondsAfterFinished" not in made


def test_a_restore_runs_only_when_somebody_makes_a_job_of_it(on: Platform) -> None:
    """And then once; the other two run by their schedules."""
    for place in DATABASES:
        restore = cron_job(on, place, "restore")
        assert restore["spec"]["suspend"] is True
        assert job_spec(restore)["backoffLimit"] == 0
        assert [cron_job(on, place, step)["spec"]["suspend"] for step in ("backup", "restore-drill")] == [False, False]


def test_schedules_are_those_of_the_settings() -> None:
    """The drill is weekly where nothing else is said."""
    given = {"schedule": "15 3 * * *", "drill_schedule": "0 5 1 * *", **CLAIM}
    objects = render({"registry_database": {"backup": given}, "metrics_database": {"backup": CLAIM}}).objects
    schedules = {name_of(each): each["spec"]["schedule"] for each in objects.of_kind("CronJob") if not each["spec"]["suspend"]}
    assert schedules == {
        "CronJob/registries/registry-backup": "15 3 * * *",
        "CronJob/registries/registry-restore-drill": "0 5 1 * *",
        "CronJob/metrics-system/metrics-db-backup": "30 1 * * *",
        "CronJob/metrics-system/metrics-db-restore-drill": "0 4 * * 0",
    }


def test_the_steps_of_each_pod(on: Platform) -> None:
    """A claim needs one; a bucket one more, in its client's image, after the dump or before the restore."""
    steps = {name: scripts_of(job(on, *name)) for name in NAMES}
    assert steps == {
        ("claim", "backup"): ["backup-dump.sh"],
        ("claim", "restore-drill"): ["backup-drill.sh"],
        ("claim", "restore"): ["backup-restore.sh"],
        ("bucket", "backup"): ["backup-dump.sh", "backup-store.sh"],
        ("bucket", "restore-drill"): ["backup-fetch.sh", "backup-drill.sh"],
        ("bucket", "restore"): ["backup-fetch.sh", "backup-restore.sh"],
    }
    for name in NAMES:
        for container in containers_of(job(on, *name)):
            expected = "rclone/" if container["name"] in ("store", "fetch") else "mongo:"
            assert container["image"].startswith(expected)


def test_every_script_that_is_run_is_mounted(on: Platform) -> None:
    """From a ConfigMap with the files as they are, and the library beside them."""
    for place, (namespace, name) in DATABASES.items():
        data = on.objects.one("ConfigMap", namespace, f"{name}-backup-scripts")["data"]
        assert data == {file: (SCRIPTS / file).read_text() for file in data}
        run = {script for step in STEPS for script in scripts_of(job(on, place, step))}
        assert run | {"backup-lib.sh", "backup-member.sh", "ready.sh"} <= data.keys()


def variables_of(script: str) -> set[str]:
    """The variables that a script, or the library that it sources, says it needs."""
    text = (SCRIPTS / script).read_text()
    known = (
        "DUMPS",
        "NAME",
        "CREDENTIALS",
        "MEMBERS",
        "USER_NAME",
        "PASSWORD_FILE",
        "KEEP",
        "DUMP",
        "SCRATCH",
        "CACHE_GIB",
        "REPLICA_SET",
    )
    return {name for name in (*known, "BUCKET", "BUCKET_ENDPOINT", "BUCKET_KEYS") if re.search(rf"\$\{{?{name}\b", text)}


@pytest.mark.parametrize(("place", "step"), NAMES)
def test_every_variable_that_a_script_reads_is_set(place: str, step: str, on: Platform) -> None:
    """In its container; old dumps are removed by the step that has them all before it."""
    for container in containers_of(job(on, place, step)):
        script = container["command"][1].rpartition("/")[2]
        wanted = variables_of(script) - ({"KEEP"} if script == "backup-dump.sh" else set())
        assert wanted <= env_of(container).keys(), script
    keepers = {c["name"]: env_of(c)["KEEP"] for c in containers_of(job(on, place, step)) if "KEEP" in env_of(c)}
    expected: Mapping[tuple[str, str], Any] = {("claim", "backup"): {"dump": "7"}, ("bucket", "backup"): {"store": "3"}}
    assert keepers == expected.get((place, step), {})


def test_dumps_are_written_by_the_backup_alone(on: Platform) -> None:
    """The claim is read-only for the others."""
    mounts = {
        step: [
            mount.get("readOnly", False)
            for c in containers_of(job(on, "claim", step))
            for mount in c["volumeMounts"]
            if mount["name"] == "dumps"
        ]
        for step in STEPS
    }
    assert mounts == {"backup": [False], "restore-drill": [True], "restore": [True]}
    for step in STEPS:
        [volume] = [each for each in pod_spec(job(on, "claim", step))["volumes"] if each["name"] == "dumps"]
        assert volume["persistentVolumeClaim"] == {"claimName": "registry-backups"}


def test_the_claim_is_of_the_platforms_storage(on: Platform) -> None:
    """Argo CD waits for it last, since it is bound with the first dump, and does not delete it unasked."""
    [claim] = on.objects.of_kind("PersistentVolumeClaim")
    assert name_of(claim) == "PersistentVolumeClaim/registries/registry-backups"
    assert claim["spec"]["storageClassName"] == "mgmtcluster-local-path"
    assert claim["spec"]["resources"]["requests"] == {"storage": "50Gi"}
    annotations = claim["metadata"]["annotations"]
    others = {int(each["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]) for each in on.objects if each != claim}
    assert int(annotations["argocd.argoproj.io/sync-wave"]) > max(others)
    assert annotations["argocd.argoproj.io/sync-options"] == "Prune=confirm,Delete=confirm"
    [claim] = render({**ON, "storage_class": "fast"}).objects.of_kind("PersistentVolumeClaim")
    assert claim["spec"]["storageClassName"] == "fast"


def test_the_drill_reaches_no_database_and_has_no_password(on: Platform) -> None:
    """It could not restore into the wrong one."""
    for place, (_, name) in DATABASES.items():
        drill = job(on, place, "restore-drill")
        assert not [
            each for container in containers_of(drill) for each in env_of(container) if each in ("MEMBERS", "PASSWORD_FILE")
        ]
        assert f"{name}-user-" not in json.dumps(drill)
        assert not [edge for edge in on.edges if edge.client.name == f"{name}-restore-drill" and edge.server.namespace]


@pytest.mark.parametrize(("place", "step"), NAMES)
def test_a_scratch_folder_has_room_for_the_data(place: str, step: str, on: Platform) -> None:
    """As much as a member's volume, within the container's limit."""
    for volume in pod_spec(job(on, place, step))["volumes"]:
        if "emptyDir" in volume and volume["name"] in ("dumps", "scratch"):
            assert volume["emptyDir"] == {"sizeLimit": "10Gi"}
            for container in containers_of(job(on, place, step)):
                if volume["name"] in [mount["name"] for mount in container["volumeMounts"]]:
                    assert quantity_value(container["resources"]["limits"]["ephemeral-storage"]) > 10 * 2**30


@pytest.mark.parametrize(("place", "step"), NAMES)
def test_its_pods_are_as_hardened_as_every_other(place: str, step: str, on: Platform) -> None:
    """What is asked of every pod of the platform."""
    workload = job(on, place, step)
    for test in (
        test_pods.test_a_pod_is_restricted,
        test_pods.test_a_root_file_system_is_read_only,
        test_pods.test_an_empty_dir_fits_the_limits_of_its_pod,
        test_pods.test_every_mount_has_its_volume_and_every_volume_a_mount,
        test_pods.test_a_user_is_no_user_of_the_node,
        test_pods.test_requests_and_limits_are_set_for_every_resource,
        test_pods.test_a_pod_gets_no_variables_of_services_it_does_not_use,
    ):
        test(workload)
    test_pods.test_a_pod_has_an_account_of_its_own(workload, as_jobs(on.objects))
    spec = pod_spec(workload)
    assert spec["automountServiceAccountToken"] is False
    assert all(
        container["securityContext"].get("runAsUser", spec["securityContext"]["runAsUser"]) == 10001
        for container in containers_of(workload)
    )


def test_passwords_are_in_memory_and_in_no_variable(on: Platform) -> None:
    """Files of Secrets go in, files in memory come out."""
    for name in NAMES:
        workload = job(on, *name)
        [credentials] = [each for each in pod_spec(workload)["volumes"] if each["name"] == "credentials"]
        assert credentials["emptyDir"]["medium"] == "Memory"
        assert "secretKeyRef" not in json.dumps(workload)
        for volume in pod_spec(workload)["volumes"]:
            assert volume.get("secret", {"defaultMode": 0o440})["defaultMode"] == 0o440


def test_edges_policies_users_and_secrets_follow(on: Platform) -> None:
    """Every address of a CronJob is an edge, every edge a connection, every user has a Secret, and nobody else any."""
    jobs = as_platform(on)
    test_edges.test_every_address_is_an_edge_and_every_edge_an_address(jobs)
    test_edges.test_pods_connect_exactly_where_there_is_an_edge(jobs)
    test_edges.test_pods_are_asked_where_there_is_an_edge_or_a_node_port(jobs)
    for peer in test_edges.DATABASES:
        test_edges.test_a_secret_is_made_for_each_user_and_for_the_members(peer, jobs)
    test_pods.test_everything_has_the_recommended_labels(jobs.objects)


@pytest.mark.parametrize("place", DATABASES)
def test_the_user_of_the_backup_may_read_and_nothing_else(place: str, on: Platform) -> None:
    """The role ``backup``; root is what it was."""
    namespace, name = DATABASES[place]
    asked = json.loads(env_of(containers_of(on.objects.job(namespace, f"{name}-init-client"))[0])["USERS"])
    users = {each["user"]: each["roles"] for each in asked}
    assert users["backup"] == [{"role": "backup", "db": "admin"}]
    assert users["root"] == [{"role": "root", "db": "admin"}]
    for step, user in (("backup", "backup"), ("restore", "root")):
        [volume] = [each for each in pod_spec(job(on, place, step))["volumes"] if each["name"] == "password"]
        assert volume["secret"]["secretName"] == f"{name}-user-{user}"
        assert f'"USER_NAME", "value": "{user}"' in json.dumps(job(on, place, step))


def test_secrets_made_elsewhere_are_mounted() -> None:
    """Under the names that the settings give them."""
    secrets = {"keyfile": "k", "root": "r", "backup": "b"}
    objects = as_jobs(render({"registry_database": {"backup": CLAIM, "existing_secrets": secrets}}).objects)
    mounted = [
        volume["secret"]["secretName"]
        for step in ("backup", "restore")
        for volume in pod_spec(objects.one("Job", "registries", f"registry-{step}-0"))["volumes"]
        if "secret" in volume
    ]
    assert mounted == ["b", "r"]


def test_only_pods_with_a_bucket_connect_outside(on: Platform) -> None:
    """On the port of its URL, and not to the cluster's own addresses."""
    network = Network(as_jobs(on.objects))
    outside = {
        pod.peer.name: [port for port in (80, 443, 9000, 27017) if network.lets_out(pod, Host("203.0.113.7"), port)]
        for pod in pods_of(as_jobs(on.objects))
        if "restore" in pod.peer.name or "backup" in pod.peer.name
    }
    ports = {
        name: [443] if name.startswith("metrics-db") else []
        for _, (_, db) in DATABASES.items()
        for name in (f"{db}-{s}" for s in STEPS)
    }
    assert outside == ports
    for pod in pods_of(as_jobs(on.objects)):
        if pod.peer.name in ports:
            assert not network.lets_out(pod, Host("10.96.0.1"), 443)


@pytest.mark.parametrize("version", ["1.27", "1.37"])
def test_every_object_is_valid(version: str, on: Platform, platform: Platform) -> None:
    """Strictly, for the oldest and the newest Kubernetes; a field that nobody knows would be found."""
    added = Manifests(each for each in on.objects if each not in platform.objects)
    assert_admitted(added, version=version)
    changed = Manifests(deepcopy(added))
    changed.of_kind("CronJob")[0]["spec"]["timezone"] = "Etc/UTC"
    with pytest.raises(AssertionError, match="timezone"):
        assert_admitted(changed, version=version)


def test_a_cron_job_with_a_long_name_is_refused_by_the_rules() -> None:
    """Kubernetes would refuse it: the names of its Jobs end in eleven characters more."""
    named = {"kind": "CronJob", "metadata": {"namespace": "shop", "name": "a" * 53}, "spec": {"jobTemplate": {"spec": {}}}}
    [problem] = rules.check([named], [rules.valid_names])
    assert problem.endswith("is too long for the names of its Jobs; write at most 52 characters")


def test_another_teams_database_is_backed_up_the_same_way() -> None:
    """With plain arguments, in its own namespace."""

    def define(chart: Chart) -> None:
        set_context(chart, Context(image_pull_secrets=["regcred"]))
        backup(chart, storage=None, bucket=Bucket(**BUCKET))

    objects = render_chart(define)
    assert [name_of(each) for each in objects.of_kind("CronJob")] == [f"CronJob/shop/db-{step}" for step in STEPS]
    for each in as_jobs(objects).of_kind("Job"):
        if each["metadata"]["name"].endswith("-0"):
            assert pod_spec(each)["imagePullSecrets"] == [{"name": "regcred"}]


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ("*/15 * * * *", 0.25),
        ("30 1 * * *", 24),
        ("0 4 * * 0", 7 * 24),
        ("0 22-23,4 * * 1-5", 53),
        ("0 0 31 * *", 61 * 24),
        ("0 0 29 2 *", 1461 * 24),
        ("0 0 13 * 5", 7 * 24),
        ("0 0 */10 * 1", 7 * 24),
        ("5/20 3 * * *", 24 - 40 / 60),
    ],
)
def test_the_longest_gap_of_a_schedule(schedule: str, hours: float) -> None:
    """By what an alert knows that a run is overdue; where days of month and week are named, either will do."""
    assert longest_gap(schedule).total_seconds() == pytest.approx(3600 * hours)


def test_edges_name_the_roles() -> None:
    """One list says who is whom."""
    app = App()
    backup(Chart(app, "test", namespace="shop"))
    users = {edge.client.name: (edge.user, edge.roles) for edge in edges_of(app) if edge.user}
    assert users == {"db-backup": ("backup", (("backup", "admin"),)), "db-restore": ("root", (("root", "admin"),))}
