"""What an operator may say of a database's pods: CPUs, arguments of mongod, where they run."""

from typing import Any

import pytest

from mgmtcluster import Cpu, InvalidInput, Pods, Settings
from mgmtcluster.testing import Manifests
from tests.constructs.made_up import database
from tests.rendering import pod_spec, render, render_chart

OWN_ARGUMENTS = [
    *("auth", "bind_ip=0.0.0.0", "bind_ip_all", "dbpath=/x", "fork", "ipv6", "keyFile=/x", "noauth", "port=1", "replSet=x"),
    *("setParameter=watchdogPeriodSeconds=10", "transitionToAuth", "wiredTigerCacheSizeGB=1", "config=/x", "shardsvr"),
    *("help", "logpath=/x", "repair", "shutdown", "version"),
]
NO_LIMIT = {"cpu": {"limit": None}}
RATIO = {"max_limit_request_ratio": {"cpu": "5"}}


def one(**arguments: Any) -> Manifests:
    """A database with these arguments, checked by the rules."""
    return render_chart(lambda chart: database(chart, **arguments))


def test_members_have_the_cpus_that_are_asked_for() -> None:
    """Without a limit, none is written."""
    resources = one(cpu=Cpu(request="1500m", limit="4")).container("shop", "db")["resources"]
    assert (resources["requests"]["cpu"], resources["limits"]["cpu"]) == ("1500m", "4")
    unlimited = one(cpu=Cpu(request="1", limit=None)).container("shop", "db")["resources"]
    assert (unlimited["requests"]["cpu"], sorted(unlimited["limits"])) == ("1", ["ephemeral-storage", "memory"])


def test_settings_reach_the_databases_and_redis() -> None:
    """Each its own; one field leaves the defaults of the others."""
    objects = render(
        {
            "registry_database": {
                "cpu": {"request": "500m"},
                "mongod_arguments": ["--oplogSize=2048", "--setParameter=ttlMonitorEnabled=true"],
                "pods": {"priority_class": "databases", "labels": {"tier": "data"}},
                "backup": {"storage": "20Gi"},
            },
            "metrics_redis": {"cpu": {"limit": None}, "pods": {"priority_class": "queues"}},
            "pods": {"priority_class": "all"},
            "monitoring": True,
        }
    ).objects
    member = objects.container("registries", "registry")
    assert member["resources"]["requests"]["cpu"] == "500m"
    assert member["resources"]["limits"]["cpu"] == "2"
    assert member["command"][-2:] == ["--oplogSize=2048", "--setParameter=ttlMonitorEnabled=true"]
    assert "--oplogSize=2048" not in objects.container("metrics-system", "metrics-db")["command"]
    redis = objects.container("metrics-system", "metrics-redis")["resources"]
    assert (redis["requests"]["cpu"], "cpu" in redis["limits"]) == ("100m", False)
    assert pod_spec(objects.one("StatefulSet", "registries", "registry"))["priorityClassName"] == "databases"
    assert pod_spec(objects.job("registries", "registry-init-client"))["priorityClassName"] == "databases"
    assert pod_spec(objects.one("Deployment", "registries", "registry-exporter"))["priorityClassName"] == "databases"
    for job in objects.of_kind("CronJob"):
        assert job["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]["tier"] == "data"
    assert pod_spec(objects.one("StatefulSet", "metrics-system", "metrics-db"))["priorityClassName"] == "all"
    assert pod_spec(objects.one("StatefulSet", "metrics-system", "metrics-redis"))["priorityClassName"] == "queues"
    assert pod_spec(objects.job("metrics-system", "metrics-redis-bootstrap"))["priorityClassName"] == "queues"
    assert pod_spec(objects.one("Deployment", "registries", "blocks-db-svc"))["priorityClassName"] == "all"


def test_pods_of_a_construct_are_its_members_and_its_jobs() -> None:
    """Over what its chart says."""
    objects = one(pods=Pods(labels={"tier": "data"}))
    assert [each["spec"]["template"]["metadata"]["labels"]["tier"] for each in objects.workloads()] == ["data"] * 3


@pytest.mark.parametrize("argument", OWN_ARGUMENTS)
def test_an_argument_that_the_database_sets_itself_is_refused(argument: str) -> None:
    """By settings and by the construct, with what to write."""
    name = argument.removesuffix("=10") if argument.startswith("setParameter") else argument.partition("=")[0]
    with pytest.raises(InvalidInput) as error:
        Settings.of({"metrics_database": {"mongod_arguments": [f"--{argument}"]}})
    [problem] = error.value.problems
    assert problem.startswith("settings: metrics_database.mongod_arguments.0: ")
    assert f"'--{name}' is the database's own; " in problem
    with pytest.raises(InvalidInput, match=r"mongod_arguments.0: .* is the database's own; "):
        one(mongod_arguments=[f"--{argument}"])


@pytest.mark.parametrize(
    ("database", "words"),
    [
        ({"mongod_arguments": ["oplogSize=1"]}, "mongod_arguments.0: 'oplogSize=1' is not an argument of mongod; write --NAME"),
        ({"mongod_arguments": ["--a=1", "--a=2"]}, "mongod_arguments: --a is given twice; write it once"),
        ({"cpu": {"request": "3"}}, "cpu.limit: '2' is less than the request of '3'; write at least that"),
        ({"cpu": {"request": "0"}}, "cpu.request: '0' is not above zero"),
        (
            {"pods": {"tolerations": [{"key": "a", "operator": "exists"}]}},
            "pods.tolerations.0: operator: 'exists' is not allowed",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_the_settings(database: dict[str, Any], words: str) -> None:
    """In one line with its place."""
    with pytest.raises(InvalidInput) as error:
        Settings.of({"registry_database": database})
    [problem] = error.value.problems
    assert problem.startswith(f"settings: registry_database.{words}")


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ({"pods": {"node_selector": {"registry": "no"}}}, ["registry_database.node_label: 'registry=yes' and registry: 'no'"]),
        ({"metrics_database": {"node_label": "a=1", "pods": {"node_selector": {"a": "2"}}}}, ["metrics_database.node_label: "]),
        ({"metrics_database": {"pods": {"node_selector": {"metrics-db": "no"}}}}, ["metrics_database.node_label: "]),
        (
            {"pods": {"node_selector": {"disk": "a"}}, "registry_database": {"node_label": "disk=b"}, "services": {"x": {}}},
            ["registry_database.node_label: ", "services.x: "],
        ),
    ],
)
def test_members_that_no_node_may_run_are_refused(raw: dict[str, Any], wrong: list[str]) -> None:
    """Beside everything else that is wrong; a selector of the database stands over that of all pods."""
    with pytest.raises(InvalidInput) as refused:
        Settings.of(raw)
    assert len(refused.value.problems) == len(wrong)
    for problem, start in zip(refused.value.problems, wrong, strict=True):
        assert problem.startswith(f"settings: {start}")
    assert Settings.of({"pods": {"node_selector": {"registry": "no"}}, "registry_database": {"node_label": "registry=no"}})
    over = {"pods": {"node_selector": {"registry": "yes"}}}
    assert Settings.of({"pods": {"node_selector": {"registry": "no"}}, "registry_database": over})


def test_parameters_may_be_several() -> None:
    """Each is an argument of its own."""
    several = ["--setParameter=a=1", "--setParameter=b=2"]
    assert one(mongod_arguments=several).container("shop", "db")["command"][-2:] == several
    with pytest.raises(InvalidInput, match="mongod_arguments: --setParameter=a=1 is given twice"):
        one(mongod_arguments=[several[0], several[0]])


@pytest.mark.parametrize(
    "image", ["mongo:4.4.29", "registry.example.test/mongo:4.2", "mongo:3.6", "mongo:4", "mongo:4-focal", "mongo:v4.4"]
)
def test_an_image_without_mongosh_is_refused(image: str) -> None:
    """Every Job runs it."""
    with pytest.raises(InvalidInput, match=f"settings: images.mongo: '{image}' has no mongosh"):
        Settings.of({"images": {"mongo": image}})
    with pytest.raises(InvalidInput, match=f"db: image: '{image}' has no mongosh"):
        one(image=image)


@pytest.mark.parametrize(
    "image",
    ["mongo:5.0.2", "mongo:8.0", "mongo:8", "mongo@sha256:" + "0" * 64, "example.test/mongo:lts", "example.test/mongo:4f1c2ab"],
)
def test_an_image_that_may_have_mongosh_is_taken(image: str) -> None:
    """Where the tag tells no version, nobody here can tell."""
    assert one(image=image).container("shop", "db")["image"] == image


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ({"pods": RATIO, "registry_database": NO_LIMIT, "metrics_redis": NO_LIMIT}, ("registry_database", "metrics_redis")),
        ({"metrics_database": {**NO_LIMIT, "pods": RATIO}, "metrics_redis": NO_LIMIT}, ("metrics_database",)),
    ],
)
def test_no_limit_of_cpus_beside_a_ratio_of_limits_is_refused(raw: dict[str, Any], where: tuple[str, ...]) -> None:
    """All of them at once."""
    with pytest.raises(InvalidInput) as error:
        Settings.of(raw)
    words = "cpu.limit: is null, and max_limit_request_ratio asks for a limit; write one"
    assert error.value.problems == tuple(f"settings: {name}.{words}" for name in where)


def test_a_limit_of_cpus_is_no_less_than_the_request() -> None:
    """Told where it is written."""
    with pytest.raises(InvalidInput, match="Cpu: limit: '1' is less than the request of '2'; write at least that"):
        Cpu(request="2", limit="1")
