"""The evaluator of NetworkPolicies follows Kubernetes' semantics."""

import pytest

from mgmtcluster import Peer
from tests.policies import Host, Network, Pod
from tests.rendering import Manifest, Manifests

SHOP = Pod("shop", {"app.kubernetes.io/name": "shop"}, "10.244.1.1", {8080: "http"})
DATABASE = Pod("data", {"app.kubernetes.io/name": "database", "tier": "data"}, "10.244.1.2", {5432: "sql"})
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
    assert network().connects(SHOP, DATABASE, 5432)
    assert network(policy(podSelector={"matchLabels": {"tier": "web"}})).connects(SHOP, DATABASE, 5432)


def test_a_policy_without_rules_denies() -> None:
    """A selected pod is isolated in the directions that its policies name, and in no other."""
    assert not network(policy()).connects(SHOP, DATABASE, 5432)
    assert network(policy(policyTypes=["Egress"])).connects(SHOP, DATABASE, 5432)
    assert not network(policy("shop", policyTypes=["Egress"])).connects(SHOP, DATABASE, 5432)


def test_a_policy_with_egress_rules_isolates_egress_too() -> None:
    """Where the types are left out, they follow from the rules."""
    rules = [{"ports": [{"port": 53, "protocol": "UDP"}]}]
    assert not network(policy("shop", egress=rules)).connects(SHOP, DATABASE, 5432)
    assert network(policy("shop", egress=rules)).connects(SHOP, DATABASE, 53, "UDP")


def test_several_policies_are_a_union() -> None:
    """What one policy allows, no other takes away."""
    assert network(policy(), policy(ingress=[{}])).connects(SHOP, DATABASE, 5432)


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
    assert network(policy(ingress=[{"from": [peer]}])).connects(SHOP, DATABASE, 5432) is allowed


@pytest.mark.parametrize(
    ("port", "allowed"),
    [
        ({"port": 5432}, True),
        ({"port": 5432, "protocol": "UDP"}, False),
        ({"port": 5431}, False),
        ({"port": 5000, "endPort": 6000}, True),
        ({"port": 5000, "endPort": 5431}, False),
        ({"port": "sql"}, True),
        ({"port": "http"}, False),
        ({"protocol": "TCP"}, True),
    ],
)
def test_a_port_is_a_number_a_range_or_a_name(port: Manifest, allowed: bool) -> None:
    """Names are those of the server's ports, ranges include their ends, and the protocol is TCP unless it is named."""
    assert network(policy(ingress=[{"ports": [port]}])).connects(SHOP, DATABASE, 5432) is allowed


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
