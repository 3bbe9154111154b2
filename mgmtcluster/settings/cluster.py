"""The settings that say what is true of the cluster."""

from collections.abc import Iterable, Mapping, Set
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from mgmtcluster.kinds.checking import unique
from mgmtcluster.kinds.cluster import Cluster, DnsServer, cluster_problems, dns_problems
from mgmtcluster.kinds.names import LabelKey, LabelValue, Name
from mgmtcluster.kinds.network import Cidr, Domain, IpFamily, Port, PortRange
from mgmtcluster.kinds.proxy import NoProxyHost, Proxy, ProxyUrl, proxy_problems
from mgmtcluster.settings.model import Model

#: flannel's pods and kubeadm's Services.
_DEFAULT_CIDRS: Final = ["10.244.0.0/16", "10.96.0.0/12"]


class DnsServerSettings(Model):
    """What answers DNS: pods by `namespace` and `labels`, or an address by its `cidr`."""

    namespace: Name | None = Field(default=None, description="Namespace of the pods.")
    labels: dict[LabelKey, LabelValue] = Field(default={}, description="Labels of the pods.")
    cidr: Cidr | None = Field(default=None, description="The address, as of a cache on every node: 169.254.20.10/32.")
    port: Port = Field(default=53, description="The port that a policy sees: that of the pods, not of their Service.")

    @classmethod
    def _cross_field_problems(cls, fields: Mapping[str, Any], wrong: Set[str], /) -> Iterable[str]:
        """Pods or an address."""
        return () if wrong else dns_problems(fields)


class ProxySettings(Model):
    """The HTTP proxy of services that may connect to hosts outside, and of backups to a bucket there."""

    http: ProxyUrl | None = Field(default=None, description="URL of the proxy for `http://`.")
    https: ProxyUrl | None = Field(default=None, description="URL of the proxy for `https://`.")
    no_proxy: list[NoProxyHost] = Field(
        default=[], description="Hosts that are reached without it, beside everything of the cluster."
    )
    cidrs: list[Cidr] = Field(
        default=[], description="Addresses of a proxy that has a name outside. Default: its port is open to all outside."
    )

    @classmethod
    def _cross_field_problems(cls, fields: Mapping[str, Any], wrong: Set[str], /) -> Iterable[str]:
        """At least one URL."""
        return () if wrong else proxy_problems(fields)


class ClusterSettings(Model):
    """What is true of the cluster."""

    domain: Domain = Field(default=Cluster.domain, description="The domain of its own DNS names.")
    ip_families: Annotated[list[IpFamily], Field(min_length=1)] = Field(
        default=[*Cluster.ip_families], description="Families of its addresses, the first one first: IPv4, IPv6 or both."
    )
    cidrs: Annotated[list[Cidr], AfterValidator(unique)] = Field(
        default=_DEFAULT_CIDRS, description="Ranges of pods and Services, of every family; they are not outside the cluster."
    )
    dns: Annotated[list[DnsServerSettings], Field(min_length=1)] = Field(
        default=[DnsServerSettings(**vars(server)) for server in Cluster.dns], description="What answers DNS."
    )
    api_server_ports: Annotated[list[Port], Field(min_length=1)] = Field(
        default=[*Cluster.api_server_ports], description="Ports of the API server: behind its Service, and on its nodes."
    )
    node_port_range: PortRange = Field(default=Cluster.node_port_range, description="Ports that a Service may have on nodes.")
    openshift: bool = Field(
        default=Cluster.openshift, description="Leave users and groups to the cluster's security context constraints."
    )
    proxy: ProxySettings | None = Field(default=None, description="The HTTP proxy through which hosts outside are reached.")

    @classmethod
    def _cross_field_problems(cls, fields: Mapping[str, Any], wrong: Set[str], /) -> Iterable[str]:
        """Facts that do not go together."""
        dns = [DnsServerSettings.raw_fields(server) for server in fields["dns"]] if "dns" not in wrong else []
        proxy = ProxySettings.raw_fields(fields["proxy"]) if fields["proxy"] and "proxy" not in wrong else None
        return () if {"cidrs", "ip_families"} & wrong else cluster_problems({**fields, "dns": dns, "proxy": proxy})

    @property
    def facts(self) -> Cluster:
        """The facts, as constructs take them."""
        dns = [DnsServer(**dict(server)) for server in self.dns]
        return Cluster(**{**dict(self), "dns": dns, "proxy": Proxy(**dict(self.proxy)) if self.proxy else None})
