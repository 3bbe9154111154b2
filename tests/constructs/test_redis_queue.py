"""A Redis queue bounds what its clients may do and what it may hold."""

import pytest
from cdk8s import Chart

from mgmtcluster import Endpoint, RedisQueue
from mgmtcluster.testing import Manifests
from tests.constructs.made_up import IMAGE
from tests.rendering import env_of, pod_spec, render_chart

QUEUE = Endpoint("queue", "shop", 6380, scheme="redis")


def queue(chart: Chart, **arguments: object) -> RedisQueue:
    """A queue of two lists."""
    return RedisQueue(
        chart,
        "queue",
        **{"endpoint": QUEUE, "lists": ["A", "B"], "storage": "1Gi", "bootstrap_image": IMAGE, **arguments},  # type: ignore[arg-type]
    )


def rendered(**arguments: object) -> Manifests:
    """Its objects."""
    return render_chart(lambda chart: queue(chart, **arguments))


def test_without_a_password_only_the_lists_are_pushed_and_popped() -> None:
    """Everything is taken away first; no other key and no other command is given."""
    rules = env_of(rendered().container("shop", "queue"))["DEFAULT_USER_RULES"].split()
    assert rules[0] == "-@all"
    assert {each for each in rules if each.startswith("~")} == {"~A", "~B"}
    commands = {each[1:] for each in rules if each.startswith("+")}
    assert {"lpush", "brpop"} <= commands
    assert not commands & {"flushall", "config", "keys", "eval", "debug", "slaveof", "del", "acl", "shutdown", "save"}


@pytest.mark.parametrize(("memory", "data"), [("512Mi", 384), ("1Gi", 768), ("1500M", 1072)])
def test_three_quarters_of_the_memory_are_for_data(memory: str, data: int) -> None:
    """The rest is for buffers and for the copy while the file is rewritten."""
    objects = rendered(memory=memory)
    configuration = objects.one("ConfigMap", "shop", "queue-config")["data"]["redis.conf"].splitlines()
    assert f"maxmemory {data}mb" in configuration
    assert "port 6380" in configuration
    assert objects.container("shop", "queue")["resources"]["limits"]["memory"] == memory


def test_a_changed_configuration_restarts_the_pod() -> None:
    """A hash of it stands in the pod's template."""
    hashes = {
        memory: rendered(memory=memory).one("StatefulSet", "shop", "queue")["spec"]["template"]["metadata"]["annotations"]
        for memory in ("512Mi", "1Gi")
    }
    assert hashes["512Mi"] != hashes["1Gi"]


def test_the_administrators_password_is_made_or_given() -> None:
    """By a Job, or as a Secret of somebody else's; then no Job is there."""
    made, given = rendered(), rendered(admin_secret="my-secret")
    for objects, secret in ((made, "queue-user-admin"), (given, "my-secret")):
        volumes = pod_spec(objects.one("StatefulSet", "shop", "queue"))["volumes"]
        assert [each["secret"]["secretName"] for each in volumes if "secret" in each] == [secret]
    assert len(made.of_kind("Job")) == 1
    assert not given.of_kind("Job", "Role", "RoleBinding")


def test_it_is_exposed_only_with_a_node_port() -> None:
    """To everybody then."""
    assert rendered().one("Service", "shop", "queue")["spec"]["type"] == "ClusterIP"
    exposed = rendered(endpoint=Endpoint("queue", "shop", 6379, node_port=30444, scheme="redis"))
    assert exposed.one("Service", "shop", "queue")["spec"]["ports"][0]["nodePort"] == 30444
    assert exposed.one("NetworkPolicy", "shop", "queue")["spec"]["ingress"] == [{"ports": [{"port": 6379, "protocol": "TCP"}]}]
