"""A replicated database is its members, their names, and the Jobs that make it one set."""

import json
import warnings

import pytest
from cdk8s import ApiObject, App, Chart
from pymongo.uri_parser import parse_uri

from mgmtcluster import Endpoint, RegistryService, edges_of
from mgmtcluster.databases.replica_set import TIMEOUTS
from mgmtcluster.testing import Manifests
from tests.constructs.made_up import IMAGE, ORDERS, TILL, database
from tests.rendering import containers_of, env_of, pod_spec, render_chart


def with_clients(chart: Chart) -> None:
    """A database with two clients."""
    db = database(chart)
    RegistryService(chart, "orders", image=IMAGE, endpoint=ORDERS, database=db.grant("orders", env="ORDERS_DB"))
    RegistryService(chart, "till", image=IMAGE, endpoint=TILL, database=db.grant("cash", env="TILL_DB"), waits_for_database=True)


@pytest.fixture(scope="module")
def shop() -> Manifests:
    """A database with two clients."""
    return render_chart(with_clients)


def test_its_children_are_attributes_and_the_service_is_the_default() -> None:
    """What a caller needs to go on."""
    db = database(Chart(App(), "test", namespace="shop"))
    assert ApiObject.of(db).kind == "StatefulSet"
    assert db.service.name == db.stateful_set.name == db.pod_disruption_budget.name == db.network_policy.name == "db"
    assert [service.name for service in db.member_services] == ["db-0", "db-1", "db-2"]
    assert db.replica_set.hosts[2] == "db-2.db.shop.svc.cluster.local:27017"
    assert db.secrets is not None
    assert db.job.kind == "Job"


def test_a_grant_is_a_user_an_edge_and_a_connection_string(shop: Manifests) -> None:
    """All three of the client's own name."""
    [converge] = containers_of(shop.job("shop", "db-init-client"))
    assert json.loads(env_of(converge)["USERS"]) == [
        {"user": "root", "roles": [{"role": "root", "db": "admin"}]},
        {"user": "orders", "roles": [{"role": "readWrite", "db": "orders"}]},
        {"user": "till", "roles": [{"role": "readWrite", "db": "cash"}]},
    ]
    hosts = ",".join(f"db-{n}.db.shop.svc.cluster.local:27017" for n in range(3))
    assert env_of(shop.container("shop", "till"))["TILL_DB"] == (
        f"mongodb://till:$(DATABASE_PASSWORD)@{hosts}/cash?replicaSet=rs0&authSource=admin&w=majority&retryWrites=true"
        "&connectTimeoutMS=3000&heartbeatFrequencyMS=5000&serverSelectionTimeoutMS=20000&socketTimeoutMS=30000"
    )
    app = App()
    with_clients(Chart(app, "test", namespace="shop"))
    assert {(str(edge.client), edge.database) for edge in edges_of(app) if edge.database} == {
        ("shop/orders", "orders"),
        ("shop/till", "cash"),
    }


def test_a_driver_understands_every_timeout_of_a_connection_string(shop: Manifests) -> None:
    """None is misspelt or in another unit: the driver reads each as seconds, without a warning."""
    uri = env_of(shop.container("shop", "till"))["TILL_DB"].replace("$(DATABASE_PASSWORD)", "pw")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        options = parse_uri(uri)["options"]
    assert {name: options[name] for name in TIMEOUTS} == {name: int(value) / 1000 for name, value in TIMEOUTS.items()}
    # An election takes 12 s at most: a call waits longer, and a member is given up sooner.
    assert options["serverSelectionTimeoutMS"] > 12 > options["heartbeatFrequencyMS"] + options["connectTimeoutMS"]


def test_a_password_is_never_text(shop: Manifests) -> None:
    """A variable from a Secret before the connection string that uses it, or a file."""
    for workload in shop.workloads():
        for container in containers_of(workload):
            names = [each["name"] for each in container.get("env", ())]
            for each in container.get("env", ()):
                if "$(DATABASE_PASSWORD)" in each.get("value", ""):
                    assert names.index("DATABASE_PASSWORD") < names.index(each["name"])
                assert "value" not in each or "PASSWORD" not in each["name"] or each["name"].endswith("_FILE")


def test_a_service_may_wait_for_its_database(shop: Manifests) -> None:
    """In a container that runs first, with the same user and the database's own image."""
    [first] = pod_spec(shop.one("Deployment", "shop", "till"))["initContainers"]
    assert first["image"] == containers_of(shop.one("StatefulSet", "shop", "db"))[0]["image"]
    assert env_of(first)["DATABASE_URI"] == env_of(shop.container("shop", "till"))["TILL_DB"]
    assert "initContainers" not in pod_spec(shop.one("Deployment", "shop", "orders"))


def test_members_start_together_and_are_found_before_they_are_ready(shop: Manifests) -> None:
    """Readiness follows the role, which nobody has before the set is initiated."""
    assert shop.one("StatefulSet", "shop", "db")["spec"]["podManagementPolicy"] == "Parallel"
    for service in shop.of_kind("Service"):
        if service["metadata"]["name"].startswith("db"):
            assert service["spec"]["publishNotReadyAddresses"] is True
            assert service["spec"]["clusterIP"] == "None"


def test_no_two_members_share_a_node(shop: Manifests) -> None:
    """Required, not preferred: one disk, one member."""
    affinity = pod_spec(shop.one("StatefulSet", "shop", "db"))["affinity"]
    [term] = affinity["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term == {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "db"}}}


def test_mongod_asks_for_a_user_and_knows_its_peers_by_a_key(shop: Manifests) -> None:
    """Authentication on, the keyfile mounted, the set named; no probe runs mongosh."""
    [mongod] = containers_of(shop.one("StatefulSet", "shop", "db"))
    assert {"--auth", "--keyFile=/secrets/keyfile/keyfile", "--replSet=rs0"} <= {*mongod["command"]}
    assert "mongosh" not in json.dumps([mongod[f"{kind}Probe"] for kind in ("readiness", "liveness", "startup")])
    assert mongod["livenessProbe"]["tcpSocket"] == {"port": 27017}


def job_names(members: int) -> set[str]:
    """The names of the Jobs of a database of so many members."""
    return {each["metadata"]["name"] for each in render_chart(lambda chart: database(chart, members=members)).of_kind("Job")}


def test_a_jobs_name_changes_with_its_template_alone() -> None:
    """A second apply does nothing; a change runs it anew."""
    assert job_names(3) == job_names(3)
    assert len(job_names(3) - job_names(5)) == 1


@pytest.mark.parametrize("members", [3, 5, 7])
def test_a_majority_stays_when_nodes_are_drained(members: int) -> None:
    """One member away at a time, for any number of them."""
    objects = render_chart(lambda chart: database(chart, members=members))
    spec = objects.one("PodDisruptionBudget", "shop", "db")["spec"]
    assert (spec["maxUnavailable"], spec["unhealthyPodEvictionPolicy"]) == (1, "IfHealthyBudget")


def test_two_databases_do_not_know_each_other() -> None:
    """Their users, Secrets and policies are their own."""

    def define(chart: Chart) -> None:
        first, second = database(chart, "one"), database(chart, "two")
        RegistryService(chart, "orders", image=IMAGE, endpoint=ORDERS, database=first.grant("orders", env="DB"))
        RegistryService(
            chart, "till", image=IMAGE, endpoint=Endpoint("till", "shop", 80), database=second.grant("cash", env="DB")
        )

    objects = render_chart(define)
    for name, user, stranger in (("one", "orders", "till"), ("two", "till", "orders")):
        job = json.dumps(objects.job("shop", f"{name}-init-client"))
        assert f"{name}-user-{user}" in job
        assert stranger not in job
