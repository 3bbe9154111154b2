"""Pods of an app connect where an edge says so, and nowhere else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Any, Final

import pytest
from cdk8s import App, Chart
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mgmtcluster import (
    ApiRights,
    Client,
    Cluster,
    Context,
    Edge,
    Endpoint,
    Init,
    InvalidInput,
    Metrics,
    Peer,
    Pods,
    Protocol,
    ReplicatedDatabase,
    StatefulService,
    Task,
    WebService,
    Worker,
    edges_of,
    set_context,
)
from mgmtcluster.options import ServiceOptions, TaskOptions, WorkerOptions, options_of
from mgmtcluster.testing import Host, Manifests, Network, Pod, pods_of
from tests.constructs.made_up import IMAGE, database, sidecar
from tests.constructs.values import OPTIONS

#: The third is called as Prometheus is, whom ``metrics=`` lets in.
NAMES: Final = ("web", "orders", "prometheus")
API_SERVER_PORT: Final = 443
RANGES: Final = ("10.0.0.0/8",)
CLUSTER: Final = Context(cluster=Cluster(cidrs=RANGES, api_server_ports=[API_SERVER_PORT]))
#: Outside the cluster, in a range that is let in or not; within the cluster, and no pod.
HOSTS: Final = (Host("192.0.2.7"), Host("198.51.100.7"), Host("10.96.0.10"))
KINDS: Final = {WebService: ServiceOptions, StatefulService: ServiceOptions, Worker: WorkerOptions, Task: TaskOptions}
PROTOCOLS: Final[tuple[Protocol, ...]] = ("TCP", "UDP")
ENDS: Final = [*product((80, API_SERVER_PORT, 8080, 27017), PROTOCOLS)]

_PORTS = st.sampled_from([80, API_SERVER_PORT, 8080])
_NAMESPACES = st.sampled_from(["shop", "shop", "bank"])
_SERVERS = st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(["name", "alias", "team", "pod"])), max_size=2)
_ROLES = st.sampled_from([None, "readWrite", "read"])
_CLIENTS = st.one_of(
    st.builds(lambda namespace, name: Client.pods(namespace, name=name), _NAMESPACES, st.sampled_from(NAMES)),
    st.builds(lambda namespace, team: Client.pods(namespace, labels={"team": team}), _NAMESPACES, st.sampled_from("ab")),
    _NAMESPACES.map(Client.namespace),
    st.sampled_from(["10.244.0.0/16", "192.0.2.0/24"]).map(Client.cidrs),
)
_METRICS = st.builds(lambda port, namespace: Metrics(port=port, prometheus_namespace=namespace), _PORTS, _NAMESPACES)
_SAID = ("aliases", "api_rights", "clients", "env", "init", "metrics", "pods", "sidecars")
_REST = [st.fixed_dictionaries({name: option}) for name, option in OPTIONS.items() if name not in _SAID]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What is said of one service.

    Attributes:
        kind: the construct.
        namespace: where it is.
        endpoint: its ports, their protocol, and whether it has a node port; where it has a Service.
        team: a label of its pods, which others may select by.
        servers: whom each of its containers calls, and by what; the main one's, the sidecar's, the init container's.
        roles: what the main and the init container are at the database.
        opened: its clients and metrics.
        has_rights: whether it may ask the API server.
        rest: another option, with any value; it opens no way between pods of the app.
    """

    kind: type[WebService | StatefulService | Worker | Task]
    namespace: str
    endpoint: Mapping[str, Any]
    team: str
    servers: Sequence[set[tuple[str, str]]]
    roles: Sequence[str | None]
    opened: Mapping[str, Any]
    has_rights: bool
    rest: Mapping[str, Any]


_DRAWN = st.builds(
    Drawn,
    kind=st.sampled_from([*KINDS]),
    namespace=_NAMESPACES,
    endpoint=st.fixed_dictionaries(
        {"port": _PORTS, "target_port": st.one_of(st.none(), _PORTS), "protocol": st.sampled_from(["TCP", "TCP", "UDP"])},
        optional={"node_port": st.none()},
    ),
    team=st.sampled_from("ab"),
    servers=st.tuples(_SERVERS, _SERVERS, _SERVERS),
    roles=st.tuples(_ROLES, _ROLES),
    opened=st.fixed_dictionaries({}, optional={"clients": st.lists(_CLIENTS, max_size=2), "metrics": _METRICS}),
    has_rights=st.booleans(),
    rest=st.one_of(_REST),
)
APPS = st.tuples(*(_DRAWN for _ in NAMES)).map(lambda drawn: dict(zip(NAMES, drawn, strict=True)))


def endpoint_of(name: str, drawn: Drawn, by: str) -> Endpoint:
    """Where a service answers: under its name, under another one, by its first pod, or with whoever has its team's label."""
    said = {key: value for key, value in drawn.endpoint.items() if key != "node_port"}
    if by == "team":
        return Endpoint(f"{name}-team", drawn.namespace, pods=Peer(drawn.namespace, labels={"team": drawn.team}), **said)
    if by == "pod":
        return Endpoint(name, drawn.namespace, **said).of_pod(0)
    if by == "alias":
        return Endpoint(f"{name}-alias", drawn.namespace, **said)
    node_port = 30400 + NAMES.index(name) if "node_port" in drawn.endpoint else None
    return Endpoint(name, drawn.namespace, node_port=node_port, **said)


def arguments_of(name: str, app: Mapping[str, Drawn], db: ReplicatedDatabase) -> dict[str, Any]:
    """The arguments of a construct that say what is drawn."""
    drawn = app[name]
    main, beside, before = (
        {f"{server}_{by}".upper(): endpoint_of(server, app[server], by).host for server, by in sorted(servers)}
        for servers in drawn.servers
    )
    of_main, of_init = ([db.grant("orders", role=role)] if role and drawn.namespace == "shop" else [] for role in drawn.roles)
    said = {
        "image": IMAGE,
        "env": main,
        "databases": of_main,
        "pods": Pods(labels={"team": drawn.team}),
        "init": [Init(name="before", image=IMAGE, env=before, databases=of_init)],
        "sidecars": [sidecar(env=beside)],
        "api_rights": [ApiRights(["get"], ["pods"])] if drawn.has_rights else [],
        "aliases": [f"{name}-alias"],
        **drawn.opened,
    }
    if KINDS[drawn.kind] is ServiceOptions:
        return {**said, "endpoint": endpoint_of(name, drawn, "name")}
    taken = {"image", *options_of(KINDS[drawn.kind])}
    return {"name": name, "namespace": drawn.namespace, **{key: value for key, value in said.items() if key in taken}}


def rendered(app: Mapping[str, Drawn]) -> tuple[list[Edge], Manifests]:
    """The edges and the objects of an app; an option that a service is refused with is left out."""
    root = App()
    chart = Chart(root, "test", namespace="shop", disable_resource_name_hashes=True)
    set_context(root, CLUSTER)
    db = database(chart)
    for name, drawn in app.items():
        said = arguments_of(name, app, db)
        rest = {key: value for key, value in drawn.rest.items() if key in options_of(KINDS[drawn.kind])}
        try:
            drawn.kind(chart, name, **{**said, **rest})
        except InvalidInput:
            chart.node.try_remove_child(name)
            drawn.kind(chart, name, **said)
    return edges_of(root), Manifests(chart.to_json())


def is_of(pod: Pod, peer: Peer) -> bool:
    """Whether a pod is one of those that a peer says."""
    return pod.namespace == peer.namespace and peer.selector.items() <= pod.labels.items()


def is_client(who: Pod | Host, peer: Peer) -> bool:
    """Whether somebody is among those that a peer says, as a client."""
    if peer.cidr:
        return ip_address(who.address) in ip_network(peer.cidr)
    return peer.is_unnamed or (isinstance(who, Pod) and is_of(who, peer))


def is_server(who: Pod | Host, peer: Peer) -> bool:
    """The same, as a server: the cluster's own ranges are not outside."""
    return is_client(who, peer) and not (peer.cidr and any(ip_address(who.address) in ip_network(own) for own in RANGES))


def wrong_in(app: Mapping[str, Drawn]) -> Iterator[str]:
    """Where the policies of an app say something else than its edges."""
    edges, objects = rendered(app)
    network, pods = Network(objects), pods_of(objects)
    for port, protocol in ENDS:
        at = [edge for edge in edges if edge.port <= port <= (edge.last_port or edge.port) and edge.protocol == protocol]
        others: list[Pod | Host] = [*pods, *HOSTS]
        for one, other in product(pods, others):
            out = network.lets_out(one, other, port, protocol=protocol)
            if out.allowed is not any(is_of(one, edge.client) and is_server(other, edge.server) for edge in at):
                yield f"{one} to {other} on {protocol} {port}: {out.why}"
            into = network.lets_in(one, other, port, protocol=protocol)
            if into.allowed is not any(is_of(one, edge.server) and is_client(other, edge.client) for edge in at):
                yield f"{one} from {other} on {protocol} {port}: {into.why}"


@pytest.mark.filterwarnings("ignore:.*may be a user of the nodes too")
@settings(max_examples=12, phases=[Phase.generate])
@given(app=APPS)
def test_pods_connect_where_an_edge_says_so_and_nowhere_else(app: Mapping[str, Drawn]) -> None:
    """Of services, workers and tasks with any options, and a database: every pod to every other and to hosts, both ways.

    Takes more than two seconds because twelve apps are synthesized. An app that fails is not made smaller: that takes minutes.
    """
    assert [*wrong_in(app)] == []
