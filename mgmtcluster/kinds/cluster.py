"""Facts of the cluster that an app is installed in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import Field

from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.names import LabelKey, LabelValue, Name
from mgmtcluster.kinds.network import Cidr, Domain, IpFamily, NodePort, Port, PortRange, family_of, is_address, ports_in, within
from mgmtcluster.kinds.proxy import Proxy, proxy_hosts

#: Every address of a family.
ANYWHERE: Final = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}


def dns_problems(server: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with where DNS is asked."""
    if server["cidr"] and (server["namespace"] or server["labels"]):
        yield "cidr: is set beside namespace or labels; write an address or pods"
    elif not server["cidr"] and not (server["namespace"] and server["labels"]):
        yield "namespace: is missing, or labels are; write both, or a cidr instead"


@dataclass(frozen=True, kw_only=True)
class DnsServer:
    """What answers DNS: pods, or an address; with the port that a NetworkPolicy sees.

    Args:
        namespace: the namespace of the pods.
        labels: the labels of the pods.
        cidr: the address, as of a cache on every node; instead of pods.
        port: the port of the pods, which may differ from that of their Service.

    Raises:
        InvalidInput: neither pods nor an address, or both.
    """

    namespace: Name | None = None
    labels: Mapping[LabelKey, LabelValue] = field(default_factory=dict)
    cidr: Cidr | None = None
    port: Port = 53

    def __post_init__(self) -> None:
        check_fields(self, where="DnsServer")
        problems = [f"DnsServer: {problem}" for problem in dns_problems(vars(self))]
        if problems:
            raise InvalidInput(problems)


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What is true of the cluster. A fact that is not passed is that of a cluster as kubeadm makes it.

    An app says it once: ``set_context(app, Context(cluster=Cluster(domain="corp.example", cidrs=["10.0.0.0/8"])))``.

    Args:
        domain: the domain of its own DNS names. Default: ``cluster.local``.
        ip_families: the families of its addresses, ``IPv4`` and ``IPv6``, the first one first. Default: ``IPv4``.
        cidrs: ranges of its own pods and Services, which are not outside. Default: none.
        dns: what answers DNS. Default: the pods ``k8s-app: kube-dns`` in ``kube-system``, on port 53.
        api_server_ports: ports of the API server, as a policy sees them: behind its Service, and on its nodes.
            Default: 443 and 6443.
        node_port_range: the ports that a Service may have on every node. Default: ``30000-32767``.
        proxy: the HTTP proxy through which hosts outside are reached. Default: none.
        openshift: users and groups of pods are left to its security context constraints. Default: no.

    Raises:
        InvalidInput: a value that no cluster has.
    """

    domain: Domain = "cluster.local"
    ip_families: Annotated[Sequence[IpFamily], Field(min_length=1)] = ("IPv4",)
    cidrs: Sequence[Cidr] = ()
    dns: Annotated[Sequence[DnsServer], Field(min_length=1)] = (
        DnsServer(namespace="kube-system", labels={"k8s-app": "kube-dns"}),
    )
    api_server_ports: Annotated[Sequence[Port], Field(min_length=1)] = (443, 6443)
    node_port_range: PortRange = "30000-32767"
    openshift: bool = False
    proxy: Proxy | None = None

    def __post_init__(self) -> None:
        check_fields(self, where="Cluster")
        problems = [f"Cluster: {problem}" for problem in cluster_problems(self._raw())]
        if problems:
            raise InvalidInput(problems)

    def _raw(self) -> Mapping[str, Any]:
        return {**vars(self), "dns": [*map(vars, self.dns)], "proxy": vars(self.proxy) if self.proxy else None}

    def has(self, family: str) -> bool:
        """Whether its pods and Services have addresses of this family."""
        return family in self.ip_families


def cluster_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with these facts together, each right by itself, as ``field: words``."""
    families, cidrs = facts["ip_families"], facts["cidrs"]
    if len({*families}) < len(families):
        yield "ip_families: one is listed twice; remove one"
    for cidr in cidrs:
        if cidr.endswith("/0"):
            yield f"cidrs: {cidr!r} is every address; write the cluster's own"
        elif words := foreign_family(cidr, families):
            yield f"cidrs: {words}"
    for family in families:
        if cidrs and family not in map(family_of, cidrs):
            yield f"cidrs: has no range of {family}, which is in ip_families; write those of its pods and Services"
    for server in facts["dns"]:
        if server.get("cidr") and (words := foreign_family(server["cidr"], families)):
            yield f"dns: {words}"
    yield from _proxy_problems(facts)


def _proxy_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    """A proxy by an address that is the cluster's own, or of no family of its own; addresses of one that has none outside."""
    if not facts["proxy"]:
        return
    hosts, cidrs = [*proxy_hosts(facts["proxy"])], facts["proxy"]["cidrs"]
    for name, host in ((name, host) for name, host in hosts if is_address(host)):
        if words := foreign_family(host, facts["ip_families"]):
            yield f"proxy.{name}: {words}"
        for own in (cidr for cidr in facts["cidrs"] if within(host, cidr)):
            yield f"proxy.{name}: {host!r} is within the cluster's own {own}; write the name of its Service"
    inside = (".svc", f".svc.{facts['domain']}")
    if cidrs and all(is_address(host) or host.endswith(inside) for _, host in hosts):
        yield "proxy.cidrs: is set, and no URL of the proxy has a name outside the cluster; leave it out"
    for cidr in cidrs:
        if words := foreign_family(cidr, facts["ip_families"]):
            yield f"proxy.cidrs: {words}"
        for own in (own for own in facts["cidrs"] if within(cidr, own)):
            yield f"proxy.cidrs: {cidr!r} is within the cluster's own {own}; write the name of its Service as the proxy's host"


def foreign_family(cidr: str, families: Sequence[str]) -> str | None:
    """The words for a range, or an address, of a family that the cluster does not have."""
    family = family_of(cidr)
    return None if family in families else f"{cidr!r} is {family}, and the cluster's ip_families are {', '.join(families)}"


def node_port_problem(node_port: NodePort | None, allowed: PortRange) -> str | None:
    """The words for a node port that the cluster gives to no Service."""
    if node_port is None or node_port in ports_in(allowed):
        return None
    return f"{node_port} is not in {allowed}, the cluster's node_port_range; write one that is"
