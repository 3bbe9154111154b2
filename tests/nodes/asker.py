"""A pod in each namespace of ours, from which names are asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mgmtcluster import Cluster, catalog, testing
from mgmtcluster.addresses import Endpoint, service_host
from mgmtcluster.kinds.peers import NAME_LABEL
from mgmtcluster.testing import Manifests
from tests.rig.kube import Json, documents, is_ready

from .platform import Platform

_CLUSTER = Cluster()
_NAME = "asker"
_LABELS = {NAME_LABEL: _NAME}

#: Asks each of [host, port, what to say, how the answer begins] and prints why it got none, or null.
_PROGRAM = """
import concurrent.futures, json, socket, sys
def ask(name):
    host, port, said, answer = name
    try:
        with socket.create_connection((host, port), 5) as connection:
            connection.settimeout(5)
            connection.sendall(said.encode())
            found = connection.recv(len(answer)).decode() if answer else ""
            return None if found == answer else repr(found)
    except OSError as error:
        return f"{type(error).__name__}: {error}"
names = json.load(sys.stdin)
with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
    print(json.dumps([*pool.map(ask, names)]))
"""

_SPOKEN = {
    "redis": ("PING\r\n", "+PONG"),
    "http": ("GET / HTTP/1.0\r\n\r\n", "HTTP/1."),
    "ws": ("GET / HTTP/1.0\r\n\r\n", "HTTP/1."),
}

#: A name and the port behind it.
Name = tuple[str, Endpoint]


@dataclass(frozen=True)
class Asker:
    """A pod that asks.

    Attributes:
        namespace: where it is.
    """

    namespace: str
    _platform: Platform
    _network: testing.Network
    _servers: dict[tuple[str, str], testing.Pod]

    def wrong_about(self, names: Sequence[Name]) -> list[str]:
        """The names that do not answer although they should, or that do although a policy closes them."""
        said = ask_from(self._platform, self.namespace, _NAME, names)
        return [
            f"{host}:{endpoint.port} {why or 'answers'}"
            for (host, endpoint), why in zip(names, said, strict=True)
            if (why is None) != self._may_ask(endpoint)
        ]

    def _may_ask(self, endpoint: Endpoint) -> bool:
        """Whether the policies of the server let this pod in."""
        me = testing.Pod(self.namespace, _LABELS, "10.244.1.250")
        return bool(self._network.lets_in(self._servers[endpoint.namespace, endpoint.service], me, endpoint.port))


def ask_from(platform: Platform, namespace: str, pod: str, names: Sequence[Name], *container: str) -> list[str | None]:
    """Why each of these names does not answer in a pod that has Python, or None where it does. Default: its first container."""
    asked = [[host, endpoint.port, *_SPOKEN.get(endpoint.scheme, ("", ""))] for host, endpoint in names]
    where = [f"--namespace={namespace}", pod, *(f"--container={each}" for each in container)]
    out = platform.kubectl("exec", "--stdin", *where, "--", "python3", "-c", _PROGRAM, stdin=json.dumps(asked))
    said: list[str | None] = json.loads(out)
    return said


def names_of_services() -> list[Name]:
    """Every row of the documented table under its host name, and under the second names of its service."""
    rows = [(endpoint.host.text(_CLUSTER), endpoint) for endpoint in catalog.ENDPOINTS]
    second = [
        (service_host(alias, service.endpoint.namespace, _CLUSTER.domain), service.endpoint)
        for service in catalog.ALL
        for alias in service.aliases
    ]
    return rows + second


def names_of_databases(files: list[Path]) -> list[Name]:
    """Every name under which the manifests make a member of a database answer."""
    objects = [*documents(*files)]
    names: list[Name] = []
    for database in catalog.DATABASES:
        [members] = [each for each in objects if _is(each, "StatefulSet", database.namespace, database.name)]
        [container] = members["spec"]["template"]["spec"]["containers"]
        endpoint = Endpoint(database.name, database.namespace, container["ports"][0]["containerPort"], scheme="mongodb")
        for ordinal in range(members["spec"]["replicas"]):
            pod = f"{database.name}-{ordinal}"
            name = f"{pod}.{_host(members['spec']['serviceName'], database.namespace)}"
            own = [_host(*_place(each)) for each in objects if _selects(each, pod, database.namespace)]
            others = [_host(*_place(each)) for each in objects if each.get("spec", {}).get("externalName") in (name, *own)]
            names += [(host, endpoint) for host in (name, *own, *others)]
    return names


def pods_by_place(objects: Manifests) -> dict[tuple[str, str], testing.Pod]:
    """What policies see of a pod of each workload, by namespace and name."""
    return {(pod.namespace, pod.labels[NAME_LABEL]): pod for pod in testing.pods_of(objects)}


def _selects(service: Json, pod: str, namespace: str) -> bool:
    """Whether a Service is of this member alone."""
    selector = service.get("spec", {}).get("selector", {}) if service["kind"] == "Service" else {}
    return selector.get("statefulset.kubernetes.io/pod-name") == pod and _place(service)[1] == namespace


def _is(item: Json, kind: str, namespace: str, name: str) -> bool:
    return item["kind"] == kind and _place(item) == (name, namespace)


def _host(service: str, namespace: str) -> str:
    return service_host(service, namespace, _CLUSTER.domain)


def _place(item: Json) -> tuple[str, str]:
    return item["metadata"]["name"], item["metadata"].get("namespace", "")


@contextmanager
def askers(platform: Platform) -> Iterator[list[Asker]]:
    """Make them, and take them away again."""
    objects = Manifests(documents(*platform.installation.files))
    servers = pods_by_place(objects)
    namespaces = [each["metadata"]["name"] for each in objects.of_kind("Namespace")]
    look = f"--selector={NAME_LABEL}={_NAME}"
    made = [item for namespace in namespaces for item in (_pod(namespace), _policy(namespace))]
    platform.kubectl.apply(*made)
    try:
        platform.kubectl.until(
            "the pods that ask", lambda: len([pod for pod in platform.pods(look) if is_ready(pod)]) == len(namespaces)
        )
        network = testing.Network(objects)
        yield [Asker(namespace, platform, network, servers) for namespace in namespaces]
    finally:
        platform.kubectl("delete", "pods,networkpolicies", "--all-namespaces", look, "--now", "--wait=false")


def _pod(namespace: str) -> Json:
    safe = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
    user = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    container = {"name": _NAME, "image": "base", "command": ["sleep", "3600"], "securityContext": safe}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": _NAME, "namespace": namespace, "labels": _LABELS},
        "spec": {"containers": [container], "securityContext": user, "automountServiceAccountToken": False},
    }


def _policy(namespace: str) -> Json:
    """It may ask everybody: whether it is let in is what the server's policy says."""
    spec = {"podSelector": {"matchLabels": _LABELS}, "policyTypes": ["Egress"], "egress": [{}]}
    metadata = {"name": _NAME, "namespace": namespace, "labels": _LABELS}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
