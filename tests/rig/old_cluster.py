"""Objects as the platform's shell installer makes them, in its words."""

from __future__ import annotations

from tests.rig.kube import Json

#: Deployment, Service, namespace, and port with its node port (0: whichever).
SERVICES = (
    ("blocks-db", "blocks-db-svc", "registries", ((3001, 30100),)),
    ("policies-system", "policies-system", "registries", ((10000, 30102),)),
    ("components-registry", "components-registry-svc", "registries", ((4000, 30112),)),
    ("networks-registry", "networks-registry-svc", "registries", ((5000, 30113),)),
    ("resource-allocator", "resource-allocator", "utils", ((8765, 30151), (7777, 32171))),
    ("metrics-redis", "metrics-redis", "metrics-system", ((6379, 30200),)),
    ("parser", "parser", "services", ((8000, 30501),)),
)

NAMESPACES = ("registries", "utils", "metrics-system", "services")


def everything() -> list[Json]:
    """A small installation: both databases with three members each, and some services."""
    namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES]
    services = [each for row in SERVICES for each in _service(*row)]
    return [
        *namespaces,
        *services,
        *database("registry", "registries", "registry"),
        *database("metrics-db", "metrics-system", "metrics-db"),
    ]


def volumes() -> list[str]:
    """The names of its volumes."""
    return [f"{name}-pv-{ordinal}" for name in ("registry", "metrics-db") for ordinal in range(3)]


def _service(deployment: str, service: str, namespace: str, ports: tuple[tuple[int, int], ...]) -> list[Json]:
    labels = {"app": deployment}
    listed = [{"name": f"p{port}", "port": port} | ({"nodePort": node_port} if node_port else {}) for port, node_port in ports]
    return [
        _deployment(deployment, namespace, f"aiosv1/{deployment}:v1"),
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": service, "namespace": namespace},
            "spec": {"type": "NodePort", "selector": labels, "ports": listed},
        },
    ]


def _deployment(name: str, namespace: str, image: str, claim: str | None = None) -> Json:
    container: Json = {"name": name, "image": image}
    spec: Json = {"containers": [container]}
    if claim:
        container |= {"command": ["mongod", "--replSet", "rs0", "--bind_ip_all"]}
        container |= {"volumeMounts": [{"name": "data", "mountPath": "/data/db"}]}
        spec["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec},
        },
    }


def database(name: str, namespace: str, label: str) -> list[Json]:
    """A database of three members, each a Deployment on a volume made by hand."""
    init = {"name": "init", "image": "mongo:5.0", "command": ["mongo"]}
    objects: list[Json] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{name}-init", "namespace": namespace}, "data": {}},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"{name}-init-client", "namespace": namespace},
            "spec": {"restartPolicy": "Never", "containers": [init]},
        },
    ]
    for ordinal in range(3):
        objects += _member(name, namespace, label, ordinal)
    return objects


def _member(name: str, namespace: str, label: str, ordinal: int) -> list[Json]:
    size: Json = {"storage": "10Gi"}
    term = {"matchExpressions": [{"key": label, "operator": "In", "values": ["yes"]}]}
    volume = {
        "capacity": size,
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "",
        "hostPath": {"path": f"/mnt/data/{name}-{ordinal}"},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
    }
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "",
        "volumeName": f"{name}-pv-{ordinal}",
        "resources": {"requests": size},
    }
    port = {"selector": {"app": f"{name}-{ordinal}"}, "ports": [{"port": 27017}]}
    home = {"namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"{name}-pv-{ordinal}"}, "spec": volume},
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": f"{name}-pvc-{ordinal}", **home},
            "spec": claim,
        },
        _deployment(f"{name}-{ordinal}", namespace, "mongo:6.0", f"{name}-pvc-{ordinal}"),
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"{name}-{ordinal}", **home}, "spec": port},
    ]
