"""What is in the containers of ours, looked at from inside: whose processes, which tokens, what can be written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mgmtcluster import catalog
from tests.rig.kube import Json, key

from .inside import Inside, look
from .platform import Platform

#: The kernel's own folders, and those a container runtime mounts for each container: gone with it, and in memory or counted.
_OF_THE_RUNTIME = {"/dev/shm", "/dev/mqueue"}
#: How the runtime calls its own process while it becomes a probe's, in a pod whose containers see each other's processes.
_RUNTIME = "runc:["


@pytest.fixture(scope="module")
def insides(platform: Platform) -> list[tuple[Json, Json, Inside]]:
    """Every container of one pod of each workload that goes on running, with its pod and what was seen in it."""
    running = [pod for pod in platform.pods() if pod["status"]["phase"] == "Running"]
    pods = {(pod["metadata"]["namespace"], pod["metadata"]["labels"]["app.kubernetes.io/name"]): pod for pod in running}
    assert len(pods) > len(catalog.ALL) + len(catalog.DATABASES)
    looked = [(pod, each) for pod in pods.values() for each in pod["spec"]["containers"]]
    with ThreadPoolExecutor(4) as pool:
        seen = pool.map(lambda pair: look(platform, *pair), looked)
    return [(pod, each, inside) for (pod, each), inside in zip(looked, seen, strict=True)]


def test_no_process_runs_as_root(insides: list[tuple[Json, Json, Inside]]) -> None:
    """Every process in every container has the user that its manifest names in all four ids, and no capability."""
    for pod, container, inside in insides:
        given = {**pod["spec"]["securityContext"], **container.get("securityContext", {})}
        own = [each for each in inside.processes if each.name != "pause" and not each.name.startswith(_RUNTIME)]
        assert own, key(pod)
        assert {(each.uids, each.capabilities) for each in own} <= {
            ((str(user),) * 4, "0" * 16) for user in _users(pod) | {given["runAsUser"]}
        }, (key(pod), container["name"])


def test_only_who_asks_the_api_server_has_a_token(insides: list[tuple[Json, Json, Inside]]) -> None:
    """A token is in the provisioner's container and in no other that goes on running."""
    with_token = {(pod["metadata"]["namespace"], container["name"]) for pod, container, inside in insides if inside.has_token}
    assert with_token == {("mgmtcluster-storage", "local-path-provisioner")}


def test_nothing_can_be_written_outside_the_declared_volumes(insides: list[tuple[Json, Json, Inside]]) -> None:
    """A file was tried in every folder of every container: it can be made in mounts that are not read-only, and nowhere else."""
    for pod, container, inside in insides:
        mounts = [each["mountPath"] for each in container.get("volumeMounts", ()) if not each.get("readOnly")]
        outside = [folder for folder in inside.writable if not any(f"{folder}/".startswith(f"{mount}/") for mount in mounts)]
        assert {*outside} <= _OF_THE_RUNTIME, (key(pod), container["name"])


def test_every_service_can_write_where_it_must(insides: list[tuple[Json, Json, Inside]]) -> None:
    """Each mount of a service that is not read-only is writable as its user."""
    for pod, container, inside in insides:
        mounts = {each["mountPath"] for each in container.get("volumeMounts", ()) if not each.get("readOnly")}
        assert mounts <= {*inside.writable}, (key(pod), container["name"])


def _users(pod: Json) -> set[int]:
    """The users of a pod's containers, which see each other's processes where the pod shares them."""
    mine = pod["spec"]["securityContext"].get("runAsUser")
    return {each.get("securityContext", {}).get("runAsUser", mine) for each in pod["spec"]["containers"]}
