"""The network: node ports, who enforces policies, which addresses are the cluster's own."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from typing import Final

from mgmtcluster.cli.checks.row import Row, listed
from mgmtcluster.cli.checks.view import View, is_ours
from mgmtcluster.manifests import Object, name_of

#: DaemonSets of networks that enforce NetworkPolicy, and of those that do not.
_ENFORCING: Final = ("calico-node", "canal", "cilium", "antrea-agent", "kube-router", "weave-net", "ovnkube-node", "anetd")
_NOT_ENFORCING: Final = ("kube-flannel-ds", "kube-flannel")

_Network = IPv4Network | IPv6Network


def node_ports(view: View) -> Iterator[Row]:
    """The node ports of the platform are free, or its own already."""
    wanted = {port for service in view.expected.of_kind("Service") for port in _node_ports(service)}
    taken = False
    for service in view.objects["Service"]:
        held = sorted(wanted & {*_node_ports(service)})
        if held and not is_ours(service):
            taken = True
            metadata = service["metadata"]
            fix = [f"kubectl delete service -n {metadata['namespace']} {metadata['name']}   # or give it other node ports"]
            yield Row("node ports", "fail", f"{listed(list(map(str, held)))} held by {name_of(service)}", fix)
    if not taken:
        yield Row("node ports", "ok", f"{len(wanted)} node ports are free, or the platform's already")


def _node_ports(service: Object) -> Iterator[int]:
    return (port["nodePort"] for port in service["spec"].get("ports") or () if "nodePort" in port)


def policies_enforced(view: View) -> Iterator[Row]:
    """Some network makes NetworkPolicies real, as far as its DaemonSets show."""
    running = {each["metadata"]["name"] for each in view.objects["DaemonSet"]}
    enforcing, others = sorted(running & {*_ENFORCING}), sorted(running & {*_NOT_ENFORCING})
    fix = ["install Calico, Cilium, Antrea or kube-router; without it everything works and nothing is closed"]
    if enforcing:
        yield Row("network policies", "ok", f"{listed(enforcing)} enforces them")
    elif others:
        yield Row("network policies", "warn", f"{listed(others)} does not enforce them", fix)
    else:
        yield Row("network policies", "warn", "whether anything enforces them cannot be told: no known network is there", fix)


def ranges(view: View) -> Iterator[Row]:
    """``cluster_cidrs`` holds every address of a pod or a Service that the cluster shows."""
    known = [ip_network(each) for each in view.expected.settings.cluster_cidrs]
    shown = {ip_network(each, strict=False) for each in _shown(view)}
    outside = [str(each) for version in (4, 6) for each in _outside(shown, known, version)]
    if outside:
        fix = [f"settings.yaml: cluster_cidrs: [{', '.join(dict.fromkeys((*map(str, known), *outside)))}]", "make synth"]
        found = f"{listed(outside)} of pods or Services in none of cluster_cidrs: services that may go outside may go there"
        yield Row("cluster_cidrs", "warn", found, fix)
    elif shown:
        yield Row(
            "cluster_cidrs", "ok", f"all ranges and addresses that the cluster shows are in {listed(list(map(str, known)))}"
        )
    else:
        yield Row("cluster_cidrs", "warn", "the cluster shows no range of pods or Services", ["compare settings.yaml yourself"])


def _outside(shown: Iterable[_Network], known: Iterable[_Network], version: int) -> Iterator[_Network]:
    """What is shown of one version of IP and lies in none of the known ranges, as few ranges as it takes."""
    ranges = [each for each in known if each.version == version]
    left = [each for each in shown if each.version == version and not any(each.subnet_of(one) for one in ranges)]  # type: ignore[arg-type]
    return collapse_addresses(left)  # type: ignore[type-var]


def _shown(view: View) -> Iterator[str]:
    """Ranges, where they are told; else single addresses."""
    for node in view.objects["Node"]:
        yield from node["spec"].get("podCIDRs") or ()
    for each in view.objects["ServiceCIDR"]:
        yield from each["spec"]["cidrs"]
    if not view.objects["ServiceCIDR"]:
        for service in view.objects["Service"]:
            yield from (each for each in service["spec"].get("clusterIPs") or () if each != "None")
    hosts = {each["address"] for node in view.objects["Node"] for each in (node.get("status") or {}).get("addresses") or ()}
    for pod in view.objects["Pod"]:
        if not pod["spec"].get("hostNetwork"):
            found = [each["ip"] for each in (pod.get("status") or {}).get("podIPs") or ()]
            yield from (str(ip_address(each)) for each in found if each not in hosts)
