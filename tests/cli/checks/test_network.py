"""Node ports, networks that enforce policies, and ranges of addresses."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
import yaml

from mgmtcluster.cli.checks import network, ranges
from mgmtcluster.cli.checks.told import Told
from mgmtcluster.cli.checks.view import View

from .views import expecting, item, node, pod, rows, the_row, view, workload


def exposed(name: str, *node_ports: int, ours: bool = False) -> dict[str, Any]:
    """A Service with these node ports."""
    ports = [{"port": 80 + index, "nodePort": node_port} for index, node_port in enumerate(node_ports)]
    return item("Service", name, "default", ours=ours, spec={"ports": [*ports, {"port": 9}]})


PLATFORM = expecting(exposed("one", 30100), exposed("two", 30101, 30102))


@pytest.mark.parametrize(
    "there", [[], [exposed("one", 30100, ours=True)], [exposed("other", 30999)], [item("Service", "none", "default", spec={})]]
)
def test_node_ports_that_are_free(there: list[dict[str, Any]]) -> None:
    """Or the platform's own."""
    row = the_row(network.node_ports, view(*there, expected=PLATFORM))
    assert (row.verdict, row.found) == ("ok", "3 node ports are free, or the platform's already")


def test_node_ports_that_others_hold() -> None:
    """A row for each Service that holds some, with the command that deletes it."""
    found = [*rows(network.node_ports, view(exposed("a", 30102, 30100), exposed("b", 30101), expected=PLATFORM))]
    assert [(row.verdict, row.found) for row in found] == [
        ("fail", "30100, 30102 held by Service/default/a"),
        ("fail", "30101 held by Service/default/b"),
    ]
    assert found[0].fix == ["kubectl delete service -n default a   # or give it other node ports"]


@pytest.mark.parametrize(
    ("told", "verdict", "found"),
    [
        ("30000-32767", "ok", "the platform's are all in the cluster's 30000-32767"),
        ("30101-32767", "fail", "30100 not in the cluster's 30101-32767"),
        ("30000-30100", "fail", "30101, 30102 not in the cluster's 30000-30100"),
        ("", "warn", "cannot be told from here: the server did not say it"),
    ],
)
def test_the_range_of_node_ports(told: str, verdict: str, found: str) -> None:
    """As the server names it."""
    row = the_row(network.node_port_range, replace(view(expected=PLATFORM), told=Told(node_ports=told)))
    assert (row.verdict, row.found) == (verdict, found)


def network_of(name: str, *containers: dict[str, Any]) -> dict[str, Any]:
    """A network's DaemonSet."""
    return workload("DaemonSet", name, "kube-system", *containers)


def kindnet(tag: str) -> dict[str, Any]:
    """Kind's network, in this version."""
    return network_of("kindnet", {"name": "kindnet-cni", "image": f"docker.io/kindest/kindnetd:{tag}"})


def aws_node(*args: str) -> dict[str, Any]:
    """EKS' network, whose agent has these arguments."""
    return network_of("aws-node", {"name": "aws-node"}, {"name": "aws-eks-nodeagent", "args": [*args]})


@pytest.mark.parametrize(
    ("networks", "verdict", "found"),
    [
        ([network_of("calico-node")], "ok", "calico-node enforces them"),
        ([network_of("rke2-canal")], "ok", "rke2-canal enforces them"),
        ([network_of("kube-flannel-ds"), network_of("kube-router")], "ok", "kube-router enforces them"),
        ([network_of("cilium"), network_of("calico-node")], "ok", "calico-node, cilium enforce them"),
        ([network_of("kube-flannel-ds"), network_of("kube-proxy")], "warn", "kube-flannel-ds does not enforce them"),
        ([network_of("kube-proxy")], "warn", "cannot be told from here: no network is there that this command knows"),
        ([], "warn", "cannot be told from here: no network is there that this command knows"),
        ([kindnet("v20240813-c6f155d6")], "ok", "kindnet enforces them"),
        ([kindnet("v20250512-df8de77b")], "ok", "kindnet enforces them"),
        ([kindnet("v20240513-cd2ac642")], "warn", "kindnet does not enforce them"),
        ([kindnet("latest")], "warn", "cannot be told from here: no network is there that this command knows"),
        ([aws_node("--enable-ipv6=false", "--enable-network-policy=true")], "ok", "aws-node enforces them"),
        ([aws_node("--enable-network-policy=false")], "warn", "aws-node does not enforce them"),
        ([network_of("aws-node")], "warn", "aws-node does not enforce them"),
        ([aws_node(), network_of("calico-node")], "ok", "calico-node enforces them"),
    ],
)
def test_who_enforces_policies(networks: list[dict[str, Any]], verdict: str, found: str) -> None:
    """By the name of a network's DaemonSet; by its version or its arguments where it does so only then."""
    row = the_row(network.policies_enforced, view(*networks))
    assert (row.verdict, row.found) == (verdict, found)


@pytest.mark.parametrize(
    ("there", "command"),
    [
        (aws_node(), "aws eks update-addon --cluster-name NAME --addon-name vpc-cni --configuration-values"),
        (kindnet("v20230511-dc714da8"), "make the cluster anew with kind 0.24 or newer"),
        (network_of("kube-flannel"), "install Calico, Cilium, Antrea or kube-router; without one"),
    ],
)
def test_how_policies_come_to_be_enforced(there: dict[str, Any], command: str) -> None:
    """By the network that is there, where it can; by another at any rate."""
    fix = the_row(network.policies_enforced, view(there)).fix
    assert fix[0].startswith(command)
    assert fix[-1].startswith("install Calico")


def parts(*cidrs: str, first: int = 1) -> list[dict[str, Any]]:
    """Nodes with these ranges of pods, and addresses of a network of nodes."""
    return [
        node(
            f"node-{number}",
            spec={"podCIDRs": [cidr]},
            addresses=[{"type": "InternalIP", "address": f"192.0.2.{number}"}, {"type": "Hostname", "address": f"node-{number}"}],
        )
        for number, cidr in enumerate(cidrs, start=first)
    ]


def services(*addresses: str) -> dict[str, Any]:
    """A Service with these addresses."""
    return item("Service", "web", "shop", spec={"clusterIPs": [*addresses]})


def with_cidrs(*cidrs: str) -> dict[str, Any]:
    """Settings with these ranges."""
    return {"cluster": {"cidrs": [*cidrs]}}


def proposed(seen: View) -> list[str]:
    """The ranges of the line that the check prints."""
    row = the_row(ranges.ranges, seen)
    assert (row.verdict, row.fix[1]) == ("warn", "make synth")
    cidrs: list[str] = yaml.safe_load(row.fix[0].removeprefix("settings.yaml: "))["cluster"]["cidrs"]
    return cidrs


def test_ranges_that_the_settings_hold() -> None:
    """Of pods and of Services, told as ranges or as addresses."""
    expected = expecting(settings=with_cidrs("10.42.0.0/16", "10.43.0.0/16"))
    for seen in (
        view(*parts("10.42.0.0/24", "10.42.1.0/24"), expected=expected),
        view(item("ServiceCIDR", "kubernetes", spec={"cidrs": ["10.43.0.0/16"]}), expected=expected),
        view(services("10.43.0.1"), services("None"), expected=expected),
        view(pod("web", "shop", status={"podIPs": [{"ip": "10.42.7.9"}]}), expected=expected),
    ):
        row = the_row(ranges.ranges, seen)
        assert (row.verdict, row.found) == (
            "ok",
            "all ranges and addresses that the cluster shows are in 10.42.0.0/16, 10.43.0.0/16",
        )


def test_a_cluster_that_shows_no_range() -> None:
    """One compares oneself; a pod on its node's network shows none."""
    host = pod("web", "shop", hostNetwork=True, status={"podIPs": [{"ip": "198.51.100.7"}]})
    for seen in (view(), view(host), view(*parts("10.42.0.0/24")[:0], services("None"))):
        row = the_row(ranges.ranges, seen)
        assert (row.verdict, row.fix) == ("warn", ["compare settings.yaml yourself"])


def test_ranges_that_are_missing_are_named_as_they_are() -> None:
    """In as few as it takes."""
    expected = expecting(settings=with_cidrs("10.96.0.0/12"))
    row = the_row(ranges.ranges, view(*parts("10.42.0.0/24", "10.42.1.0/24", "10.42.4.0/24"), expected=expected))
    assert row.found.startswith("10.42.0.0/23, 10.42.4.0/24 of pods or Services in none of them")


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        (parts("10.42.0.0/24", "10.42.1.0/24", "10.42.2.0/24"), ["10.42.0.0/16"]),
        (parts("10.42.0.0/24"), ["10.42.0.0/16"]),
        (parts("10.4.0.0/24", "10.5.3.0/24"), ["10.4.0.0/15"]),
        (parts("10.1.0.0/24", "10.200.0.0/24"), ["10.1.0.0/16", "10.200.0.0/16"]),
        (parts("10.1.0.0/24", "172.20.0.0/24"), ["10.1.0.0/16", "172.20.0.0/16"]),
        (parts("fd00:42::/64", "fd00:42:0:1::/64"), ["fd00:42::/56"]),
        (parts("192.0.3.0/26"), ["192.0.3.0/24"]),
        ([*parts("10.42.0.0/24"), services("172.21.0.1", "fd00:99::1")], ["10.42.0.0/16", "172.21.0.0/16", "fd00:99::/56"]),
        ([item("ServiceCIDR", "kubernetes", spec={"cidrs": ["172.21.0.0/20"]}), services("172.30.0.1")], ["172.21.0.0/16"]),
        ([*parts("10.42.0.0/24"), pod("web", "shop", status={"podIPs": [{"ip": "10.42.9.9"}]})], ["10.42.0.0/16"]),
    ],
    ids=str,
)
def test_the_range_around_what_is_missing(shown: list[dict[str, Any]], missing: list[str]) -> None:
    """As wide as a cluster's usually is, of pods and of Services; never around the address of a node."""
    cidrs = proposed(view(*shown, expected=expecting(settings=with_cidrs("10.96.0.0/12"))))
    assert cidrs == ["10.96.0.0/12", *missing]
    assert not any(ip_network(cidr).overlaps(ip_network("192.0.2.0/24")) for cidr in cidrs if ":" not in cidr)


def test_nodes_that_report_no_address() -> None:
    """A name or an empty text is none."""
    addresses = [{"type": "InternalIP", "address": ""}, {"type": "Hostname", "address": "node-1"}]
    seen = view(node("node-1", spec={"podCIDRs": ["10.42.0.0/24"]}, addresses=addresses))
    assert proposed(replace(seen, expected=expecting(settings=with_cidrs("10.96.0.0/12")))) == ["10.96.0.0/12", "10.42.0.0/16"]


def test_pods_among_the_nodes() -> None:
    """Where pods have addresses of the nodes' own network, no node's address is taken in."""
    nodes = [node("node-1", addresses=[{"type": "InternalIP", "address": "10.0.1.8"}])]
    pods = [pod(f"web-{last}", "shop", status={"podIPs": [{"ip": f"10.0.1.{last}"}]}) for last in (8, 9, 12)]
    cidrs = proposed(view(*nodes, *pods, expected=expecting(settings=with_cidrs("10.96.0.0/12"))))
    assert cidrs == ["10.96.0.0/12", "10.0.1.9/32", "10.0.1.12/30"]


def test_another_node_does_not_warn_again() -> None:
    """Once the line is in the settings, the next nodes' ranges are in it."""
    cidrs = ("10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24")
    written = proposed(view(*parts(*cidrs), expected=expecting(settings=with_cidrs("10.96.0.0/12"))))
    more = [*parts(*cidrs), *parts("10.244.3.0/24", "10.244.200.0/24", first=4)]
    assert the_row(ranges.ranges, view(*more, expected=expecting(settings=with_cidrs(*written)))).verdict == "ok"
