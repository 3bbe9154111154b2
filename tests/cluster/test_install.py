"""Installing the committed dist/ on three nodes."""

from __future__ import annotations

import csv
from functools import partial

import pytest

from tests.rig.installation import Installation
from tests.rig.kube import Json, Kubectl, documents, key
from tests.rig.workspace import ROOT

with (ROOT / "tests" / "data" / "seed-services.csv").open() as table:
    ROWS = list(csv.DictReader(table))

ROW_IDS = [f"{row['service']}:{row['port']}" for row in ROWS]

pytestmark = pytest.mark.core


def test_the_first_apply_succeeds(platform: Installation) -> None:
    """`kubectl apply -f dist/` exits 0 on an empty cluster, and warns of nothing."""
    assert platform.applied.returncode == 0, platform.applied.stderr
    assert platform.applied.stderr == ""


def test_everything_becomes_available(platform: Installation) -> None:
    """Every Deployment and StatefulSet has all its pods, and every Job is complete."""
    platform.settle()


@pytest.mark.usefixtures("platform")
def test_everything_fits_the_three_nodes(kubectl: Kubectl) -> None:
    """The scheduler finds room for the requests of every pod."""
    pods = kubectl.items("pods", "--all-namespaces")
    assert [key(pod) for pod in pods if "nodeName" not in pod["spec"]] == []
    assert {pod["spec"]["nodeName"] for pod in pods} == {"node-1", "node-2", "node-3"}


@pytest.mark.parametrize("row", ROWS, ids=ROW_IDS)
@pytest.mark.usefixtures("platform")
def test_a_documented_address_answers(row: dict[str, str], kubectl: Kubectl) -> None:
    """A row's Service and host name have its port, and at least one ready endpoint."""
    host, namespace, *_ = row["internal_host"].split(".")
    for name in {row["service"], host}:
        service = kubectl.item("service", name, f"--namespace={namespace}")
        assert int(row["port"]) in [port["port"] for port in service["spec"]["ports"]]
        kubectl.until(f"a ready endpoint of {name}", partial(_ready_endpoints, kubectl, namespace, name))


def _ready_endpoints(kubectl: Kubectl, namespace: str, service: str) -> list[Json]:
    slices = kubectl.items("endpointslices", f"--namespace={namespace}", f"--selector=kubernetes.io/service-name={service}")
    return [end for each in slices for end in each.get("endpoints") or [] if end["conditions"].get("ready")]


@pytest.mark.parametrize("row", ROWS, ids=ROW_IDS)
@pytest.mark.usefixtures("platform")
def test_an_address_answers_outside_on_its_node_port_or_not_at_all(row: dict[str, str], kubectl: Kubectl) -> None:
    """The pods behind a row's port are reached through exactly its node port."""
    _, namespace, *_ = row["internal_host"].split(".")
    services = kubectl.items("services", f"--namespace={namespace}")
    [own] = [service for service in services if service["metadata"]["name"] == row["service"]]
    [target] = [port["targetPort"] for port in own["spec"]["ports"] if port["port"] == int(row["port"])]
    same_pods = [service for service in services if service["spec"].get("selector") == own["spec"]["selector"]]
    ports = [port for service in same_pods for port in service["spec"]["ports"] if port["targetPort"] == target]
    outside = {port["nodePort"] for port in ports if "nodePort" in port}
    assert outside == ({int(row["node_port"])} if row["node_port"] else set())


def test_the_second_apply_changes_nothing(platform: Installation) -> None:
    """It says `unchanged` of every object and touches no generation.

    kubectl calls every PodDisruptionBudget `configured`, because its selector is replaced as a whole; that one is compared
    by its resource version. It says the same of a StatefulSet where the API server stores a null in the claim templates.
    """
    before = platform.generations()
    assert {*platform.objects()} == {key(each) for each in documents(*platform.files)}
    again = platform.apply()
    assert (again.returncode, again.stderr) == (0, "")
    changed = {line.partition("/")[0] for line in again.stdout.splitlines() if not line.endswith(" unchanged")}
    assert changed == {"poddisruptionbudget.policy", *(["statefulset.apps"] if _stores_a_null(platform) else [])}
    assert platform.generations() == before


def _stores_a_null(platform: Installation) -> bool:
    """Whether the API server is so old that a claim template has a creation time, which is null."""
    sets = [item for (kind, _, _), item in platform.objects().items() if kind == "StatefulSet"]
    return any("creationTimestamp" in template["metadata"] for item in sets for template in item["spec"]["volumeClaimTemplates"])


def test_there_is_no_difference_after_it(platform: Installation, kubectl: Kubectl) -> None:
    """`kubectl diff -f dist/` exits 0."""
    done = kubectl.run("diff", f"--filename={platform.folder}")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
