"""OpenShift gives pods their users and groups."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cdk8s import App, Chart, JsonPatch

from mgmtcluster import (
    Cluster,
    Context,
    DatabaseBackup,
    DatabaseMonitoring,
    InvalidInput,
    RedisQueue,
    rules,
    set_context,
)
from tests.constructs.made_up import QUEUE, database, in_cluster, provisioner, sidecar, web_service
from tests.rules.found import found_in

OPENSHIFT = Cluster(openshift=True)


IDS = ("runAsUser", "runAsGroup", "fsGroup", "supplementalGroups")


def everything(chart: Chart) -> None:
    """A workload of each kind: Deployments, StatefulSets, Jobs, CronJobs, what makes volumes."""
    db = database(chart)
    web_service(chart, database=db.grant("orders", env="MONGO_URL"), sidecars=[sidecar()], waits_for_database=True)
    DatabaseBackup(chart, "dumps", database=db, schedule="0 1 * * *", keep=3, storage="1Gi")
    DatabaseMonitoring(chart, "watch", database=db, prometheus_namespace="monitoring")
    RedisQueue(chart, "queue", endpoint=QUEUE, lists=["A"], storage="1Gi", bootstrap_image="example.test/mongo:8.0")
    provisioner(chart)


def test_openshift_gives_pods_their_users_and_groups() -> None:
    """No object names any, in a template or in the text of a ConfigMap, and nothing else of it differs."""
    made, usual = in_cluster(OPENSHIFT, everything), in_cluster(Cluster(), everything)
    assert [name for name in IDS if f'"{name}"' in json.dumps(made).replace("\\", "")] == []
    assert {each["kind"] for each in made} >= {"Deployment", "StatefulSet", "Job", "CronJob"}
    assert json.dumps(usual).count('"runAsUser": ') == json.dumps(made).count('"fsGroupChangePolicy": ') == 11

    def without_ids(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without_ids(inner) for key, inner in value.items() if key not in IDS}
        return [*map(without_ids, value)] if isinstance(value, list) else value

    hashes = re.compile('-[0-9a-f]{8}(?=")')
    assert hashes.sub("", json.dumps(made)) == hashes.sub("", json.dumps(without_ids([*usual])))


def test_what_a_user_of_group_0_must_read_it_may_read() -> None:
    """Keys, passwords and scripts are mounted for a group, and mongod takes such a key, since root owns it."""
    modes = [
        source["defaultMode"]
        for source in walk(json.loads(json.dumps(in_cluster(OPENSHIFT, everything))))
        if "defaultMode" in source
    ]
    assert len(modes) >= 18
    assert all(mode & 0o040 and not mode & 0o022 for mode in modes)


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a value."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(inner)


def test_a_user_that_is_given_is_refused_on_openshift() -> None:
    """It would be dropped in silence."""
    words = "test/orders: user: 1000 is given, and OpenShift gives each namespace users of its own; leave it out"
    with pytest.raises(InvalidInput, match=words):
        in_cluster(OPENSHIFT, lambda chart: web_service(chart, user=1000))


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/spec/template/spec/securityContext/fsGroup", "securityContext.fsGroup: "),
        ("/spec/template/spec/securityContext/runAsUser", "securityContext.runAsUser: "),
        ("/spec/template/spec/containers/0/securityContext/runAsGroup", "container orders: securityContext.runAsGroup: "),
    ],
)
def test_a_rule_finds_users_on_openshift(path: str, problem: str) -> None:
    """Whoever puts them there; elsewhere they may be."""
    words = "is set, and OpenShift gives each namespace its own; leave it out"
    for cluster, expected in ((OPENSHIFT, [f"Deployment/shop/orders: {problem}{words}"]), (Cluster(), [])):
        app = App()
        chart = Chart(app, "test", namespace="shop", disable_resource_name_hashes=True)
        set_context(chart, Context(cluster=cluster))
        web_service(chart).deployment.add_json_patch(JsonPatch.add(path, 1000))
        rules.enforce(app)
        assert found_in(app) == expected


def test_a_rule_finds_users_of_pods_that_a_config_map_describes() -> None:
    """As that of the provisioner's helper."""
    pod = json.dumps({"spec": {"securityContext": {"runAsUser": 0}}})
    described = {"kind": "ConfigMap", "metadata": {"namespace": "shop", "name": "config"}, "data": {"pod.yaml": pod}}
    assert [*rules.users_left_out([described], cluster=OPENSHIFT)] == [
        "ConfigMap/shop/config: data.pod.yaml: runAsUser: is set, and OpenShift gives each namespace its own; leave it out"
    ]
