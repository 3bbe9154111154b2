"""What ``mgmtcluster services --cluster`` makes of nodes and EndpointSlices."""

from __future__ import annotations

from typing import Any

import pytest

from mgmtcluster.cli.services import node_address, ready_pods

from .checks.views import item, node


@pytest.mark.parametrize(
    ("addresses", "found"),
    [
        ([], None),
        ([[("Hostname", "node-1")]], None),
        ([[("InternalIP", "10.0.0.1")], [("InternalIP", "10.0.0.2")]], "10.0.0.1"),
        ([[("InternalIP", "10.0.0.1")], [("InternalIP", "10.0.0.2"), ("ExternalIP", "192.0.2.2")]], "192.0.2.2"),
        ([[("ExternalIP", "192.0.2.1"), ("ExternalIP", "2001:db8::1")], [("ExternalIP", "192.0.2.2")]], "192.0.2.1"),
    ],
)
def test_the_address_of_a_node(addresses: list[list[tuple[str, str]]], found: str | None) -> None:
    """The first public one of any node, else the first internal one."""
    nodes = [node("one", addresses=[{"type": kind, "address": address} for kind, address in pairs]) for pairs in addresses]
    assert node_address(nodes) == found


def endpoint_slice(service: str, *ready: bool | None) -> dict[str, Any]:
    """An EndpointSlice of a Service, with endpoints that are ready, are not, or do not say."""
    endpoints = [{"conditions": {} if one is None else {"ready": one}} for one in ready]
    labels = {"kubernetes.io/service-name": service}
    return item("EndpointSlice", f"{service}-1", "shop", labels=labels, endpoints=endpoints or None)


def test_ready_pods() -> None:
    """Of all slices of a Service; where nothing is said an endpoint is ready."""
    slices = [endpoint_slice("web", True, False), endpoint_slice("web", True, None), endpoint_slice("cart", False)]
    assert ready_pods([*slices, endpoint_slice("empty")]) == {("shop", "web"): 3, ("shop", "cart"): 0, ("shop", "empty"): 0}
