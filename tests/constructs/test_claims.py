"""Volumes that outlive the pods that share them."""

from typing import Any

import pytest

from mgmtcluster import Autoscale, Claim, Init, InvalidInput
from tests.constructs.made_up import orders, sidecar
from tests.rendering import pod_spec


def test_a_claim_that_one_node_may_mount_makes_one_pod_that_ends_first() -> None:
    """The next pod would wait for the volume, and the last one for the next."""
    objects = orders(claims={"/app/uploads": Claim("8Gi", storage_class="fast")})
    [claim] = objects.of_kind("PersistentVolumeClaim")
    assert claim["metadata"]["name"] == "orders-app-uploads"
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "8Gi"}},
        "storageClassName": "fast",
    }
    deployment = objects.one("Deployment", "shop", "orders")
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]) == (1, {"type": "Recreate"})
    assert not objects.of_kind("PodDisruptionBudget")
    assert {"name": "orders-app-uploads", "persistentVolumeClaim": {"claimName": "orders-app-uploads"}} in pod_spec(deployment)[
        "volumes"
    ]
    mounts = objects.container("shop", "orders")["volumeMounts"]
    assert {"mountPath": "/app/uploads", "name": "orders-app-uploads"} in mounts


@pytest.mark.parametrize("access", ["ReadWriteMany", "ReadOnlyMany"])
def test_a_claim_that_many_may_mount_leaves_the_number_of_pods_as_it_is(access: Any) -> None:
    """And pods are replaced one by one."""
    objects = orders(claims={"/data": Claim("1Gi", access=access)})
    spec = objects.one("Deployment", "shop", "orders")["spec"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (2, "RollingUpdate")
    [claim] = objects.of_kind("PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == [access]
    assert "storageClassName" not in claim["spec"]


def test_one_value_is_one_claim() -> None:
    """Wherever it is mounted; two that look alike are two."""
    data = Claim("1Gi")
    filling = Init(name="fill", image="example.test/fill:1", claims={"/target": data})
    objects = orders(claims={"/data": data, "/more": Claim("1Gi")}, init=[filling], sidecars=[sidecar(claims={"/data": data})])
    assert [each["metadata"]["name"] for each in objects.of_kind("PersistentVolumeClaim")] == ["orders-data", "orders-more"]
    spec = pod_spec(objects.one("Deployment", "shop", "orders"))
    mounted = {
        each["name"]: [(mount["name"], mount["mountPath"]) for mount in each["volumeMounts"] if mount["name"] == "orders-data"]
        for each in [*spec["initContainers"], *spec["containers"]]
    }
    assert mounted == {
        "fill": [("orders-data", "/target")],
        "orders": [("orders-data", "/data")],
        "helper": [("orders-data", "/data")],
    }


@pytest.mark.parametrize(
    ("arguments", "asked"), [({"replicas": 2}, "replicas: 2"), ({"autoscale": Autoscale(min=1, max=3)}, "autoscale")]
)
@pytest.mark.parametrize("access", ["ReadWriteOnce", "ReadWriteOncePod"])
def test_more_pods_than_may_mount_it_are_refused(arguments: dict[str, Any], asked: str, access: Any) -> None:
    """With both ways out."""
    with pytest.raises(InvalidInput) as error:
        orders(claims={"/data": Claim("1Gi", access=access)}, **arguments)
    assert error.value.problems == (
        f"test/orders: {asked}: pods on several nodes cannot mount a claim with {access}; write access='ReadWriteMany' on the "
        "Claim, or a StatefulService, which has one a pod",
    )
    assert orders(claims={"/data": Claim("1Gi", access="ReadWriteMany")}, **arguments)


def test_a_claim_where_something_else_is_mounted_is_refused() -> None:
    """One path, one mount."""
    with pytest.raises(
        InvalidInput, match=r"test/orders: claims: /tmp is mounted twice; write another path, or writes=\[…\] without it"
    ):
        orders(claims={"/tmp": Claim("1Gi")})
    with pytest.raises(InvalidInput, match="Claim: size: '1' is smaller than 1Mi; write 1Mi or more"):
        Claim("1")
