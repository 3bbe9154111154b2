"""What the settings say of the cluster, against what the cluster shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from mgmtcluster.cli.checks import facts
from mgmtcluster.cli.checks.told import Told

from .views import expecting, item, the_row, view, workload

ENFORCING = workload("DaemonSet", "calico-node", "kube-system")


def api(target_port: int, **spec: Any) -> dict[str, Any]:
    """The API server's Service."""
    return item("Service", "kubernetes", "default", spec={"ports": [{"port": 443, "targetPort": target_port}], **spec})


def endpoints(*ports: int) -> dict[str, Any]:
    """Where the API server itself answers."""
    labels = {"kubernetes.io/service-name": "kubernetes"}
    listed = [{"port": port, "protocol": "TCP"} for port in ports]
    return item("EndpointSlice", "kubernetes", "default", labels=labels, ports=listed)


@pytest.mark.parametrize("there", [[api(6443)], [api(9999), endpoints(6443)]])
def test_the_api_server_where_policies_let_it_be(there: list[dict[str, Any]]) -> None:
    """Its EndpointSlice says where it is, and its Service where there is none."""
    row = the_row(facts.api_server, view(*there))
    assert (row.verdict, row.found) == ("ok", "it answers at 443, 6443, which policies allow")


@pytest.mark.parametrize(("networks", "verdict"), [([], "warn"), ([ENFORCING], "fail")])
def test_an_api_server_at_another_port(networks: list[dict[str, Any]], verdict: str) -> None:
    """Where policies are enforced nothing reaches it; the line that is printed opens it."""
    seen = view(api(6443), endpoints(16443), *networks)
    row = the_row(facts.api_server, seen)
    assert (row.verdict, row.found.partition(",")[0]) == (verdict, "it answers at 16443")
    expected = expecting(settings=yaml.safe_load(row.fix[0].removeprefix("settings.yaml: ")))
    assert the_row(facts.api_server, replace(seen, expected=expected)).verdict == "ok"


def test_no_api_server_is_shown() -> None:
    """It cannot be told."""
    assert the_row(facts.api_server, view()).verdict == "warn"


COREFILE = """.:53 {
    errors
    kubernetes corp.example in-addr.arpa ip6.arpa {
       pods insecure
    }
}
"""


@pytest.mark.parametrize(
    "told",
    [
        Told({"clusterDomain": "corp.example"}, COREFILE.replace("corp", "other")),
        Told({"clusterDomain": "corp.example."}),
        Told(corefile=COREFILE),
    ],
)
def test_another_domain(told: Told) -> None:
    """A kubelet tells it, or else CoreDNS; the line that is printed is right."""
    seen = replace(view(), told=told)
    row = the_row(facts.cluster_domain, seen)
    assert (row.verdict, row.found) == ("fail", "it is corp.example, and all addresses are written for cluster.local")
    expected = expecting(settings=yaml.safe_load(row.fix[0].removeprefix("settings.yaml: ")))
    row = the_row(facts.cluster_domain, replace(seen, expected=expected))
    assert (row.verdict, row.found) == ("ok", "it is corp.example")


@pytest.mark.parametrize("told", [Told(), Told(corefile="# kubernetes\n.:53 {\n    forward . 1.1.1.1\n}\n")])
def test_a_domain_that_nobody_tells(told: Told) -> None:
    """It cannot be told."""
    assert the_row(facts.cluster_domain, replace(view(), told=told)).verdict == "warn"


BOTH = {"ip_families": ["IPv4", "IPv6"], "cidrs": ["10.0.0.0/8", "fd00::/8"]}
SIX = {"ip_families": ["IPv6"], "cidrs": ["fd00::/8"]}


@pytest.mark.parametrize(
    ("settings", "shown", "verdict"),
    [
        ({}, ["IPv4"], "ok"),
        ({}, ["IPv4", "IPv6"], "ok"),
        ({}, ["IPv6", "IPv4"], "fail"),
        ({}, ["IPv6"], "fail"),
        (BOTH, ["IPv4", "IPv6"], "ok"),
        (BOTH, ["IPv4"], "fail"),
        (SIX, ["IPv6"], "ok"),
        ({}, [], "warn"),
    ],
)
def test_address_families(settings: dict[str, Any], shown: list[str], verdict: str) -> None:
    """Each that is set is there, and the first one is the cluster's; by its ranges, or else by a Service."""
    ranges = {"IPv4": "10.96.0.0/12", "IPv6": "fd00::/112"}
    by_range = item("ServiceCIDR", "kubernetes", spec={"cidrs": [ranges[family] for family in shown]})
    expected = expecting(settings={"cluster": settings, "node_address": "node.example"} if settings else {})
    for there in ([api(6443, ipFamilies=shown)], [by_range] if shown else []):
        row = the_row(facts.address_families, view(*there, expected=expected))
        assert row.verdict == verdict
        assert ", ".join(shown) in row.found
