"""One list of edges gives addresses, policies and database users, and nothing else connects."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from mgmtcluster import Address, Edge, Peer, catalog
from mgmtcluster.kinds.peers import API_SERVER, EVERYBODY, NAME_LABEL
from mgmtcluster.testing import Host, Manifest, Manifests, Network, Pod, PodPort, pods_of
from tests.rendering import Platform, containers_of, env_of, has_token, name_of, render

DATABASES = (Peer("registries", "registry"), Peer("metrics-system", "metrics-db"))
#: What answers DNS in every kubeadm cluster.
DNS = Pod("kube-system", {"k8s-app": "kube-dns", NAME_LABEL: "coredns"}, "10.244.0.2")

#: Where kube-proxy sends what is meant for a Service: an address of the cluster's own.
SERVICE_ADDRESS = "10.96.0.10"

OUTSIDE = Host("203.0.113.7")
NODE = Host("192.168.1.10")
ADDRESS = re.compile(r"(?P<name>[a-z0-9.-]+)\.(?P<namespace>[a-z0-9-]+)\.svc\.cluster\.local(?::(?P<port>\d+))?")


def peer_of(workload: Manifest) -> Peer:
    """The workload as policies select its pods."""
    return Peer(workload["metadata"]["namespace"], workload["spec"]["template"]["metadata"]["labels"][NAME_LABEL])


def addresses(objects: Manifests) -> Iterator[tuple[Peer, Peer, int]]:
    """Every address of a Service that stands in a variable: whose variable, which pods it leads to, on which port."""
    for workload in objects.workloads():
        for container in containers_of(workload):
            for value in env_of(container).values():
                for found in ADDRESS.finditer(value):
                    service = objects.one("Service", found["namespace"], found["name"].rpartition(".")[2])["spec"]
                    [port] = (
                        service["ports"]
                        if found["port"] is None
                        else [each for each in service["ports"] if str(each["port"]) == found["port"]]
                    )
                    yield peer_of(workload), Peer(found["namespace"], service["selector"][NAME_LABEL]), port["targetPort"]


def without_why(edges: list[Edge]) -> set[tuple[Peer, Peer, int]]:
    """Which pods connect to which on which port."""
    return {(edge.client, edge.server, edge.port) for edge in edges if edge.client.namespace and edge.server.namespace}


def job_env(objects: Manifests, database: Peer, job: str, variable: str) -> Any:
    """A JSON variable of one of a database's Jobs."""
    [container] = containers_of(objects.job(database.namespace, f"{database.name}-{job}"))
    return json.loads(env_of(container)[variable])


def connections(objects: Manifests) -> Iterator[tuple[Peer, Peer, int]]:
    """Every connection between two pods, in both orders and to themselves, that the policies allow on a declared port."""
    network, pods = Network(objects), pods_of(objects)
    for client in pods:
        for server in pods:
            for port in server.ports:
                if network.may_connect(client, server, port.number):
                    yield client.peer, server.peer, port.number


def exposed_ports(objects: Manifests) -> set[tuple[Peer, int]]:
    """Every port of pods that a node port leads to."""
    return {
        (Peer(service["metadata"]["namespace"], service["spec"]["selector"][NAME_LABEL]), port["targetPort"])
        for service in objects.of_kind("Service")
        for port in service["spec"].get("ports", ())
        if "nodePort" in port
    }


def ranges_outside(objects: Manifests, peer: Peer) -> set[tuple[int, int]]:
    """The ranges of ports on which a workload may connect to addresses, by its policies' address ranges."""
    return {
        (port["port"], port.get("endPort", port["port"]))
        for policy in objects.of_kind("NetworkPolicy")
        if policy["metadata"]["namespace"] == peer.namespace
        and policy["spec"]["podSelector"] == {"matchLabels": {NAME_LABEL: peer.name}}
        for rule in policy["spec"].get("egress") or ()
        if any("ipBlock" in each for each in rule.get("to", ()))
        for port in rule["ports"]
    }


def test_every_address_is_an_edge_and_every_edge_an_address(platform: Platform) -> None:
    """Variables point where edges do; only the members of a replica set talk without one."""
    replication = {(each, each, 27017) for each in DATABASES}
    assert set(addresses(platform.objects)) | replication == without_why(platform.edges)


def test_pods_connect_exactly_where_there_is_an_edge(platform: Platform) -> None:
    """Over every ordered pair of workloads, and every port that the second one listens on."""
    assert set(connections(platform.objects)) == without_why(platform.edges)


def test_pods_are_asked_where_there_is_an_edge_or_a_node_port(platform: Platform) -> None:
    """The servers' own policies: without regard to what the clients' allow."""
    network, edges, exposed = Network(platform.objects), without_why(platform.edges), exposed_ports(platform.objects)
    pods = pods_of(platform.objects)
    for server in pods:
        for port in (each.number for each in server.ports):
            for client in pods:
                expected = (client.peer, server.peer, port) in edges or (server.peer, port) in exposed
                assert bool(network.lets_in(server, client, port)) is expected, (client.peer, server.peer, port)
            for host in (OUTSIDE, NODE):
                assert bool(network.lets_in(server, host, port)) is ((server.peer, port) in exposed), (server.peer, port)


def test_everybody_is_a_client_where_a_node_port_leads(platform: Platform) -> None:
    """And nowhere else; the reason is the port."""
    named = {(edge.server, edge.port): edge.why for edge in platform.edges if edge.client == EVERYBODY}
    assert named.keys() == exposed_ports(platform.objects)
    endpoints = [endpoint for endpoint in catalog.ENDPOINTS if endpoint.node_port]
    assert sorted(named.values()) == sorted(f"node port {endpoint.node_port}" for endpoint in endpoints)


def test_a_stranger_in_the_cluster_reaches_node_ports_alone(platform: Platform) -> None:
    """A pod of another team's namespace, or one in a namespace of ours that nobody declared."""
    exposed = exposed_ports(platform.objects)
    network = Network(platform.objects)
    elsewhere = Pod("default", {NAME_LABEL: "blocks-db-svc"}, "10.244.9.9")
    for server in pods_of(platform.objects):
        for port in (*(each.number for each in server.ports), 1, 6379, 27017):
            assert bool(network.may_connect(elsewhere, server, port)) is ((server.peer, port) in exposed), (server.peer, port)


@pytest.mark.parametrize("namespace", ["registries", "utils", "metrics-system", "services", "mgmtcluster-storage"])
def test_a_pod_that_nobody_declared_is_cut_off(namespace: str, platform: Platform) -> None:
    """Default deny in every namespace of ours, in both directions, DNS included."""
    network = Network(platform.objects)
    unknown = Pod(namespace, {NAME_LABEL: "unknown"}, "10.244.9.9", [PodPort(80, "http")])
    pods = pods_of(platform.objects)
    assert not any(network.may_connect(unknown, server, port.number) for server in pods for port in server.ports)
    assert not any(network.lets_in(unknown, client, 80) for client in pods)
    assert not network.lets_in(unknown, OUTSIDE, 80)
    assert not network.lets_out(unknown, DNS, 53, protocol="UDP")
    assert not network.lets_out(unknown, OUTSIDE, 443)


def test_a_namespace_of_names_alone_is_left_as_it_is(platform: Platform) -> None:
    """Nothing of the platform runs in it; an image registry that does goes on, and its next pod is admitted."""
    [namespace] = [each for each in platform.objects.of_kind("Namespace") if each["metadata"]["name"] == "registry"]
    assert not [label for label in namespace["metadata"]["labels"] if label.startswith("pod-security")]
    within = [manifest for manifest in platform.objects if manifest["metadata"].get("namespace") == "registry"]
    assert {(manifest["kind"], manifest["spec"]["type"]) for manifest in within} == {("Service", "ExternalName")}


def test_a_setting_leaves_that_namespace_out() -> None:
    """And the names in it; nothing else changes."""
    without = {name_of(manifest) for manifest in render({"registry_namespace": False}).objects}
    everything = {name_of(manifest) for manifest in render().objects}
    names = {f"Service/registry/registry-{ordinal}" for ordinal in range(3)}
    assert everything - without == {"Namespace/registry", *names}


def test_every_pod_resolves_names_at_the_clusters_dns_alone(platform: Platform) -> None:
    """Port 53 of kube-dns over UDP and TCP, no other port of it and no other pod of kube-system."""
    network = Network(platform.objects)
    other = Pod("kube-system", {"k8s-app": "other"}, "10.244.0.3", [PodPort(53, "dns")])
    for pod in pods_of(platform.objects):
        assert network.lets_out(pod, DNS, 53, protocol="UDP")
        assert network.lets_out(pod, DNS, 53, protocol="TCP")
        assert not network.lets_out(pod, DNS, 9153)
        assert not network.lets_out(pod, other, 53, protocol="UDP")


def test_egress_to_the_outside_is_what_the_catalog_says(platform: Platform) -> None:
    """Per service, the catalog's ranges of ports and no others; nobody else has any."""
    expected: dict[Peer, set[tuple[int, int]]] = {
        Peer(service.endpoint.namespace, service.name): {
            *(ports for connection in service.options.get("outside", ()) for ports in connection.ports),
            *((_node_port(service.env[name]),) * 2 for name in service.dialled_too),
        }
        for service in catalog.ALL
    }
    for pod in pods_of(platform.objects):
        assert ranges_outside(platform.objects, pod.peer) == expected.get(pod.peer, set()), pod.peer


def test_egress_to_the_outside_is_in_the_list_with_its_reason(platform: Platform) -> None:
    """Of the same ranges, and with every reason that the catalog gives."""
    to_hosts = [edge for edge in platform.edges if edge.server.cidr]
    for pod in pods_of(platform.objects):
        listed = {(edge.port, edge.last_port or edge.port) for edge in to_hosts if edge.client == pod.peer}
        assert ranges_outside(platform.objects, pod.peer) == listed, pod.peer
    reasons = {connection.reason for service in catalog.ALL for connection in service.options.get("outside", ())}
    assert {edge.why for edge in to_hosts} == reasons | {why for service in catalog.ALL for why in service.dialled_too.values()}


def _node_port(value: object) -> int:
    assert isinstance(value, Address)
    return value.endpoint.exposed_port


def test_a_service_connects_outside_on_its_ports_alone(platform: Platform) -> None:
    """As evaluated, not as written: a port of one service is closed to the others."""
    network = Network(platform.objects)
    may = {pod.peer.name for pod in pods_of(platform.objects) if network.lets_out(pod, OUTSIDE, 32300)}
    assert may == {"assets-db-registry-svc", "containers-registry-svc", "cluster-controller-gateway"}


def test_every_connection_outside_has_its_reason_in_the_catalog() -> None:
    """A reviewer reads why."""
    connections = [connection for service in catalog.ALL for connection in service.options.get("outside", ())]
    assert all(len(connection.reason.split()) >= 3 for connection in connections)


@pytest.mark.parametrize("own", ["10.244.3.4", SERVICE_ADDRESS, "10.111.1.1"])
def test_the_clusters_own_ranges_are_not_outside(own: str, platform: Platform) -> None:
    """No range of addresses leads to a pod or a Service, on any port that is open to the outside."""
    network = Network(platform.objects)
    for pod in pods_of(platform.objects):
        for first, last in ranges_outside(platform.objects, pod.peer):
            for port in {first, 80, 443, 6379, 27017, last} & {*range(first, last + 1)}:
                allowed_to_api = port in (443, 6443) and _talks_to_api_server(platform.objects, pod)
                assert not network.lets_out(pod, Host(own), port) or allowed_to_api, (pod.peer, port)


def _talks_to_api_server(objects: Manifests, pod: Pod) -> bool:
    """Whether a rule without addresses lets a pod connect to the API server's ports."""
    return bool(Network(objects).lets_out(pod, Host(SERVICE_ADDRESS), 443))


def test_the_api_server_is_reached_by_those_with_a_token_alone(platform: Platform) -> None:
    """The bootstrap Jobs and the storage provisioner: they have a token, and a way to use it; nobody else has either."""
    allowed = {
        "registries/registry-bootstrap",
        "metrics-system/metrics-db-bootstrap",
        "metrics-system/metrics-redis-bootstrap",
        "mgmtcluster-storage/local-path-provisioner",
    }
    reaching = {str(pod.peer) for pod in pods_of(platform.objects) if _talks_to_api_server(platform.objects, pod)}
    assert reaching == allowed
    assert {str(edge.client) for edge in platform.edges if edge.server == API_SERVER} == allowed
    assert {str(peer_of(each)) for each in platform.objects.workloads() if has_token(each)} == allowed


def test_those_with_a_token_reach_nothing_else(platform: Platform) -> None:
    """The API server's two ports, and DNS."""
    network = Network(platform.objects)
    for pod in pods_of(platform.objects):
        if _talks_to_api_server(platform.objects, pod):
            open_ports = [port for port in (*range(1, 1024), 6443, 8080, 27017) if network.lets_out(pod, NODE, port)]
            assert open_ports == [443, 6443]


@pytest.mark.parametrize("database", DATABASES, ids=str)
def test_users_of_a_database_are_the_clients_with_a_grant(database: Peer, platform: Platform) -> None:
    """Root, and one user a service with ``readWrite`` on its own database."""
    users = {each["user"]: each["roles"] for each in job_env(platform.objects, database, "init-client", "USERS")}
    granted = {
        edge.client.name: [{"role": "readWrite", "db": edge.database}]
        for edge in platform.edges
        if edge.server == database and edge.database
    }
    assert users == granted | {"root": [{"role": "root", "db": "admin"}]}
    assert len(granted) == {"registry": len(catalog.REGISTRIES), "metrics-db": len(catalog.METRICS)}[database.name]


@pytest.mark.parametrize("database", DATABASES, ids=str)
def test_a_secret_is_made_for_each_user_and_for_the_members(database: Peer, platform: Platform) -> None:
    """What the bootstrap Job makes is what the pods mount, no more and no less."""
    objects = platform.objects
    made = {each["name"] for each in job_env(objects, database, "bootstrap", "SECRETS")}
    users = {each["user"] for each in job_env(objects, database, "init-client", "USERS")}
    assert made == {f"{database.name}-keyfile", *(f"{database.name}-user-{user}" for user in users)}
    assert {name for workload in objects.workloads() for name in secrets_of(workload, database)} == made


def secrets_of(workload: Manifest, database: Peer) -> Iterator[str]:
    """The Secrets of a database that a workload's pods read."""
    for path, value in _texts(workload["spec"]["template"]["spec"], ""):
        if re.search(r"secret(Name|KeyRef\.name|\.name)$", path) and value.startswith(f"{database.name}-"):
            yield value


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, path)
    elif isinstance(value, str):
        yield path, value


def test_a_service_reads_the_password_of_its_own_user_alone(platform: Platform) -> None:
    """The user and the database in a connection string, the Secret beside it and the grant are the same service's."""
    granted = {(edge.client, edge.why): edge for edge in platform.edges if edge.database}
    for (client, variable), edge in granted.items():
        container = platform.objects.container(client.namespace, client.name)
        uri = env_of(container)[variable]
        assert uri.startswith(f"mongodb://{client.name}:$(DATABASE_PASSWORD)@")
        assert uri.partition("?")[0].endswith(f"/{edge.database}")
        [password] = [each for each in container["env"] if each["name"] == "DATABASE_PASSWORD"]
        assert password["valueFrom"]["secretKeyRef"] == {
            "name": f"{edge.server.name}-user-{client.name}",
            "key": "password",
        }


def widened(policy: Manifest) -> None:
    """The clients of the first rule are no longer named."""
    policy["spec"]["ingress"][0].pop("from")


def narrowed(policy: Manifest) -> None:
    """The first rule is gone."""
    policy["spec"]["ingress"].pop(0)


def other_port(policy: Manifest) -> None:
    """The first rule's port is another one."""
    policy["spec"]["ingress"][0]["ports"][0]["port"] += 1


def no_egress_type(policy: Manifest) -> None:
    """Egress is not restricted; the namespace's default deny does not help a pod that any rule allows."""
    policy["spec"]["egress"].append({})


def any_namespace(policy: Manifest) -> None:
    """Clients are named by their pods' labels alone."""
    policy["spec"]["ingress"][0]["from"][0].pop("namespaceSelector")


@pytest.mark.parametrize("mutate", [widened, narrowed, other_port, no_egress_type, any_namespace])
def test_a_changed_policy_is_noticed(mutate: Any, platform: Platform) -> None:
    """Each of these mutations of one policy changes which connections, or which servers, are allowed."""
    objects = Manifests(deepcopy(platform.objects))
    mutate(objects.one("NetworkPolicy", "utils", "vdag-processor"))
    network = Network(objects)
    reaching = {pod.peer.name for pod in pods_of(objects) if network.lets_out(pod, Host(SERVICE_ADDRESS), 443)}
    asked = {pod.peer.name for pod in pods_of(objects) for port in pod.ports if network.lets_in(pod, OUTSIDE, port.number)}
    exposed = {peer.name for peer, _ in exposed_ports(objects)}
    found = (set(connections(objects)) != without_why(platform.edges), "vdag-processor" in reaching, asked != exposed)
    assert any(found)


def test_settings_close_the_outside_further() -> None:
    """With ``outside_cidrs``, only these ranges are reached, and with other ``cluster.cidrs`` those are excepted."""
    objects = render({"outside_cidrs": ["203.0.113.0/24"], "cluster": {"cidrs": ["203.0.113.128/25"]}}).objects
    network = Network(objects)
    [gateway] = [pod for pod in pods_of(objects) if pod.peer.name == "cluster-controller-gateway"]
    reached = [host for host in ("203.0.113.7", "203.0.113.200", "198.51.100.1") if network.lets_out(gateway, Host(host), 443)]
    assert reached == ["203.0.113.7"]


def test_a_disabled_service_has_no_edge_no_user_and_no_policy() -> None:
    """Its row of every set goes together."""
    disabled = ("layers-registry-svc", "splits-runners-registry-svc", "parser")
    platform = render({"services": {name: {"enabled": False} for name in disabled}})
    assert not {edge.client.name for edge in platform.edges} & {*disabled}
    assert not [name for name in disabled if f"'{name}" in str(platform.objects)]
    test_every_address_is_an_edge_and_every_edge_an_address(platform)
    test_pods_connect_exactly_where_there_is_an_edge(platform)
