"""How the pods of a backup open a bucket: with an identity of a cloud, a CA of its own, and wherever it is."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from mgmtcluster.testing import Host, Network, assert_admitted, pods_of
from tests import test_pods
from tests.constructs.test_database_backup import BUCKET, STEPS, as_jobs
from tests.rendering import Platform, containers_of, env_of, pod_spec, render

ROLE = {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/dumps"}
OF_A_CLOUD: Mapping[str, Any] = {"endpoint": "https://s3.example.com", "name": "dumps", "service_account_annotations": ROLE}


def test_an_identity_of_a_cloud_takes_the_place_of_keys() -> None:
    """All three ServiceAccounts have the annotations, and no others; no pod has keys of the bucket."""
    objects = render({"registry_database": {"backup": {"bucket": OF_A_CLOUD}}}).objects
    names = {f"registry-{step}" for step in STEPS}
    for account in objects.of_kind("ServiceAccount"):
        ours = account["metadata"]["name"] in names
        assert (ROLE.items() <= account["metadata"].get("annotations", {}).items()) == ours
    jobs = as_jobs(objects)
    for step in STEPS:
        workload = jobs.one("Job", "registries", f"registry-{step}-0")
        test_pods.test_every_mount_has_its_volume_and_every_volume_a_mount(workload)
        assert "BUCKET_KEYS" not in json.dumps(workload)
        assert not [each for each in pod_spec(workload)["volumes"] if each["name"] == "bucket"]
    assert_admitted(objects)


@pytest.mark.parametrize(
    ("endpoint", "port"),
    [
        ("https://s3.example.com", 443),
        ("https://s3.example.com:9000", 9000),
        ("https://203.0.113.7", 443),
        ("http://minio.storage.svc.cluster.local:9000", None),
    ],
)
def test_an_identity_of_a_cloud_reaches_what_gives_keys_to_it(endpoint: str, port: int | None) -> None:
    """Over HTTPS, wherever the bucket is. No pod reaches the metadata service of its node."""
    bucket = {**OF_A_CLOUD, "endpoint": endpoint}
    objects = as_jobs(render({"registry_database": {"backup": {"bucket": bucket}}}).objects)
    network = Network(objects)
    for pod in (each for each in pods_of(objects) if each.peer.name in {f"registry-{step}" for step in STEPS}):
        assert network.lets_out(pod, Host("198.51.100.1"), 443)
        assert port is None or network.lets_out(pod, Host("203.0.113.7"), port)
        assert not network.lets_out(pod, Host("169.254.169.254"), 80)
        policy = objects.one("NetworkPolicy", "registries", pod.peer.name)
        assert len({json.dumps(rule) for rule in policy["spec"]["egress"]}) == len(policy["spec"]["egress"])


@pytest.mark.parametrize(
    ("ca", "volume"),
    [
        (
            {"secret": "corp-ca", "key": "root.pem"},
            {"secret": {"secretName": "corp-ca", "defaultMode": 0o440, "items": [{"key": "root.pem", "path": "ca.crt"}]}},
        ),
        (
            {"config_map": "corp-ca", "key": "root.pem"},
            {"configMap": {"name": "corp-ca", "defaultMode": 0o444, "items": [{"key": "root.pem", "path": "ca.crt"}]}},
        ),
    ],
)
def test_the_ca_of_a_bucket_is_a_file_of_its_client(ca: Mapping[str, str], volume: Mapping[str, Any]) -> None:
    """Of no other container."""
    objects = as_jobs(render({"registry_database": {"backup": {"bucket": {**BUCKET, "ca": ca}}}}).objects)
    for step in STEPS:
        workload = objects.one("Job", "registries", f"registry-{step}-0")
        test_pods.test_every_mount_has_its_volume_and_every_volume_a_mount(workload)
        assert {"name": "bucket-ca", **volume} in pod_spec(workload)["volumes"]
        for container in containers_of(workload):
            [directory] = [m["mountPath"] for m in container["volumeMounts"] if m["name"] == "bucket-ca"] or [None]
            asked = env_of(container).get("BUCKET_CA")
            assert asked == (f"{directory}/ca.crt" if container["name"] in ("store", "fetch") else None)


def bucket_at(endpoint: str) -> Platform:
    """The platform with dumps of one database in a bucket there."""
    return render({"registry_database": {"backup": {"bucket": {**BUCKET, "endpoint": endpoint}}}})


def test_a_bucket_with_an_ip_address_is_the_only_one_that_is_reached() -> None:
    """Its address and its port."""
    objects = as_jobs(bucket_at("http://203.0.113.7:9000").objects)
    network = Network(objects)
    [pod] = [each for each in pods_of(objects) if each.peer.name == "registry-backup"]
    reached = [
        (host, port) for host in ("203.0.113.7", "203.0.113.8") for port in (80, 9000) if network.lets_out(pod, Host(host), port)
    ]
    assert reached == [("203.0.113.7", 9000)]


def test_a_bucket_in_the_cluster_is_an_edge() -> None:
    """To the pods behind its Service, which somebody else installs."""
    made = bucket_at("http://minio.storage.svc.cluster.local:9000")
    edges = {(edge.client.name, str(edge.server), edge.port) for edge in made.edges if edge.server.namespace == "storage"}
    assert edges == {(f"registry-{step}", "storage/minio", 9000) for step in STEPS}
    policy = made.objects.one("NetworkPolicy", "registries", "registry-restore-drill")
    assert "ipBlock" not in json.dumps(policy)
    assert '"kubernetes.io/metadata.name": "storage"' in json.dumps(policy)
