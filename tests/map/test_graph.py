"""The map's nodes and edges are the list of edges, with facts about both ends from the manifests."""

from typing import Any

import pytest

from mgmtcluster import Peer, catalog
from mgmtcluster.kinds.peers import API_SERVER, EVERYBODY
from mgmtcluster.map.graph import OUTSIDE, Graph, graph_of
from tests.rendering import Platform, render

BACKUP = {"backup": {"bucket": {"endpoint": "https://s3.example.com", "name": "dumps", "secret": "registry-bucket"}}}
EVERYTHING = {
    "monitoring": True,
    "registry_database": {"members": 5, **BACKUP},
    "metrics_database": {"backup": {"storage": "1Gi"}},
}


def graph(platform: Platform) -> Graph:
    """The graph of a platform, without anything said about its workloads."""
    return graph_of(platform.edges, platform.objects, about={})


def nodes(platform: Platform) -> dict[str, Any]:
    """The nodes of a platform by what they are called there."""
    return {node["id"]: node for node in graph(platform)["nodes"]}


@pytest.mark.parametrize("settings", [{}, EVERYTHING], ids=["by default", "everything on"])
def test_every_edge_and_both_its_ends_are_in_the_graph(settings: dict[str, Any]) -> None:
    """With its port, and every reason it has in the list."""
    platform = render(settings)
    drawn = graph(platform)
    ids = {node["id"] for node in drawn["nodes"]}
    assert {(e["client"], e["server"], e["port"], why) for e in drawn["edges"] for why in e["whys"]} == {
        (str(edge.client), str(edge.server), edge.port_text, edge.why) for edge in platform.edges if edge.client != EVERYBODY
    }
    assert {end for edge in drawn["edges"] for end in (edge["client"], edge["server"])} <= ids
    assert len({(e["client"], e["server"], e["port"]) for e in drawn["edges"]}) == len(drawn["edges"])


def test_hosts_outside_and_the_api_server_have_a_room_of_their_own(platform: Platform) -> None:
    """With the ports that each service asks there, and what for; everybody is none of them."""
    drawn = graph(platform)
    assert {node["name"] for node in drawn["nodes"] if node["namespace"] == OUTSIDE} == {"0.0.0.0/0", API_SERVER.name}
    assets = [edge for edge in drawn["edges"] if edge["client"] == "registries/assets-db-registry-svc"]
    assert {(edge["server"], edge["port"]) for edge in assets} >= {("0.0.0.0/0", "1-65535")}


def test_every_endpoint_of_the_catalog_is_a_port_of_its_node(platform: Platform) -> None:
    """With the node port, where it has one."""
    drawn = nodes(platform)
    for endpoint in catalog.ENDPOINTS:
        node = drawn[str(Peer(endpoint.namespace, endpoint.service))]
        assert {"port": endpoint.port, "nodePort": endpoint.node_port} in node["ports"]
    assert sum(len(node["ports"]) for node in drawn.values()) == len(catalog.ENDPOINTS) + len(catalog.DATABASES)


def test_a_database_has_its_members_and_users() -> None:
    """As many members as the settings say; a user a service, with its own database, and the backup's with its roles."""
    registry = nodes(render(EVERYTHING))["registries/registry"]
    assert registry["members"] == [f"registry-{ordinal}" for ordinal in range(5)]
    users = {user["user"]: user["rights"] for user in registry["users"]}
    with_database = {service.name: service.database.name for service in catalog.REGISTRIES if service.database}
    assert with_database.items() <= users.items()
    assert users["backup"] == "backup@admin"


def test_an_edge_names_the_user_that_it_connects_as() -> None:
    """Which is one of the database's; an edge without a user names none."""
    drawn = graph(render(EVERYTHING))
    users = {node["id"]: {user["user"] for user in node["users"]} for node in drawn["nodes"]}
    named = {(edge["client"], edge["server"]): edge["user"] for edge in drawn["edges"]}
    assert all(user in users[server] for (_, server), user in named.items() if user)
    assert named["registries/registry-backup", "registries/registry"] == "backup"
    assert named["registries/blocks-db-svc", "registries/registry"] == "blocks-db-svc"
    assert named["registries/registry", "registries/registry"] is None


def test_a_second_name_of_a_service_is_on_its_node(platform: Platform) -> None:
    """The seed gives one registry two."""
    node = nodes(platform)["registries/adhoc-server-registry-svc"]
    assert catalog.endpoints.ADHOC_SERVER_REGISTRY_ALIAS in node["names"]


def test_a_service_that_nobody_calls_has_a_node(platform: Platform) -> None:
    """A workload with a Service is in the graph even without any edge."""
    without_edges = graph_of([], platform.objects, about={})["nodes"]
    assert {str(Peer(service.endpoint.namespace, service.name)) for service in catalog.ALL} <= {
        node["id"] for node in without_edges
    }
