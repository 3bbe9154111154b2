"""Pods that are softer than the library makes them are found."""

from copy import deepcopy

import pytest
from cdk8s import ApiObject, ApiObjectMetadata, App, Chart, JsonPatch

from mgmtcluster import Endpoint, WebService, rules
from mgmtcluster.testing import Manifest

HARD: Manifest = {
    "kind": "Deployment",
    "metadata": {"namespace": "shop", "name": "hard"},
    "spec": {
        "template": {
            "metadata": {"labels": {}},
            "spec": {
                "enableServiceLinks": False,
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}],
                "containers": [
                    {
                        "name": "hard",
                        "securityContext": {
                            "allowPrivilegeEscalation": False,
                            "capabilities": {"drop": ["ALL"]},
                            "privileged": False,
                            "readOnlyRootFilesystem": True,
                        },
                        "resources": {
                            "requests": {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "32Mi"},
                            "limits": {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "32Mi"},
                        },
                        "ports": [{"containerPort": 8080}],
                    }
                ],
            },
        }
    },
}

SOFT = {
    "a root user": ({"securityContext": {"runAsNonRoot": False}}, {}, "securityContext.runAsNonRoot: is False; write True"),
    "the host's network": ({"hostNetwork": True}, {}, "hostNetwork: is set; leave it out"),
    "variables of every Service": ({"enableServiceLinks": True}, {}, "enableServiceLinks: is not false"),
    "a sysctl": ({"securityContext": {"sysctls": []}}, {}, "securityContext.sysctls: is set"),
    "a directory of the node": ({"volumes": [{"name": "tmp", "hostPath": {}}]}, {}, "volume tmp: Pod Security's restricted"),
    "a volume without a limit": ({"volumes": [{"name": "tmp", "emptyDir": {}}]}, {}, "volume tmp: emptyDir has no sizeLimit"),
    "a root user of a container": (
        {},
        {"securityContext": {"runAsNonRoot": False}},
        "container hard: securityContext.runAsNonRoot: is False",
    ),
    "a file system that is written to": (
        {},
        {"securityContext": {"readOnlyRootFilesystem": False}},
        "container hard: securityContext.readOnlyRootFilesystem: is False; write True",
    ),
    "a capability": ({}, {"securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}, "securityContext.capabilities: is"),
    "another profile": ({}, {"securityContext": {"seccompProfile": {}}}, "securityContext.seccompProfile: is set"),
    "a port of the host": ({}, {"ports": [{"containerPort": 80, "hostPort": 80}]}, "ports: hostPort is set"),
    "a resource without a limit": (
        {},
        {"resources": {"limits": {"cpu": "100m"}}},
        "resources: memory has no request or no limit",
    ),
    "a limit below its request": (
        {},
        {"resources": {"limits": {"cpu": "10m", "memory": "64Mi", "ephemeral-storage": "32Mi"}}},
        "resources: the limit of cpu is less than its request; write at least 50m",
    ),
}


def test_a_hardened_pod_passes() -> None:
    """So that a problem below is that of the one change alone."""
    assert [*rules.hardened([HARD])] == []


@pytest.mark.parametrize(("pod", "container", "expected"), SOFT.values(), ids=SOFT.keys())
def test_a_soft_pod_is_found(pod: Manifest, container: Manifest, expected: str) -> None:
    """Every control, in the pod and in its containers."""
    manifest = deepcopy(HARD)
    spec = manifest["spec"]["template"]["spec"]
    for target, changes in ((spec, pod), (spec["containers"][0], container)):
        for key, value in changes.items():
            target[key] = {**target[key], **value} if isinstance(value, dict) and key in target else value
    assert any(expected in problem for problem in rules.hardened([manifest])), [*rules.hardened([manifest])]


def test_pods_of_the_library_are_checked_and_those_of_others_on_request() -> None:
    """An object of somebody else's that is softer is theirs to answer for."""
    app = App()
    chart = Chart(app, "test", namespace="shop")
    soft = ApiObject(chart, "soft", api_version="v1", kind="Pod", metadata=ApiObjectMetadata(name="soft"))
    soft.add_json_patch(JsonPatch.add("/spec", {"containers": [{"name": "soft", "image": "example.test/soft:1"}]}))
    service = WebService(chart, "orders", image="example.test/orders:1", endpoint=Endpoint("orders", "shop", 80))
    rules.enforce(app)
    app.synth_yaml()
    service.deployment.add_json_patch(JsonPatch.remove("/spec/template/spec/securityContext/runAsNonRoot"))
    with pytest.raises(RuntimeError, match=r"Deployment/shop/orders: securityContext\.runAsNonRoot: is None; write True"):
        app.synth_yaml()
    assert any("Pod/shop/soft" in problem for problem in rules.hardened(rules.objects_of(chart)))
