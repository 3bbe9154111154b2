"""The network: node ports, and who enforces policies."""

import re
from collections.abc import Iterator
from typing import Final

from mgmtcluster.cli.checks.row import Row, listed
from mgmtcluster.cli.checks.view import View, is_ours
from mgmtcluster.kinds.network import ports_in
from mgmtcluster.manifests import Object, containers, name_of

#: DaemonSets of networks that enforce NetworkPolicy, and of those that do not, however they are set up.
_ENFORCING: Final = (
    "anetd",
    "antrea-agent",
    "calico-node",
    "canal",
    "cilium",
    "kube-router",
    "ovnkube-node",
    "rke2-canal",
    "weave-net",
)
_NOT_ENFORCING: Final = ("kube-flannel", "kube-flannel-ds")

#: How to make a network enforce NetworkPolicy, where it can.
_SWITCH_ON: Final = {
    "aws-node": (
        "aws eks update-addon --cluster-name NAME --addon-name vpc-cni"
        """ --configuration-values '{"enableNetworkPolicy": "true"}'   # VPC CNI 1.14 or newer; or:"""
    ),
    "kindnet": "make the cluster anew with kind 0.24 or newer, whose kindnet enforces them; or:",
}

#: The date in the tag of the first kindnet with policies, that of kind 0.24.
_KINDNET_ENFORCES: Final = 20240813


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


def node_port_range(view: View) -> Iterator[Row]:
    """The cluster gives Services the node ports that the platform has."""
    told = view.told.node_ports
    wanted = {port for service in view.expected.of_kind("Service") for port in _node_ports(service)}
    if not told:
        fix = ["compare cluster.node_port_range in settings.yaml with --service-node-port-range of the API server"]
        yield Row("node port range", "warn", "cannot be told from here: the server did not say it", fix)
        return
    outside = sorted(wanted - {*ports_in(told)})
    if outside:
        fix = [f"start the API server with a --service-node-port-range that holds {outside[0]}-{outside[-1]}; or:"]
        fix += [f"settings.yaml: cluster: {{node_port_range: {told}}}   # and node ports in it", "make synth"]
        yield Row("node port range", "fail", f"{listed(list(map(str, outside)))} not in the cluster's {told}", fix)
    else:
        yield Row("node port range", "ok", f"the platform's are all in the cluster's {told}")


def _node_ports(service: Object) -> Iterator[int]:
    return (port["nodePort"] for port in service["spec"].get("ports") or () if "nodePort" in port)


def policies_enforced(view: View) -> Iterator[Row]:
    """Some network enforces NetworkPolicies, as far as its DaemonSets show."""
    enforcing = sorted(name for name, enforces in networks(view).items() if enforces)
    others = sorted(name for name, enforces in networks(view).items() if not enforces)
    if enforcing:
        verb = "enforces" if len(enforcing) == 1 else "enforce"
        yield Row("network policies", "ok", f"{listed(enforcing)} {verb} them")
        return
    fix = [_SWITCH_ON[name] for name in others if name in _SWITCH_ON]
    fix.append(
        "install Calico, Cilium, Antrea or kube-router; without one the platform runs, but every pod may reach every other"
    )
    if others:
        verb = "does" if len(others) == 1 else "do"
        yield Row("network policies", "warn", f"{listed(others)} {verb} not enforce them", fix)
    else:
        yield Row("network policies", "warn", "cannot be told from here: no network is there that this command knows", fix)


def networks(view: View) -> dict[str, bool]:
    """The networks that are known, by the names of their DaemonSets, and whether each enforces policies."""
    found = {daemon_set["metadata"]["name"]: _enforces(daemon_set) for daemon_set in view.objects["DaemonSet"]}
    return {name: enforces for name, enforces in found.items() if enforces is not None}


def _enforces(daemon_set: Object) -> bool | None:
    """Whether a DaemonSet is a network that enforces policies; None where it is no network that is known."""
    name = daemon_set["metadata"]["name"]
    if name == "aws-node":  # its agent for policies runs beside it, and is off by default
        arguments = [argument for container in containers(daemon_set) for argument in container.get("args") or ()]
        return "--enable-network-policy=true" in arguments
    if name == "kindnet":
        tags = [re.search(r":v(\d{8})-", container.get("image", "")) for container in containers(daemon_set)]
        dates = [int(tag[1]) for tag in tags if tag]
        return min(dates) >= _KINDNET_ENFORCES if dates else None
    if name in _ENFORCING:
        return True
    return False if name in _NOT_ENFORCING else None


CHECKS: Final = (node_ports, node_port_range, policies_enforced)
