"""Rights with the Kubernetes API, and a number of pods that follows their load."""

from typing import Any

import pytest

from mgmtcluster import ApiRights, Autoscale, Init, InvalidInput, SecretFiles
from mgmtcluster.testing import Host, Network
from tests.constructs.made_up import TILL, orders, sidecar
from tests.rendering import containers_of, has_token, pod_spec

RIGHTS = [
    ApiRights(["get", "list"], resources=["pods"]),
    ApiRights(["patch"], resources=["deployments/scale"], groups=["apps"], names=["till"]),
]


def test_rights_are_a_token_a_role_and_a_way_to_the_api_server() -> None:
    """And nothing else differs."""
    with_rights, without = orders(endpoint=TILL, api_rights=RIGHTS), orders(endpoint=TILL)
    assert with_rights.one("Role", "shop", "till")["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["patch"], "resourceNames": ["till"]},
    ]
    binding = with_rights.one("RoleBinding", "shop", "till")
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "till", "namespace": "shop"}]
    assert not without.of_kind("Role", "RoleBinding", "ClusterRole")
    server = Host("172.18.0.2")
    for objects, expected in ((with_rights, True), (without, False)):
        spec = pod_spec(objects.one("Deployment", "shop", "till"))
        assert has_token(objects.one("Deployment", "shop", "till")) is expected
        assert spec["automountServiceAccountToken"] is False
        assert bool(Network(objects).lets_out(TILL.peer, server, 6443)) is expected
        assert not Network(objects).lets_out(TILL.peer, server, 8443)


TOKEN_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount"


@pytest.mark.parametrize("asked", [False, True])
def test_the_token_is_the_main_containers_alone(asked: bool) -> None:
    """A sidecar and an init container have it where they ask for it."""
    before, beside = Init(name="before", image="example.test/app:1", api_token=asked), sidecar(api_token=asked)
    deployment = orders(endpoint=TILL, api_rights=RIGHTS, init=[before], sidecars=[beside]).one("Deployment", "shop", "till")
    mounts = {each["name"]: {mount["mountPath"]: mount for mount in each["volumeMounts"]} for each in containers_of(deployment)}
    assert {name for name, found in mounts.items() if TOKEN_DIRECTORY in found} == {"till", *(["before", "helper"] * asked)}
    mounted = mounts["till"][TOKEN_DIRECTORY]
    assert mounted["readOnly"] is True
    [volume] = [each for each in pod_spec(deployment)["volumes"] if each["name"] == mounted["name"]]
    files = [source["path"] for each in volume["projected"]["sources"] for source in _files_of(each)]
    assert files == ["token", "ca.crt", "namespace"]


def _files_of(source: Any) -> list[Any]:
    """The files that a source of a projected volume gives."""
    [content] = source.values()
    return [content] if "path" in content else content["items"]


def test_autoscaling_is_an_object_and_no_number_in_the_deployment() -> None:
    """An apply of the Deployment must not undo what the autoscaler did."""
    objects = orders(autoscale=Autoscale(min=1, max=10, cpu_percent=70))
    assert "replicas" not in objects.one("Deployment", "shop", "orders")["spec"]
    scaler = objects.one("HorizontalPodAutoscaler", "shop", "orders")
    assert scaler["apiVersion"] == "autoscaling/v2"
    assert scaler["spec"] == {
        "maxReplicas": 10,
        "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
        ],
        "minReplicas": 1,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "orders"},
    }
    assert objects.of_kind("PodDisruptionBudget")
    assert not orders(autoscale=Autoscale(min=1, max=1)).of_kind("PodDisruptionBudget")


WRONG: dict[str, tuple[Any, str]] = {
    "a number of pods too": (
        lambda: orders(autoscale=Autoscale(min=1, max=2), replicas=2),
        "test/orders: replicas: autoscale sets the number of pods; leave one of them out",
    ),
    "less than the least": (
        lambda: Autoscale(min=3, max=2),
        "Autoscale: max: 2 is less than min, which is 3; write at least that",
    ),
    "every verb": (lambda: ApiRights(["*"], resources=["pods"]), "ApiRights: verbs.0: '*' is everything; write each by its name"),
    "every resource": (lambda: ApiRights(["get"], resources=["*"]), "ApiRights: resources.0: '*' is everything; write each by"),
    "every group": (lambda: ApiRights(["get"], resources=["pods"], groups=["*"]), "ApiRights: groups.0: '*' is refused"),
    "a token without rights": (
        lambda: orders(sidecars=[sidecar(api_token=True)]),
        "test/orders: sidecars.helper.api_token: there are no api_rights, so there is no token; leave it out, or write",
    ),
    "a file where the token is": (
        lambda: orders(api_rights=RIGHTS, files={TOKEN_DIRECTORY: SecretFiles("x")}),
        f"test/orders: files: {TOKEN_DIRECTORY} is mounted twice; write another path",
    ),
    "a resource that is none": (
        lambda: ApiRights(["get"], resources=["Pods"]),
        "ApiRights: resources.0: 'Pods' is not a verb or a resource of Kubernetes; write it in small letters, as in get or",
    ),
    "rights that are no list": (
        lambda: orders(api_rights=ApiRights(["get"], resources=["pods"])),
        "test/orders: api_rights: expected a list, got ApiRights(verbs=['get'], ",
    ),
    "no verb": (lambda: ApiRights([], resources=["pods"]), "ApiRights: verbs: [] is too short; write at least 1 item"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name: str) -> None:
    """In one line."""
    make, problem = WRONG[name]
    with pytest.raises(InvalidInput) as error:
        make()
    [said] = error.value.problems
    assert said.startswith(problem)
