"""An app of the public constructs behind a real ingress controller: who reaches it, what it keeps, and when new pods serve."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from mgmtcluster import Endpoint
from tests.nodes.asking import answer
from tests.nodes.machines import NAMES, Machines
from tests.nodes.platform import WELL_SECONDS
from tests.rig.kube import Done, Json, Kubectl, is_ready, is_settled, key

from .facts import DOMAIN
from .metrics_api import metrics_api
from .shop import NAMESPACE, NOTES, PAGE, RELEASED, WEB, host_of, page_of, shop

_NODE_PORT = 30080
_CURL = ("curl", "--silent", "--max-time", "5", "--write-out", "%{http_code}")
#: What curl ends with where it is refused, or nobody answers.
_KEPT_OUT = (7, 28)


@pytest.fixture(scope="module")
def address(shop_objects: list[Json], machines: Machines) -> str:
    """The address of a node, once the shop is well."""
    kubectl = machines.kubectl

    def waiting() -> list[tuple[str, str, str]]:
        return _unsettled(kubectl, shop_objects)

    kubectl.until("the shop to be well", lambda: not waiting(), WELL_SECONDS, missing=waiting)
    return machines.addresses()[NAMES[0]]


def test_an_ingress_controller_brings_requests_from_outside(address: str, kubectl: Kubectl) -> None:
    """Traefik, let in by `clients`, answers on a node's port with what the service says, whose database was migrated before."""
    kubectl.until("an answer", lambda: _page(address) == {"version": "1", "migrated": True}, missing=lambda: _page(address))


@pytest.mark.usefixtures("address")
def test_prometheus_scrapes_and_a_stranger_is_kept_out(kubectl: Kubectl) -> None:
    """By the annotations of a pod; neither reaches the port that browsers are brought to, although both reach Traefik."""
    pod = next(pod for pod in _pods(kubectl, WEB) if is_ready(pod))
    annotated = {name.partition("/")[2]: text for name, text in pod["metadata"]["annotations"].items()}
    ip = pod["status"]["podIP"]
    metrics = f"http://{ip}:{annotated['port']}{annotated['path']}"
    kubectl.until("the metrics", lambda: _curl(kubectl, "prometheus", metrics).stdout == "shop_up 1\n200")
    for client in ("prometheus", "stranger"):
        kubectl.until(f"Traefik to answer {client}", partial(_reaches_traefik, kubectl, client))
    page = f"http://{ip}:{WEB.target_port}/"
    asked = [("stranger", metrics), ("stranger", page), ("prometheus", page)]
    with ThreadPoolExecutor() as pool:
        ended = pool.map(lambda each: _curl(kubectl, *each).returncode, asked)
    assert [each for each, code in zip(asked, ended, strict=True) if code not in _KEPT_OUT] == []


def test_what_a_pod_keeps_survives_it(address: str, kubectl: Kubectl) -> None:
    """A file of the claim is there when the pod was deleted, and another one of its name answers."""
    [before] = _pods(kubectl, NOTES)
    where = (f"--namespace={NAMESPACE}", before["metadata"]["name"])
    kubectl("exec", *where, "--", "sh", "-ec", "echo kept > /data/note")
    kubectl.until("the note", lambda: _ask(address, NOTES, "/note") == (200, "kept\n"))
    kubectl("delete", "pod", *where, "--now")
    [after] = kubectl.until("another pod", lambda: [pod for pod in _pods(kubectl, NOTES) if is_ready(pod)])
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    kubectl.until("the note again", lambda: _ask(address, NOTES, "/note") == (200, "kept\n"))


def test_the_number_of_pods_follows_their_load(address: str, shop_objects: list[Json], kubectl: Kubectl, tmp_path: Path) -> None:
    """By Kubernetes' own autoscaler, where a metrics API answers; a further apply leaves the number as it is."""
    [page] = [each for each in shop_objects if key(each) == ("Deployment", NAMESPACE, PAGE.service)]
    with metrics_api(kubectl, tmp_path) as load:
        kubectl.until("the autoscaler to look", lambda: _scaler(kubectl).get("currentMetrics"), missing=lambda: _scaler(kubectl))
        assert len(_pods(kubectl, PAGE)) == 1
        load.cpu = "1"
        kubectl.until("all pods", lambda: [is_ready(pod) for pod in _pods(kubectl, PAGE)] == [True] * 3)
        before = _generation(kubectl)
        kubectl.apply(page)
        assert _generation(kubectl) == before
    kubectl.until("the page", lambda: _ask(address, PAGE, "/") == (200, page_of("1")))


def test_no_new_pod_serves_before_its_migration_is_done(address: str, kubectl: Kubectl) -> None:
    """While the new version's migration runs, the old one answers; whoever answers afterwards finds the database migrated.

    The page has no migration: when its new version answers, one that does not wait would have answered too.
    """
    made = shop("2", held=True)
    page = [each for each in made if each["metadata"]["name"].partition("-")[0] == PAGE.service]
    others = [each for each in made if each not in page]
    with _steady(address) as answers:
        kubectl.apply(*others)
        kubectl.until("a migration to run", lambda: _migrating(kubectl))
        kubectl.apply(*page)
        kubectl.until("the page of the new version", lambda: _ask(address, PAGE, "/") == (200, page_of("2")))
        released = time.monotonic()

        def rolled_out() -> bool:
            for pod in _migrating(kubectl):
                kubectl.run("exec", f"--namespace={NAMESPACE}", pod, "--container=migrate", "--", "touch", RELEASED)
            return not _unsettled(kubectl, others)

        kubectl.until("the new version", rolled_out, missing=lambda: _unsettled(kubectl, others))
        kubectl.until("its answer", lambda: answers[-1].said["version"] == "2", missing=lambda: answers[-1])
    assert {each.said["version"] for each in answers if each.at < released} == {"1"}
    assert [each for each in answers if not each.said["migrated"]] == []


def _scaler(kubectl: Kubectl) -> Json:
    status: Json = kubectl.item("horizontalpodautoscaler", PAGE.service, f"--namespace={NAMESPACE}").get("status", {})
    return status


def _generation(kubectl: Kubectl) -> int:
    """Of the page's Deployment, which moves with the number of pods that is asked for."""
    generation: int = kubectl.item("deployment", PAGE.service, f"--namespace={NAMESPACE}")["metadata"]["generation"]
    return generation


@dataclass(frozen=True)
class _Answer:
    """What came through Traefik, and when, by ``time.monotonic()``."""

    at: float
    said: Json


@contextmanager
def _steady(address: str) -> Iterator[list[_Answer]]:
    """Ask for the page all the time; where nobody answered, there is no answer."""
    answers: list[_Answer] = []
    end = threading.Event()

    def ask() -> None:
        while not end.wait(0.1):
            if said := _page(address):
                answers.append(_Answer(time.monotonic(), said))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        end.set()
        thread.join()


def _page(address: str) -> Json | None:
    """What the web service says through Traefik, where it answers."""
    status, text = _ask(address, WEB, "/")
    said: Json | None = json.loads(text) if status == 200 else None
    return said


def _ask(address: str, endpoint: Endpoint, path: str) -> tuple[int, str]:
    """The status and the text of an answer from outside; 0 and why, where there is none."""
    return answer(address, _NODE_PORT, path, headers={"Host": host_of(endpoint)}, seconds=5)


def _curl(kubectl: Kubectl, pod: str, url: str) -> Done:
    return kubectl.run("exec", "--namespace=monitoring", pod, "--", *_CURL, url)


def _reaches_traefik(kubectl: Kubectl, pod: str) -> bool:
    """Whether it has an answer, which is of no Ingress."""
    return _curl(kubectl, pod, f"http://traefik.ingress.svc.{DOMAIN}/").stdout.endswith("404")


def _pods(kubectl: Kubectl, endpoint: Endpoint) -> list[Json]:
    return kubectl.items("pods", f"--namespace={NAMESPACE}", f"--selector=app.kubernetes.io/name={endpoint.service}")


def _migrating(kubectl: Kubectl) -> list[str]:
    """The pods whose migration runs."""
    return [
        pod["metadata"]["name"]
        for pod in _pods(kubectl, WEB)
        for each in pod["status"].get("initContainerStatuses", ())
        if each["name"] == "migrate" and "running" in each["state"]
    ]


def _unsettled(kubectl: Kubectl, made: list[Json]) -> list[tuple[str, str, str]]:
    """What of these Deployments, StatefulSets and Jobs is not well, and the pods that are not Ready."""
    wanted = {key(each) for each in made if each["kind"] in ("Deployment", "StatefulSet", "Job", "Pod")}
    live = {key(each): each for each in kubectl.items(",".join({kind for kind, _, _ in wanted}), "--all-namespaces")}
    return sorted(name for name in wanted if name not in live or not (is_ready if name[0] == "Pod" else is_settled)(live[name]))
