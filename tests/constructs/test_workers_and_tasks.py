"""What is no web service: pods with names, pods that nobody asks, pods that end."""

from typing import Any

import pytest
from cdk8s import ApiObject, App, Chart

from mgmtcluster import (
    Autoscale,
    Claim,
    Client,
    Endpoint,
    ExecProbe,
    Init,
    InvalidInput,
    Metrics,
    Outside,
    Peer,
    StatefulService,
    Task,
    TcpProbe,
    Worker,
    edges_of,
)
from mgmtcluster.testing import Manifests, load, may_connect
from tests.constructs.made_up import IMAGE, TILL, Define, database, sidecar, web_service
from tests.rendering import env_of, name_of, pod_spec, render_chart


def rendered(define: Define) -> Manifests:
    """The objects of a chart that the rules accept."""
    return render_chart(define)


def worker(chart: Chart, **arguments: Any) -> Worker:
    """A worker with as little as can be said, and what is given."""
    return Worker(chart, "worker", image=IMAGE, **arguments)


def task(chart: Chart, **arguments: Any) -> Task:
    """A task with as little as can be said, and what is given."""
    return Task(chart, "report", image=IMAGE, **arguments)


def stateful(chart: Chart, **arguments: Any) -> StatefulService:
    """A stateful service with as little as can be said, and what is given."""
    return StatefulService(chart, "till", image=IMAGE, endpoint=TILL, **arguments)


def test_a_worker_has_no_service_no_port_and_no_probe() -> None:
    """Nothing waits before it ends either: nobody has to be told."""
    objects = rendered(worker)
    kinds = ["ServiceAccount", "Deployment", "PodDisruptionBudget", "NetworkPolicy"]
    assert [name_of(each) for each in objects] == [f"{kind}/shop/worker" for kind in kinds]
    container = objects.container("shop", "worker")
    assert not [key for key in container if key.endswith("Probe") or key in ("ports", "lifecycle")]
    assert "ingress" not in objects.one("NetworkPolicy", "shop", "worker")["spec"]
    labels = objects.one("Deployment", "shop", "worker")["metadata"]["labels"]
    assert labels["app.kubernetes.io/component"] == "worker"


def test_a_worker_reaches_its_queue_and_its_database() -> None:
    """The queue's host is in a variable; the rest is as for a service."""

    def define(chart: Chart) -> None:
        web_service(chart, "queue", endpoint=Endpoint("queue", "shop", 6379))
        db = database(chart)
        worker(chart, queue=Endpoint("queue", "shop", 6379), queue_env="QUEUE", databases=[db.grant("jobs", env="DB")])

    objects = rendered(define)
    env = {each["name"]: each.get("value") for each in objects.container("shop", "worker")["env"]}
    assert env["QUEUE"] == "queue.shop.svc.cluster.local"
    worker_pods, queue = Peer("shop", "worker"), Peer("shop", "queue")
    assert may_connect(objects, worker_pods, queue, 6379)
    assert may_connect(objects, worker_pods, Peer("shop", "db"), 27017)
    assert not may_connect(objects, queue, worker_pods, 6379)


def test_a_worker_may_be_scaled_watched_and_probed() -> None:
    """By what it can be asked: a port of its metrics, a command."""
    objects = rendered(
        lambda chart: worker(
            chart,
            name="packer",
            autoscale=Autoscale(min=1, max=4),
            metrics=Metrics(port=9100),
            liveness=ExecProbe(command=["alive"]),
            readiness=TcpProbe(port=9100),
        )
    )
    assert objects.one("HorizontalPodAutoscaler", "shop", "packer")["spec"]["scaleTargetRef"]["kind"] == "Deployment"
    container = objects.container("shop", "packer")
    assert container["ports"] == [{"containerPort": 9100, "name": "metrics"}]
    assert container["livenessProbe"]["exec"]["command"] == ["alive"]


def test_a_task_is_a_job_that_runs_again_only_where_it_changes() -> None:
    """Its name ends in a hash of its pods; a label of it changes nothing."""
    names = [
        [each["metadata"]["name"] for each in rendered(define).of_kind("Job")]
        for define in (
            task,
            task,
            lambda chart: task(chart, args=["--all"]),
            lambda chart: task(chart, files={"/list": "a"}),
            lambda chart: task(chart, files={"/list": "b"}),
        )
    ]
    assert names[0] == names[1]
    assert len({name for [name] in names}) == 4
    assert all(name.startswith("report-") and len(name) == len("report-") + 8 for [name] in names)
    [job] = rendered(task).of_kind("Job")
    assert (job["spec"]["backoffLimit"], pod_spec(job)["restartPolicy"]) == (6, "Never")
    assert not [key for key in pod_spec(job)["containers"][0] if key.endswith("Probe") or key in ("ports", "lifecycle")]


def test_a_task_with_a_schedule_is_a_cron_job() -> None:
    """In UTC, one run at a time, with the same pods."""
    objects = rendered(lambda chart: task(chart, schedule="0 3 * * *"))
    [cron_job] = objects.of_kind("CronJob")
    assert cron_job["metadata"]["name"] == "report"
    spec = cron_job["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("0 3 * * *", "Etc/UTC", "Forbid")
    [job] = rendered(task).of_kind("Job")
    assert spec["jobTemplate"]["spec"]["template"] == job["spec"]["template"]


def test_a_task_has_edges_and_a_policy_as_all_have() -> None:
    """A user of its database, the address in its variable, hosts outside, a claim."""
    app = App()
    chart = Chart(app, "test", namespace="shop")
    web_service(chart, "till", endpoint=TILL)
    outside = [Outside(ports=((443, 443),), reason="rates")]
    grant = database(chart).grant("report", env="DB")
    claims = {"/out": Claim("1Gi")}
    task(chart, database=grant, env={"TILL": TILL.url}, outside=outside, waits_for_database=True, claims=claims)
    assert [(str(edge.server), edge.why, edge.database) for edge in edges_of(app) if edge.client.name == "report"] == [
        ("0.0.0.0/0", "rates", None),
        ("shop/db", "DB", "report"),
        ("shop/till", "TILL", None),
    ]
    objects = load(app.synth_yaml())
    [rule] = [rule for rule in objects.one("NetworkPolicy", "shop", "report")["spec"]["egress"] if "ipBlock" in rule["to"][0]]
    assert rule["ports"] == [{"port": 443, "protocol": "TCP"}]
    assert objects.one("PersistentVolumeClaim", "shop", "report-out")
    job = objects.job("shop", "report")
    assert [each["name"] for each in pod_spec(job)["initContainers"]] == ["wait-for-database"]


def test_a_stateful_service_has_a_claim_a_pod_and_names() -> None:
    """More pods than one may be asked for; the claims stay when it goes."""
    objects = rendered(lambda chart: stateful(chart, claims={"/data": Claim("5Gi", storage_class="fast")}, replicas=3))
    stateful_set = objects.one("StatefulSet", "shop", "till")["spec"]
    assert (stateful_set["replicas"], stateful_set["serviceName"]) == (3, "till-pods")
    assert stateful_set["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    [claim] = stateful_set["volumeClaimTemplates"]
    assert (claim["metadata"]["name"], claim["spec"]["storageClassName"]) == ("till-data", "fast")
    assert {"name": "till-data", "mountPath": "/data"} in objects.container("shop", "till")["volumeMounts"]
    assert not objects.of_kind("PersistentVolumeClaim", "Deployment")
    headless = objects.one("Service", "shop", "till-pods")["spec"]
    assert (headless["clusterIP"], headless["publishNotReadyAddresses"]) == ("None", True)
    assert headless["selector"] == stateful_set["selector"]["matchLabels"]
    assert objects.one("Service", "shop", "till")["spec"]["type"] == "ClusterIP"
    assert stateful_set["template"]["spec"]["topologySpreadConstraints"][0]["matchLabelKeys"] == ["controller-revision-hash"]


def test_one_pod_of_a_stateful_service_is_reached_by_its_name() -> None:
    """By other pods and by each other, on the port that the pods listen on: a headless Service leads to no other."""
    index = Endpoint("index", "shop", 80, target_port=9200)

    def define(chart: Chart) -> None:
        seeds = {"SEED_0": index.of_pod(0).host, "SEED_1": index.of_pod(1).host}
        StatefulService(chart, "index", image=IMAGE, endpoint=index, env=seeds)
        Worker(chart, "reader", image=IMAGE, env={"INDEX_URL": index.of_pod(1).url})
        Worker(chart, "other", image=IMAGE)

    objects = rendered(define)
    [port] = objects.one("Service", "shop", "index-pods")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (9200, 9200)
    assert env_of(objects.container("shop", "reader"))["INDEX_URL"] == "http://index-1.index-pods.shop.svc.cluster.local:9200"
    reaching = {peer for peer in ("reader", "index", "other") if may_connect(objects, Peer("shop", peer), index.peer, 9200)}
    assert reaching == {"reader", "index"}


def test_a_pod_that_there_is_not_is_refused() -> None:
    """A number beyond the replicas; with an autoscaler nobody knows their number."""

    def define(chart: Chart, **arguments: Any) -> None:
        stateful(chart, **arguments)
        worker(chart, env={"TILL_HOST": TILL.of_pod(3).host})

    with pytest.raises(RuntimeError, match=r"till-3\.till-pods\S+: there is no such pod; write one of till-0, till-1, till-2"):
        rendered(lambda chart: define(chart, replicas=3))
    assert rendered(lambda chart: define(chart, autoscale=Autoscale(min=1, max=9)))


def test_a_stateful_service_takes_what_a_web_service_takes() -> None:
    """Clients, metrics, autoscaling with claims that one node may mount."""
    clients = [Client.namespace("jobs")]
    scale = Autoscale(min=2, max=5)
    objects = rendered(
        lambda chart: stateful(chart, clients=clients, metrics=Metrics(port=9100), autoscale=scale, claims={"/d": Claim("1Gi")})
    )
    assert objects.one("HorizontalPodAutoscaler", "shop", "till")["spec"]["scaleTargetRef"]["kind"] == "StatefulSet"
    assert "replicas" not in objects.one("StatefulSet", "shop", "till")["spec"]
    assert len(objects.one("NetworkPolicy", "shop", "till")["spec"]["ingress"]) == 2


KINDS: dict[str, Define] = {
    "Deployment": worker,
    "StatefulSet": stateful,
    "Job": task,
    "CronJob": lambda chart: task(chart, schedule="0 3 * * *"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_its_main_object_is_what_others_find(kind: str) -> None:
    """And every child is an attribute."""
    made: Any = KINDS[kind](Chart(App(), "test", namespace="shop"))
    assert ApiObject.of(made).kind == kind
    assert made.service_account.name == made.network_policy.name == made.peer.name


BAD: dict[str, tuple[Define, str]] = {
    "a port of a worker's sidecar": (
        lambda chart: worker(chart, sidecars=[sidecar(endpoints=[TILL])]),
        "test/worker: sidecars.helper.endpoints: nothing here has a Service; leave them out, or define a WebService",
    ),
    "the endpoint of one pod": (
        lambda chart: StatefulService(chart, "x", image=IMAGE, endpoint=TILL.of_pod(0)),
        "test/x: endpoint: shop/till-0.till-pods:8081 is of one pod; write that of the Service",
    ),
    "a monitor without a Service": (
        lambda chart: worker(chart, metrics=Metrics(port=1, service_monitor=True)),
        "test/worker: metrics: service_monitor: a ServiceMonitor needs a Service, and there is none; leave it out",
    ),
    "clients of a worker": (
        lambda chart: worker(chart, clients=[Client.namespace("jobs")]),
        "test/worker: clients: is not an argument; write one of ",
    ),
    "a load balancer of a worker": (
        lambda chart: worker(chart, service_type="LoadBalancer"),
        "test/worker: service_type: is not an argument; write one of ",
    ),
    "annotations of a task's Service": (
        lambda chart: task(chart, service_annotations={"example.test/a": "b"}),
        "test/report: service_annotations: is not an argument; write one of ",
    ),
    "an id that is no name": (
        lambda chart: Worker(chart, "Mailer", image=IMAGE),
        "test/Mailer: name: 'Mailer' is not a DNS label; write at most 63 of ",
    ),
    "a queue's variable without a queue": (
        lambda chart: worker(chart, queue_env="QUEUE"),
        "test/worker: queue_env: there is no queue; pass queue=…, or leave it out",
    ),
    "a database elsewhere": (
        lambda chart: worker(chart, namespace="bank", database=database(chart).grant("a", env="URL")),
        "test/worker: database: is in the namespace shop, and so are its Secrets; write namespace='shop'",
    ),
    "a port of an init container that stays": (
        lambda chart: task(chart, init=[Init(name="proxy", image=IMAGE, restart_policy="Always", endpoints=[TILL])]),
        "test/report: init.proxy.endpoints: nothing here has a Service; leave them out, or define a WebService",
    ),
    "a probe without a port": (
        lambda chart: worker(chart, liveness=TcpProbe()),
        "test/worker: liveness: names no port, and no endpoint speaks TCP; write port=…, or an ExecProbe",
    ),
    "a queue's variable twice": (
        lambda chart: worker(chart, queue=TILL, env={"REDIS_HOST": "x"}),
        "test/worker: env.REDIS_HOST: is set already; leave it out, or pass another queue_env",
    ),
    "a task's long name": (
        lambda chart: task(chart, name="x" * 53),
        f"test/report: name: '{'x' * 53}' is too long for names of Jobs; write at most 52 characters",
    ),
    "a schedule that is none": (
        lambda chart: task(chart, schedule="daily"),
        "test/report: schedule: 'daily' ",
    ),
    "pods of a task": (lambda chart: task(chart, replicas=2), "test/report: replicas: is not an argument; write one of "),
    "a stateful service's long name": (
        lambda chart: StatefulService(chart, "x", image=IMAGE, endpoint=Endpoint("x" * 53, "shop", 80)),
        f"test/x: endpoint: '{'x' * 53}' is too long for names of its pods; write at most 52 characters",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_is_refused(name: str) -> None:
    """In one line."""
    define, problem = BAD[name]
    with pytest.raises(InvalidInput) as error:
        rendered(define)
    [said] = error.value.problems
    assert said.startswith(problem)


def test_a_namespace_is_the_charts_or_ones_own() -> None:
    """One of them is needed."""
    assert worker(Chart(App(), "test", namespace="shop"), namespace="bank").peer.namespace == "bank"
    with pytest.raises(InvalidInput, match="test/worker: namespace: is missing, and the chart has none"):
        render_chart(worker, namespace=None)


def test_an_init_container_may_stay_beside_a_task() -> None:
    """A sidecar would keep the Job from ending; this one ends with it."""
    staying = Init(name="proxy", image="example.test/proxy:1", restart_policy="Always")
    [job] = rendered(lambda chart: task(chart, init=[staying])).of_kind("Job")
    assert pod_spec(job)["initContainers"][0]["restartPolicy"] == "Always"
