"""Where members run, and what happens without a node."""

from __future__ import annotations

import re
from functools import partial

import pytest

from tests.cluster.installations import Installations
from tests.rig.installation import Installation
from tests.rig.kube import Json, Kubectl, condition, is_ready

from .nodes import Nodes

_METRICS_DB = ("--namespace=metrics-system", "--selector=app.kubernetes.io/name=metrics-db")
_EVICTION = '{{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {{"name": "{}", "namespace": "metrics-system"}}}}'


@pytest.fixture(autouse=True)
def _metrics_db_is_well(databases: Installation, nodes: Nodes) -> None:
    assert databases.applied.returncode == 0, databases.applied.stderr
    for number in (1, 2, 3):
        nodes.add(f"node-{number}", "registry=yes", "metrics-db=yes")
    databases.settle(databases.folder / "40-metrics-database.k8s.yaml")


def test_a_third_member_waits_for_a_third_labelled_node(installations: Installations) -> None:
    """With two labelled nodes two members run, and the third stays Pending and says why."""
    pods = installations.while_a_node_short
    [waiting] = [pod for pod in pods if not is_ready(pod)]
    assert waiting["status"]["phase"] == "Pending"
    reason = condition(waiting, "PodScheduled")["message"]
    assert "didn't match Pod's node affinity" in reason
    assert "didn't match pod anti-affinity rules" in reason


def test_three_members_are_on_three_nodes_each_with_its_own_volume(databases: Installation, kubectl: Kubectl) -> None:
    """Every member has a volume that is bound to it alone and to the node where it runs."""
    pods, claims = _pods(kubectl), databases.claims()
    assert {pod["spec"]["nodeName"] for pod in pods} == {"node-1", "node-2", "node-3"}
    volumes = {pod["metadata"]["name"]: claims[f"metrics-system/data-{pod['metadata']['name']}"] for pod in pods}
    assert len({*volumes.values()}) == 3
    for pod in pods:
        volume = kubectl.item("pv", volumes[pod["metadata"]["name"]])
        assert volume["status"]["phase"] == "Bound"
        assert _nodes_of(volume) == [pod["spec"]["nodeName"]]
        assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"


def test_a_member_whose_node_is_lost_waits_for_its_data(databases: Installation, nodes: Nodes, kubectl: Kubectl) -> None:
    """It does not start empty on a fourth labelled node that is free, nobody may evict a second member meanwhile, and it
    is back with its volume when its node is.
    """
    claims = databases.claims()
    nodes.add("node-4", "metrics-db=yes")
    lost = next(pod for pod in _pods(kubectl) if pod["metadata"]["name"] == "metrics-db-2")
    node, name = lost["spec"]["nodeName"], lost["metadata"]["name"]
    nodes.remove(node)
    kubectl("delete", "pod", name, "--namespace=metrics-system", "--force", "--grace-period=0")
    waiting = kubectl.until("the member to be made again", lambda: _other(kubectl, lost))
    why = partial(_reason, kubectl, waiting)
    kubectl.until("the scheduler's word", lambda: re.search(r"volume('s)? node affinity", why(), re.IGNORECASE), missing=why)

    budget = ("poddisruptionbudget", "metrics-db", "--namespace=metrics-system")
    kubectl.until("the budget to see two members", lambda: kubectl.item(*budget)["status"]["currentHealthy"] == 2)
    refused = kubectl.run(
        "create",
        "--raw=/api/v1/namespaces/metrics-system/pods/metrics-db-0/eviction",
        "--filename=-",
        stdin=_EVICTION.format("metrics-db-0"),
    )
    assert refused.returncode != 0
    assert "(TooManyRequests)" in refused.stderr
    assert "violate the pod's disruption budget" in refused.stderr
    still = next(pod for pod in _pods(kubectl) if pod["metadata"]["name"] == name)
    assert "nodeName" not in still["spec"]

    nodes.add(node, "registry=yes", "metrics-db=yes")
    kubectl.until("three members", lambda: len(_ready(kubectl)) == 3)
    assert _other(kubectl, lost)["spec"]["nodeName"] == node
    assert databases.claims() == claims
    nodes.remove("node-4")


def test_one_member_at_a_time_may_be_evicted(kubectl: Kubectl) -> None:
    """With all members Ready the budget lets one go."""
    budget = ("poddisruptionbudget", "metrics-db", "--namespace=metrics-system")
    kubectl.until("the budget to see three members", lambda: kubectl.item(*budget)["status"]["currentHealthy"] == 3)
    assert kubectl.item(*budget)["status"]["disruptionsAllowed"] == 1


def _pods(kubectl: Kubectl) -> list[Json]:
    return kubectl.items("pods", *_METRICS_DB)


def _ready(kubectl: Kubectl) -> list[Json]:
    return [pod for pod in _pods(kubectl) if is_ready(pod)]


def _other(kubectl: Kubectl, pod: Json) -> Json:
    """The pod that has taken another's name, empty where there is none yet."""
    found = kubectl.items("pod", pod["metadata"]["name"], "--namespace=metrics-system")
    return next((each for each in found if each["metadata"]["uid"] != pod["metadata"]["uid"]), {})


def _reason(kubectl: Kubectl, pod: Json) -> str:
    """Why the scheduler has found no node."""
    [now] = kubectl.items("pod", pod["metadata"]["name"], f"--namespace={pod['metadata']['namespace']}")
    scheduled = condition(now, "PodScheduled")
    return str(scheduled.get("message", "")) if scheduled.get("status") == "False" else ""


def _nodes_of(volume: Json) -> list[str]:
    [term] = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    [expression] = term["matchExpressions"]
    return list(expression["values"])
