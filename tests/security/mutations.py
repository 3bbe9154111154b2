"""Manifests that are worse than ours in one respect each, and the check that must notice."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from mgmtcluster.testing import Manifest, Manifests
from tests.rendering import pod_spec

Change = Callable[[Manifest], object]


def _pod(change: Callable[[dict[str, Any]], object]) -> Change:
    return lambda deployment: change(pod_spec(deployment))


def _container(change: Callable[[dict[str, Any]], object]) -> Change:
    return lambda deployment: change(pod_spec(deployment)["containers"][0])


def _set(*path: str, to: object) -> Callable[[dict[str, Any]], object]:
    def change(value: dict[str, Any]) -> None:
        for key in path[:-1]:
            value = value[key]
        value[path[-1]] = to

    return change


def _drop(*path: str) -> Callable[[dict[str, Any]], object]:
    def change(value: dict[str, Any]) -> None:
        for key in path[:-1]:
            value = value[key]
        del value[path[-1]]

    return change


#: By name: what is made worse, then which check of checkov and which of kube-score sees it.
MUTATIONS: dict[str, tuple[Change, str | None, str | None]] = {
    "privileged": (
        _container(_set("securityContext", "privileged", to=True)),
        "CKV_K8S_16",
        "container-security-context-privileged",
    ),
    "root": (_pod(_set("securityContext", to={"runAsUser": 0})), "CKV_K8S_23", "container-security-context-user-group-id"),
    "escalation": (_container(_set("securityContext", "allowPrivilegeEscalation", to=True)), "CKV_K8S_20", None),
    "capabilities": (_container(_set("securityContext", "capabilities", to={"add": ["SYS_ADMIN"]})), "CKV_K8S_39", None),
    "writable": (
        _container(_drop("securityContext", "readOnlyRootFilesystem")),
        "CKV_K8S_22",
        "container-security-context-readonlyrootfilesystem",
    ),
    "seccomp": (_pod(_drop("securityContext", "seccompProfile")), "CKV_K8S_31", "container-seccomp-profile"),
    "token": (_pod(_drop("automountServiceAccountToken")), "CKV_K8S_38", None),
    "host-network": (_pod(_set("hostNetwork", to=True)), "CKV_K8S_19", None),
    "host-pid": (_pod(_set("hostPID", to=True)), "CKV_K8S_17", None),
    "memory": (_container(_drop("resources", "limits", "memory")), "CKV_K8S_13", "container-resources"),
    "cpu": (_container(_drop("resources", "requests", "cpu")), "CKV_K8S_10", "container-resources"),
    "disk": (
        _container(_drop("resources", "limits", "ephemeral-storage")),
        None,
        "container-ephemeral-storage-request-and-limit",
    ),
    "latest": (_container(_set("image", to="docker.io/aiosv1/parser:latest")), "CKV_K8S_14", "container-image-tag"),
    "stale": (_container(_set("imagePullPolicy", to="IfNotPresent")), "CKV_K8S_15", "container-image-pull-policy"),
    "unready": (_container(_drop("readinessProbe")), "CKV_K8S_9", "pod-probes"),
    "immortal": (_container(_drop("livenessProbe")), "CKV_K8S_8", "pod-probes"),
    "open": (_set("spec", "template", "metadata", "labels", to={"app": "open"}), "CKV2_K8S_6", "pod-networkpolicy"),
    "single": (_set("spec", "replicas", to=1), None, "deployment-replicas"),
    "recreate": (_set("spec", "strategy", to={"type": "Recreate"}), None, "deployment-strategy"),
}


def write_mutants(objects: Manifests, folder: Path, mutations: dict[str, tuple[Change, str | None, str | None]]) -> None:
    """Write the services namespace with, for each mutation, a copy of the parser that has it.

    Without what denies everything there, which would hide that a pod has no policy of its own.
    """
    own = [
        each for each in objects if each["metadata"].get("namespace") == "services" and each["metadata"]["name"] != "default-deny"
    ]
    parser = objects.one("Deployment", "services", "parser")
    mutants = []
    for name, (change, _, _) in mutations.items():
        mutant = copy.deepcopy(parser)
        mutant["metadata"]["name"] = name
        change(mutant)
        mutants.append(mutant)
    (folder / "mutants.yaml").write_text(yaml.safe_dump_all([*own, *mutants], sort_keys=False))
