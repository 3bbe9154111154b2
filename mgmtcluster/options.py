"""What every construct of a service may be told, beside its image, its endpoint and its database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypedDict, cast

from mgmtcluster.addresses import Address, Endpoint
from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.containers import DEFAULT_USER, Outside, Probe, Resources, SecretKey, TcpProbe
from mgmtcluster.kinds.names import Directory, EnvName, Name, ObjectName, ServiceName
from mgmtcluster.kinds.network import Cidr, HostAddress, Port
from mgmtcluster.kinds.quantities import Replicas, UserId

#: What an environment variable may hold: literal text, an address that its endpoint made, or a key of a Secret.
EnvValue = str | Address | SecretKey


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """A second container beside a service's own, without a port of the pod's.

    Args:
        name: name of the container.
        image: its image, with a tag or a digest.
        readiness: the probe that decides whether the pod gets traffic.
        liveness: the probe that decides whether the container is restarted.
        args: arguments for the image's entry point. Default: the image's own.
        env: environment variables.
        database_env: variable that gets the connection string of the service's own database. Default: none.
        resources: requests and limits.
        writes: directories it writes to, each an ``emptyDir``.
    """

    name: Name
    image: str
    readiness: Probe
    liveness: Probe
    args: Sequence[str] = ()
    env: Mapping[EnvName, EnvValue] = field(default_factory=dict)
    database_env: EnvName | None = None
    resources: Resources = Resources()
    writes: Sequence[Directory] = ("/tmp",)

    def __post_init__(self) -> None:
        check_fields(self, where=f"Sidecar {self.name!r}")


class ServiceOptions(TypedDict, total=False):
    """What a service may be told; every key is optional.

    Attributes:
        env: environment variables. An address is a projection of an ``Endpoint``, never text.
        other_endpoints: further ports of the same Service.
        aliases: further Services of these names on the same pods, inside the cluster.
        replicas: number of pods. Default: 2.
        probe_port: port that the default probes ask. Default: that of the endpoint.
        readiness: decides whether a pod gets traffic. Default: the port accepts connections.
        liveness: decides whether a container is restarted. Default: the same, over two minutes.
        resources: requests and limits of the main container. Default: those of ``Resources``.
        writes: directories it writes to, each an ``emptyDir``. Default: ``/tmp``.
        sidecars: further containers of each pod. Default: none.
        outside: hosts outside the cluster that it connects to. Default: none.
        cluster_cidrs: the cluster's own ranges, which are not outside. Default: none.
        user: user and group id. Default: 10001.
        node_address: address of the nodes for clients outside. Default: the IP of the pod's node.
        image_pull_secrets: names of Secrets for the image registry, in the same namespace. Default: none.
        waits_for_database: hold the start back until its database has a primary that knows its user. Default: no.
        component: the label ``app.kubernetes.io/component``. Default: the construct's kind.
    """

    env: Mapping[EnvName, EnvValue]
    other_endpoints: Sequence[Endpoint]
    aliases: Sequence[ServiceName]
    replicas: Replicas
    probe_port: Port | None
    readiness: Probe
    liveness: Probe
    resources: Resources
    writes: Sequence[Directory]
    sidecars: Sequence[Sidecar]
    outside: Sequence[Outside]
    cluster_cidrs: Sequence[Cidr]
    user: UserId
    node_address: HostAddress | None
    image_pull_secrets: Sequence[ObjectName]
    waits_for_database: bool
    component: Name


_DEFAULTS: Final[ServiceOptions] = {
    "env": {},
    "other_endpoints": (),
    "aliases": (),
    "replicas": 2,
    "probe_port": None,
    "readiness": TcpProbe(),
    "liveness": TcpProbe(period_seconds=20, failure_threshold=6),
    "resources": Resources(),
    "writes": ("/tmp",),
    "sidecars": (),
    "outside": (),
    "cluster_cidrs": (),
    "user": DEFAULT_USER,
    "node_address": None,
    "image_pull_secrets": (),
    "waits_for_database": False,
    "component": "service",
}


def completed(options: ServiceOptions) -> ServiceOptions:
    """These options, with the default of every one that is not given."""
    return cast(ServiceOptions, {**_DEFAULTS, **options})
