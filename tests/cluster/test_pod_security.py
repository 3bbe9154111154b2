"""Pod Security admission: what the platform's pods may ask for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy

import pytest

from tests.rig.kube import Done, Json, Kubectl, documents, key
from tests.rig.workspace import ROOT

_NAMESPACE = "restricted-pods"
_OBJECTS = list(documents(*sorted((ROOT / "dist").glob("*.yaml"))))
_TEMPLATES = {"/".join(key(item)): item for item in _OBJECTS if "template" in item.get("spec", {})}


@pytest.fixture(scope="module")
def restricted(kubectl: Kubectl) -> Iterator[str]:
    """A namespace that enforces `restricted`, with the ServiceAccounts of all pods."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE, "labels": labels}})
    accounts = {item["spec"]["template"]["spec"]["serviceAccountName"] for item in _TEMPLATES.values()}
    kubectl.apply(*(_object("ServiceAccount", name) for name in sorted(accounts)))
    yield _NAMESPACE
    kubectl("delete", "namespace", _NAMESPACE)


@pytest.mark.core
@pytest.mark.parametrize("name", _TEMPLATES)
def test_a_pod_of_the_platform_is_admitted_under_restricted(name: str, restricted: str, kubectl: Kubectl) -> None:
    """The API server takes the template as a bare pod."""
    done = _submit(kubectl, restricted, _pod(_TEMPLATES[name]))
    assert (done.returncode, done.stderr) == (0, "")


def _with_pod(**spec: object) -> Callable[[Json], None]:
    return lambda pod: pod["spec"].update(spec)


def _with_pod_security(**context: object) -> Callable[[Json], None]:
    return lambda pod: pod["spec"]["securityContext"].update(context)


def _with_container(**fields: object) -> Callable[[Json], None]:
    return lambda pod: pod["spec"]["containers"][0].update(fields)


def _with_container_security(**context: object) -> Callable[[Json], None]:
    return lambda pod: pod["spec"]["containers"][0]["securityContext"].update(context)


def _with_volume(**source: object) -> Callable[[Json], None]:
    return lambda pod: pod["spec"]["volumes"].append({"name": "another", **source})


def _without(*path: str) -> Callable[[Json], None]:
    def remove(pod: Json) -> None:
        found = pod["spec"]["containers"][0] if path[0] == "container" else pod["spec"]
        for name in path[1:-1]:
            found = found[name]
        del found[path[-1]]

    return remove


def _all_of(*changes: Callable[[Json], None]) -> Callable[[Json], None]:
    """Changes that the API server takes only together."""

    def change(pod: Json) -> None:
        for each in changes:
            each(pod)

    return change


_BREAKS: dict[str, tuple[str, Callable[[Json], None]]] = {
    "hostNetwork": ("host namespaces", _with_pod(hostNetwork=True)),
    "hostPID": ("host namespaces", _with_pod(hostPID=True, shareProcessNamespace=False)),
    "hostIPC": ("host namespaces", _with_pod(hostIPC=True)),
    "privileged": ("privileged", _with_container_security(privileged=True, allowPrivilegeEscalation=True)),
    "added capability": (
        "unrestricted capabilities",
        _with_container_security(capabilities={"drop": ["ALL"], "add": ["NET_RAW"]}),
    ),
    "host capability": ("capabilities", _with_container_security(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]})),
    "no drop of ALL": ("unrestricted capabilities", _without("container", "securityContext", "capabilities")),
    "drop of one only": ("unrestricted capabilities", _with_container_security(capabilities={"drop": ["CHOWN"]})),
    "hostPath volume": ("hostPath", _with_volume(hostPath={"path": "/"})),
    "network volume": ("restricted volume types", _with_volume(nfs={"server": "10.0.0.1", "path": "/"})),
    "hostPort": ("hostPort", _with_container(ports=[{"containerPort": 80, "hostPort": 80}])),
    "host of a probe": (
        "probe or lifecycle host",
        _with_container(livenessProbe={"tcpSocket": {"port": 80, "host": "10.0.0.1"}}),
    ),
    "AppArmor unconfined": ("AppArmor", _with_pod_security(appArmorProfile={"type": "Unconfined"})),
    "SELinux user": ("seLinuxOptions", _with_pod_security(seLinuxOptions={"user": "root"})),
    "SELinux type": ("seLinuxOptions", _with_pod_security(seLinuxOptions={"type": "spc_t"})),
    "procMount": ("procMount", _all_of(_with_pod(hostUsers=False), _with_container_security(procMount="Unmasked"))),
    "seccomp Unconfined": ("seccompProfile", _with_pod_security(seccompProfile={"type": "Unconfined"})),
    "seccomp Unconfined in a container": ("seccompProfile", _with_container_security(seccompProfile={"type": "Unconfined"})),
    "no seccomp profile": ("seccompProfile", _without("pod", "securityContext", "seccompProfile")),
    "sysctl": ("forbidden sysctls", _with_pod_security(sysctls=[{"name": "kernel.msgmax", "value": "1"}])),
    "privilege escalation": ("allowPrivilegeEscalation", _with_container_security(allowPrivilegeEscalation=True)),
    "privilege escalation unsaid": (
        "allowPrivilegeEscalation",
        _without("container", "securityContext", "allowPrivilegeEscalation"),
    ),
    "runAsNonRoot false": ("runAsNonRoot", _with_pod_security(runAsNonRoot=False)),
    "runAsNonRoot unsaid": ("runAsNonRoot", _without("pod", "securityContext", "runAsNonRoot")),
    "runAsNonRoot false in a container": ("runAsNonRoot", _with_container_security(runAsNonRoot=False)),
    "runAsUser 0": ("runAsUser=0", _with_pod_security(runAsUser=0)),
    "runAsUser 0 in a container": ("runAsUser=0", _with_container_security(runAsUser=0)),
    "Windows host process": (
        "hostProcess",
        _all_of(_with_pod(hostNetwork=True), _with_pod_security(windowsOptions={"hostProcess": True})),
    ),
}


@pytest.mark.parametrize("control", _BREAKS)
def test_a_pod_that_breaks_one_control_is_refused(control: str, restricted: str, kubectl: Kubectl) -> None:
    """Of a pod of the platform with this one change, Pod Security names the control."""
    named, change = _BREAKS[control]
    pod = _pod(
        next(item for item in _TEMPLATES.values() if item["kind"] == "Deployment" and item["metadata"]["name"] == "parser")
    )
    pod["spec"]["volumes"] = pod["spec"].get("volumes", [])
    change(pod)
    done = _submit(kubectl, restricted, pod)
    assert done.returncode != 0
    assert 'violates PodSecurity "restricted:latest"' in done.stderr
    assert named in done.stderr


def test_every_namespace_enforces_restricted_but_that_of_the_storage() -> None:
    """The storage's helper pods mount a directory of the node, which nothing else may."""
    # The namespace registry holds names of Services alone, and enforces nothing.
    namespaces = [item for item in _OBJECTS if item["kind"] == "Namespace" and item["metadata"]["name"] != "registry"]
    levels = {item["metadata"]["name"]: item["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] for item in namespaces}
    assert {name for name, level in levels.items() if level != "restricted"} == {"mgmtcluster-storage"}
    assert {item["metadata"]["namespace"] for item in _TEMPLATES.values()} <= {*levels}


def _object(kind: str, name: str) -> Json:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": _NAMESPACE}}


def _pod(workload: Json) -> Json:
    """The template as a bare pod, with the volumes that a StatefulSet would add."""
    template = deepcopy(workload["spec"]["template"])
    for claim in workload["spec"].get("volumeClaimTemplates", []):
        name = claim["metadata"]["name"]
        template["spec"].setdefault("volumes", []).append({"name": name, "persistentVolumeClaim": {"claimName": name}})
    metadata = {**template["metadata"], "name": workload["metadata"]["name"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def _submit(kubectl: Kubectl, namespace: str, pod: Json) -> Done:
    return kubectl.run("create", "--dry-run=server", f"--namespace={namespace}", "--filename=-", stdin=json.dumps(pod))
