"""The platform answers where the seed's document says it does."""

import csv
from typing import Any

import pytest

from mgmtcluster import catalog
from mgmtcluster.addresses import Endpoint
from mgmtcluster.testing import Manifest, Manifests
from tests.rendering import DATA

NAME_LABEL = "app.kubernetes.io/name"

#: The seed writes this service's name and its host differently; the catalog's name is the first.
TWO_NAMES = {"adhoc-server-registry-svc": "adhoc-serviers-registry-svc"}

with (DATA / "seed-services.csv").open(newline="") as file:
    ROWS = list(csv.DictReader(file))

each_row = pytest.mark.parametrize("row", ROWS, ids=[f"{row['service']}:{row['port']}" for row in ROWS])


def endpoint_of(row: dict[str, str]) -> Endpoint:
    """The catalog's endpoint of a row."""
    [found] = [each for each in catalog.ENDPOINTS if (each.service, str(each.port)) == (row["service"], row["port"])]
    return found


def services_named(objects: Manifests, host: str) -> Manifest:
    """The Service that a DNS name of the cluster means."""
    name, namespace, *domain = host.split(".")
    assert domain == ["svc", "cluster", "local"]
    return objects.one("Service", namespace, name)


def exposed(objects: Manifests) -> dict[int, tuple[str, str, int]]:
    """Every node port: the namespace and the name of the pods behind it, and their port."""
    return {
        port["nodePort"]: (service["metadata"]["namespace"], service["spec"]["selector"][NAME_LABEL], port["targetPort"])
        for service in objects.of_kind("Service")
        for port in service["spec"].get("ports", ())
        if "nodePort" in port
    }


def key(endpoint: Endpoint) -> tuple[str, str]:
    """What tells a row from the others."""
    return endpoint.service, str(endpoint.port)


SEED = [(row["service"], row["port"]) for row in ROWS]

#: What the catalog has beyond the seed's table.
BEYOND = [endpoint for endpoint in catalog.ENDPOINTS if key(endpoint) not in SEED]


def test_the_catalog_has_the_rows_of_the_seed_in_its_order() -> None:
    """One endpoint per row, in the order of the tables; what is beyond them comes after."""
    assert [key(endpoint) for endpoint in catalog.ENDPOINTS] == [*SEED, *map(key, BEYOND)]


def test_what_is_beyond_the_seed_takes_nothing_of_it() -> None:
    """Neither a Service's name nor a node port; and its namespace is one of the platform's."""
    services, node_ports = {service for service, _ in SEED}, {int(row["node_port"]) for row in ROWS if row["node_port"]}
    for endpoint in BEYOND:
        assert endpoint.service not in services
        assert endpoint.node_port not in node_ports
        assert endpoint.namespace in {row["internal_host"].split(".")[1] for row in ROWS}


@each_row
def test_an_endpoint_is_exact(row: dict[str, str]) -> None:
    """Name, namespace, port and node port of the catalog are the row's."""
    endpoint = endpoint_of(row)
    name, namespace = row["internal_host"].split(".")[:2]
    assert TWO_NAMES.get(endpoint.service, endpoint.service) == name
    assert endpoint.namespace == namespace
    assert endpoint.node_port == (int(row["node_port"]) if row["node_port"] else None)


@each_row
def test_a_service_answers_at_the_seeds_host_and_port(row: dict[str, str], objects: Manifests) -> None:
    """The Service that the row's host means has the row's port, with pods behind it."""
    service = services_named(objects, row["internal_host"])
    assert int(row["port"]) in [port["port"] for port in service["spec"]["ports"]]
    workload = service["spec"]["selector"][NAME_LABEL]
    namespace = service["metadata"]["namespace"]
    listening = [port["containerPort"] for port in objects.container(namespace, workload)["ports"]]
    [target] = [port["targetPort"] for port in service["spec"]["ports"] if port["port"] == int(row["port"])]
    assert target in listening


@each_row
def test_a_row_is_exposed_on_its_node_port_or_on_none(row: dict[str, str], objects: Manifests) -> None:
    """The pods of a row answer outside on exactly its node port; where the seed says "not exposed", on none."""
    service = services_named(objects, row["internal_host"])
    target = (service["metadata"]["namespace"], service["spec"]["selector"][NAME_LABEL], int(row["port"]))
    found = [node_port for node_port, behind in exposed(objects).items() if behind == target]
    assert found == ([int(row["node_port"])] if row["node_port"] else [])


def test_no_node_port_is_open_that_the_seed_does_not_name(objects: Manifests) -> None:
    """Nothing else is exposed, and no Service leaves the choice of a node port to the cluster."""
    seed = [int(row["node_port"]) for row in ROWS if row["node_port"]]
    beyond = [endpoint.node_port for endpoint in BEYOND if endpoint.node_port]
    assert sorted(exposed(objects)) == sorted([*seed, *beyond])
    for service in objects.of_kind("Service"):
        of_node_port_type = service["spec"].get("type") in ("NodePort", "LoadBalancer")
        assert all(("nodePort" in port) == of_node_port_type for port in service["spec"].get("ports", ())), service


@each_row
def test_the_catalog_describes_a_row_as_the_seed_does(row: dict[str, str]) -> None:
    """The seed's description stands in the catalog."""
    endpoint = endpoint_of(row)
    if endpoint == catalog.endpoints.METRICS_REDIS:
        assert row["description"] == catalog.METRICS_QUEUE.about
    elif endpoint == catalog.endpoints.RESOURCE_ALLOCATOR_API:
        # The second row of one service: its description is a comment beside its endpoint.
        assert row["description"] in (DATA.parent.parent / "mgmtcluster/catalog/utilities.py").read_text()
    else:
        [service] = [each for each in catalog.ALL if each.endpoint == endpoint]
        assert service.about == row["description"]


def test_a_service_stands_in_the_catalog_once() -> None:
    """Each row has one entry, and each entry has a row."""
    covered = [endpoint for service in catalog.ALL for endpoint in service.endpoints]
    assert sorted([*map(str, covered), str(catalog.endpoints.METRICS_REDIS)]) == sorted(map(str, catalog.ENDPOINTS))


def test_both_names_of_the_adhoc_registry_mean_the_same_pods(objects: Manifests) -> None:
    """The name in the seed's first column and the one in its URL answer alike; only one has the node port."""
    services = [objects.one("Service", "registries", name) for pair in TWO_NAMES.items() for name in pair]
    assert services[0]["spec"]["selector"] == services[1]["spec"]["selector"]
    assert [services[0]["spec"]["ports"][0]["port"], services[1]["spec"]["ports"][0]["port"]] == [6000, 6000]
    assert [service["spec"]["type"] for service in services] == ["NodePort", "ClusterIP"]


@pytest.mark.parametrize("ordinal", range(3))
def test_a_member_of_the_registry_database_has_the_seeds_three_names(ordinal: int, objects: Manifests) -> None:
    """``registry-0.registry.registries``, ``registry-0.registries`` and, to the letter, ``registry-0.registry.svc``."""
    pod = f"registry-{ordinal}"
    headless = objects.one("Service", "registries", "registry")
    assert objects.one("StatefulSet", "registries", "registry")["spec"]["serviceName"] == "registry"
    assert headless["spec"]["clusterIP"] == "None"
    own = objects.one("Service", "registries", pod)
    assert own["spec"]["selector"] == {"statefulset.kubernetes.io/pod-name": pod}
    assert {headless["spec"]["ports"][0]["port"], own["spec"]["ports"][0]["port"]} == {27017}
    literal = objects.one("Service", "registry", pod)["spec"]
    assert literal["type"] == "ExternalName"
    assert literal["externalName"] == f"{pod}.registries.svc.cluster.local"


@pytest.mark.parametrize(("namespace", "name"), [("registries", "registry"), ("metrics-system", "metrics-db")])
def test_a_database_has_the_seeds_defaults(namespace: str, name: str, objects: Manifests) -> None:
    """Three members with 10Gi each, on nodes labelled as the seed says."""
    spec: dict[str, Any] = objects.one("StatefulSet", namespace, name)["spec"]
    assert spec["replicas"] == 3
    assert spec["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "10Gi"
    node = spec["template"]["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert node == {"nodeSelectorTerms": [{"matchExpressions": [{"key": name, "operator": "In", "values": ["yes"]}]}]}
