"""Which addresses are the cluster's own."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_address, ip_network
from typing import Final

from mgmtcluster.cli.checks.row import Row, listed
from mgmtcluster.cli.checks.view import View

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

#: By version of IP: the prefix that the range of a cluster's pods usually has, and the shortest that is proposed.
_PREFIXES: Final = {4: (16, 12), 6: (56, 48)}


def ranges(view: View) -> Iterator[Row]:
    """``cluster.cidrs`` holds every address of a pod or a Service that the cluster shows."""
    known = [ip_network(cidr) for cidr in view.expected.settings.cluster.cidrs]
    nodes = [*_node_addresses(view)]
    shown = [{ip_network(text, strict=False) for text in texts} for texts in (_of_pods(view), _of_services(view))]
    outside = [[network for network in networks if not any(_holds(cidr, network) for cidr in known)] for networks in shown]
    if any(outside):
        wanted = [*map(str, known), *(str(network) for networks in outside for network in covering(networks, nodes))]
        setting = f"cluster: {{cidrs: [{', '.join(dict.fromkeys(wanted))}]}}"
        fix = [f"settings.yaml: {setting}   # compare: --cluster-cidr", "make synth"]
        addresses = [str(network) for networks in outside for network in _collapsed(networks)]
        found = f"{listed(addresses)} of pods or Services in none of them: services that may connect to the outside may go there"
        yield Row("cluster.cidrs", "warn", found, fix)
    elif any(shown):
        found = f"all ranges and addresses that the cluster shows are in {listed(list(map(str, known)))}"
        yield Row("cluster.cidrs", "ok", found)
    else:
        yield Row("cluster.cidrs", "warn", "the cluster shows no range of pods or Services", ["compare settings.yaml yourself"])


def covering(networks: Iterable[Network], nodes: Sequence[Address]) -> Iterator[Network]:
    """Yield ranges that hold these networks and the next node's too, but no address of a node.

    Every node has a part of the cluster's range. So one range goes around all networks, as wide as a cluster's usually is.
    If it would be too wide, or hold the address of a node, each network gets a range of its own.
    """
    networks = list(networks)
    for version, (usual, widest) in _PREFIXES.items():
        same = [network for network in networks if network.version == version]
        if not same:
            continue
        whole = same[0]
        while not all(_holds(whole, network) for network in same):
            whole = whole.supernet()
        if whole.prefixlen >= widest and not any(node in whole for node in nodes):
            yield _widened(whole, usual, nodes)
        else:
            yield from _collapsed(_widened(network, usual, nodes) for network in same)


def _widened(network: Network, prefix: int, nodes: Sequence[Address]) -> Network:
    """The network, widened to this prefix or to where the address of a node begins."""
    while network.prefixlen > prefix and not any(node in network.supernet() for node in nodes):
        network = network.supernet()
    return network


def _holds(outer: Network, inner: Network) -> bool:
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def _collapsed(networks: Iterable[Network]) -> Iterator[Network]:
    """The same addresses in as few ranges as it takes."""
    networks = list(networks)
    for version in _PREFIXES:
        yield from collapse_addresses(network for network in networks if network.version == version)  # type: ignore[type-var]


def _of_pods(view: View) -> Iterator[str]:
    """The nodes' ranges of pods, and the addresses of pods with a network of their own."""
    for node in view.objects["Node"]:
        yield from node["spec"].get("podCIDRs") or ()
    nodes = {*map(str, _node_addresses(view))}
    for pod in view.objects["Pod"]:
        if not pod["spec"].get("hostNetwork"):
            addresses = [item["ip"] for item in (pod.get("status") or {}).get("podIPs") or ()]
            yield from (address for address in addresses if address not in nodes)


def _of_services(view: View) -> Iterator[str]:
    """The ranges of Services, where the server tells them; else their addresses."""
    for service_cidr in view.objects["ServiceCIDR"]:
        yield from service_cidr["spec"]["cidrs"]
    if not view.objects["ServiceCIDR"]:
        for service in view.objects["Service"]:
            yield from (address for address in service["spec"].get("clusterIPs") or () if address != "None")


def _node_addresses(view: View) -> Iterator[Address]:
    """The addresses of the nodes. Names are left out, and so is what a node reports before it knows its address."""
    for node in view.objects["Node"]:
        for item in (node.get("status") or {}).get("addresses") or ():
            with suppress(ValueError):
                yield ip_address(item["address"])


CHECKS: Final = (ranges,)
