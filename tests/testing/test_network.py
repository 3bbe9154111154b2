"""The evaluator of NetworkPolicies follows Kubernetes' semantics."""

from typing import Any

import pytest

from mgmtcluster import InvalidInput, Peer
from mgmtcluster.testing import Host, Manifest, Manifests, Network, Pod, PodPort, may_connect, pods_of

SHOP = Pod("shop", {"app.kubernetes.io/name": "shop"}, "10.244.1.1", [PodPort(8080, "http")])
DATABASE = Pod("data", {"app.kubernetes.io/name": "database", "tier": "data"}, "10.244.1.2", [PodPort(5432, "sql")])
NAMESPACES: tuple[Manifest, ...] = (
    {"kind": "Namespace", "metadata": {"name": "shop"}},
    {"kind": "Namespace", "metadata": {"name": "data", "labels": {"team": "storage"}}},
)


def policy(namespace: str = "data", **spec: object) -> Manifest:
    """A NetworkPolicy on every pod of a namespace."""
    return {"kind": "NetworkPolicy", "metadata": {"namespace": namespace, "name": "test"}, "spec": {"podSelector": {}, **spec}}


def network(*policies: Manifest) -> Network:
    """A network with these policies."""
    return Network(Manifests((*NAMESPACES, *policies)))


def test_without_a_policy_everything_connects() -> None:
    """A pod that no policy selects is not isolated."""
    assert network().may_connect(SHOP, DATABASE, 5432)
    assert network(policy(podSelector={"matchLabels": {"tier": "web"}})).may_connect(SHOP, DATABASE, 5432)


def test_a_policy_without_rules_denies() -> None:
    """A selected pod is isolated in the directions that its policies name, and in no other."""
    assert not network(policy()).may_connect(SHOP, DATABASE, 5432)
    assert network(policy(policyTypes=["Egress"])).may_connect(SHOP, DATABASE, 5432)
    assert not network(policy("shop", policyTypes=["Egress"])).may_connect(SHOP, DATABASE, 5432)


def test_a_policy_with_egress_rules_isolates_egress_too() -> None:
    """Where the types are left out, they follow from the rules."""
    rules = [{"ports": [{"port": 53, "protocol": "UDP"}]}]
    assert not network(policy("shop", egress=rules)).may_connect(SHOP, DATABASE, 5432)
    assert network(policy("shop", egress=rules)).may_connect(SHOP, DATABASE, 53, protocol="UDP")


def test_several_policies_are_a_union() -> None:
    """What one policy allows, no other takes away."""
    assert network(policy(), policy(ingress=[{}])).may_connect(SHOP, DATABASE, 5432)


@pytest.mark.parametrize(
    ("peer", "allowed"),
    [
        ({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "shop"}}}, False),  # means a shop in its own namespace
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}, True),
        ({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "shop"}}}, True),
        ({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "other"}}}, False),
        ({"namespaceSelector": {"matchLabels": {"team": "storage"}}}, False),
        ({"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}}, True),
        ({"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}}, False),
        (
            {
                "namespaceSelector": {
                    "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["shop"]}]
                }
            },
            True,
        ),
        (
            {
                "namespaceSelector": {
                    "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["shop"]}]
                }
            },
            False,
        ),
        ({"ipBlock": {"cidr": "10.244.0.0/16"}}, True),
        ({"ipBlock": {"cidr": "10.244.0.0/16", "except": ["10.244.1.0/24"]}}, False),
    ],
)
def test_a_peer_is_who_its_selectors_select(peer: Manifest, allowed: bool) -> None:
    """Namespace and pod selectors of one peer both count; a pod selector alone means the policy's own namespace."""
    assert bool(network(policy(ingress=[{"from": [peer]}])).may_connect(SHOP, DATABASE, 5432)) is allowed


@pytest.mark.parametrize(
    ("port", "allowed"),
    [
        ({"port": 5432}, True),
        ({"port": 5432, "protocol": "UDP"}, False),
        ({"port": 5431}, False),
        ({"port": 5000, "endPort": 6000}, True),
        ({"port": 5000, "endPort": 5431}, False),
        ({"port": "sql"}, True),
        ({"port": "sql", "protocol": "UDP"}, False),
        ({"port": "http"}, False),
        ({"protocol": "TCP"}, True),
    ],
)
def test_a_port_is_a_number_a_range_or_a_name(port: Manifest, allowed: bool) -> None:
    """Names are those of the server's ports, ranges include their ends, and the protocol is TCP unless it is named."""
    assert bool(network(policy(ingress=[{"ports": [port]}])).may_connect(SHOP, DATABASE, 5432)) is allowed


def test_an_address_outside_is_matched_by_ranges_alone() -> None:
    """No selector of pods matches a host that is no pod."""
    everybody = network(policy("shop", egress=[{"to": [{"namespaceSelector": {}}]}]))
    assert not everybody.may_connect(SHOP, Host("203.0.113.7"), 443)
    outside = network(policy("shop", egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}]))
    assert outside.may_connect(SHOP, Host("203.0.113.7"), 443)
    assert not outside.may_connect(SHOP, DATABASE, 5432)


def test_a_pod_is_of_its_workload() -> None:
    """The label that policies select by is the workload's name."""
    assert SHOP.peer == Peer("shop", "shop")


def workload(kind: str, name: str, *, namespace: str = "shop", **spec: object) -> Manifest:
    """Something that makes pods with its name as their label."""
    metadata = {"labels": {"app.kubernetes.io/name": name}}
    container = {"name": name, "ports": [{"containerPort": 53, "name": "dns", "protocol": "UDP"}]}
    template = {"metadata": metadata, "spec": {"containers": [container]}}
    made = {"jobTemplate": {"spec": {"template": template}}} if kind == "CronJob" else {"template": template}
    return {"kind": kind, "apiVersion": "v1", "metadata": {"name": name, "namespace": namespace}, "spec": {**made, **spec}}


def test_workloads_are_named_by_their_peers() -> None:
    """Both sides count, and the answer says which policies gave it."""
    client = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "web"}}}
    manifests = (
        workload("Deployment", "web"),
        workload("Job", "till"),
        policy("shop", podSelector={"matchLabels": {"app.kubernetes.io/name": "till"}}, ingress=[{"from": [client]}]),
    )
    answer = may_connect(manifests, Peer("shop", "web"), Peer("shop", "till"), 80)
    assert answer
    assert (
        answer.why == "no NetworkPolicy restricts the egress of shop/web; NetworkPolicy shop/test allows the ingress of shop/till"
    )
    answer = may_connect(manifests, Host("203.0.113.7"), Peer("shop", "till"), 80)
    assert not answer
    assert answer.why == "no rule of NetworkPolicy shop/test allows the ingress of shop/till from 203.0.113.7 on TCP 80"


def test_both_sides_that_close_are_told() -> None:
    """Who opens one alone finds the other closed."""
    closed = (workload("Deployment", "web"), workload("Deployment", "till"), policy("shop", policyTypes=["Ingress", "Egress"]))
    why = may_connect(closed, Peer("shop", "web"), Peer("shop", "till"), 80).why
    assert "the egress of shop/web to shop/till on TCP 80; no rule" in why
    assert "the ingress of shop/till from shop/web on TCP 80" in why


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet"])
def test_pods_are_those_of_every_kind_that_makes_some(kind: str) -> None:
    """With the ports that they declare."""
    [pod] = pods_of([workload(kind, "web")])
    assert (pod.peer, pod.ports) == (Peer("shop", "web"), (PodPort(53, "dns", "UDP"),))


def test_a_named_port_is_one_of_its_protocol() -> None:
    """The name of a UDP port opens nothing over TCP."""
    manifests = (workload("Deployment", "dns"), policy("shop", ingress=[{"ports": [{"port": "dns", "protocol": "UDP"}]}]))
    assert may_connect(manifests, SHOP, Peer("shop", "dns"), 53, protocol="UDP")
    assert not may_connect(manifests, SHOP, Peer("shop", "dns"), 53)
    manifests = (workload("Deployment", "dns"), policy("shop", ingress=[{"ports": [{"port": "dns"}]}]))
    assert not may_connect(manifests, SHOP, Peer("shop", "dns"), 53)


def test_members_that_differ_are_not_answered_for_as_one() -> None:
    """Neither yes nor no would be true of both; each has its own answer."""
    member = {"podSelector": {"matchLabels": {"statefulset.kubernetes.io/pod-name": "db-1"}}}
    manifests = (
        workload("StatefulSet", "db", replicas=2),
        workload("Deployment", "web"),
        policy("shop", podSelector={"matchLabels": {"app.kubernetes.io/name": "web"}}, egress=[{"to": [member]}]),
    )
    with pytest.raises(InvalidInput, match=r"^shop/web, shop/db: no rule .*, but NetworkPolicy .*; name the pods by Peer"):
        may_connect(manifests, Peer("shop", "web"), Peer("shop", "db"), 27017)
    one, other = (Peer("shop", "db", labels={"statefulset.kubernetes.io/pod-name": f"db-{ordinal}"}) for ordinal in (0, 1))
    assert not may_connect(manifests, Peer("shop", "web"), one, 27017)
    assert may_connect(manifests, Peer("shop", "web"), other, 27017)


def test_a_workload_that_is_not_there_is_refused() -> None:
    """A test of a name that is mistyped would hold for ever; and so would one of pods that no policy applies to."""
    on_the_node = workload("DaemonSet", "exporter")
    on_the_node["spec"]["template"]["spec"]["hostNetwork"] = True
    manifests = (workload("Deployment", "web"), on_the_node)
    for name in ("wbe", "exporter"):
        with pytest.raises(
            InvalidInput, match=rf"^shop/{name}: no pod here is of it; write one of shop/web, or Pod\(…\) or Host"
        ):
            may_connect(manifests, Peer("shop", name), Peer("shop", "web"), 80)


def test_a_protocol_that_is_none_is_refused() -> None:
    """In small letters it would be closed for ever."""
    wrong: Any = "udp"
    with pytest.raises(InvalidInput, match=r"^protocol: 'udp' is none of a policy's; write one of TCP, UDP, SCTP"):
        may_connect((), SHOP, DATABASE, 53, protocol=wrong)


def test_hundreds_of_pods_have_addresses_of_their_own() -> None:
    """Ranges are of addresses, and each pod has one."""
    pods = pods_of([workload("Deployment", f"web-{number}") for number in range(300)])
    assert len({pod.address for pod in pods}) == 300
