"""What the arguments of a service say, completed: the one value that its checks, edges, pods and objects are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from constructs import Construct

from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.parts.context import Context, namespace_of, set_context
from mgmtcluster.constructs.parts.pods import volume_name
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.containers import Container, Init, Sidecar
from mgmtcluster.databases.grant import PASSWORD_ENV, Grant
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.names import dns_label
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.kinds.sources import Claim
from mgmtcluster.options import REPLICAS, ServiceOptions, TaskOptions, completed, exposed_of


@dataclass(frozen=True, kw_only=True)
class Spec:
    """The arguments of a service, a worker or a task.

    Attributes:
        workload: its pods.
        image: image of the main container.
        endpoints: where it answers, the main one first; a worker and a task answer nowhere.
        database: what a database grants to it, where it is passed alone.
        options: all options.
        claims_are_per_pod: every pod has claims of its own.
    """

    workload: Workload
    image: str
    endpoints: Sequence[Endpoint] = ()
    database: Grant | None = None
    options: ServiceOptions
    claims_are_per_pod: bool = False

    @property
    def peer(self) -> Peer:
        """Its pods, as policies select them."""
        return self.workload.peer

    @cached_property
    def grants(self) -> Sequence[Grant]:
        """What databases grant to it."""
        return (*((self.database,) if self.database else ()), *self.options["databases"])

    @cached_property
    def main(self) -> Container:
        """The main container, named as the workload."""
        options = self.options
        return Container(
            name=self.peer.name,
            image=self.image,
            command=options["command"],
            args=options["args"],
            env=options["env"],
            env_from=options["env_from"],
            files=options["files"],
            writes=options["writes"],
            claims=options["claims"],
            resources=options["resources"],
            api_token=bool(options["api_rights"]),
        )

    @property
    def sidecars(self) -> Sequence[Sidecar]:
        """The containers beside it."""
        return self.options["sidecars"]

    @property
    def init(self) -> Sequence[Init]:
        """The containers before it."""
        return self.options["init"]

    @property
    def containers(self) -> Sequence[Container]:
        """All of them, the main one first."""
        return (self.main, *self.sidecars, *self.init)

    @cached_property
    def told_endpoints(self) -> Sequence[Endpoint]:
        """The ports of its Service that its arguments name: its own, and those of its other containers."""
        return [*self.endpoints, *(endpoint for each in self.containers[1:] for endpoint in self.endpoints_of(each))]

    @cached_property
    def exposed(self) -> Sequence[Endpoint]:
        """Those of them that clients outside reach."""
        return exposed_of(self.told_endpoints, self.options)

    @cached_property
    def all_endpoints(self) -> Sequence[Endpoint]:
        """The ports of its Service: those that its arguments name, and one for the ServiceMonitor where it needs one."""
        endpoints = [*self.told_endpoints]
        metrics = self.options["metrics"]
        if metrics and metrics.service_monitor and self.metrics_endpoint(endpoints) is None:
            endpoints.append(Endpoint(self.peer.name, self.peer.namespace, metrics.port, scheme="metrics"))
        return endpoints

    def metrics_endpoint(self, endpoints: Sequence[Endpoint]) -> Endpoint | None:
        """The endpoint that Prometheus asks, where there is one."""
        metrics = self.options["metrics"]
        asked = (metrics.port, "TCP") if metrics else None
        return next((endpoint for endpoint in endpoints if (endpoint.container_port, endpoint.protocol) == asked), None)

    def endpoints_of(self, container: Container) -> Sequence[Endpoint]:
        """The endpoints that a container answers at."""
        if isinstance(container, Sidecar | Init):
            return container.endpoints
        elsewhere = {endpoint for each in self.containers[1:] for endpoint in self.endpoints_of(each)}
        return [endpoint for endpoint in self.all_endpoints if endpoint not in elsewhere]

    def probed_port(self, container: Container) -> int | None:
        """The port that a container's probes ask where they name none: its first that speaks TCP, else the main container's."""
        if container is self.main and self.options["probe_port"]:
            return self.options["probe_port"]
        ports = (endpoint.container_port for endpoint in self.endpoints_of(container) if endpoint.protocol == "TCP")
        found = next(ports, None)
        return found if found or container is self.main else self.probed_port(self.main)

    def where(self, container: Container) -> str:
        """How an error names a container's options."""
        if container is self.main:
            return ""
        return f"{'init' if isinstance(container, Init) else 'sidecars'}.{container.name}."

    def grants_of(self, container: Container) -> Sequence[Grant]:
        """What databases grant to a container, each with the variable that this container has its connection string in."""
        if isinstance(container, Init):
            return container.databases
        if isinstance(container, Sidecar):
            return [replace(grant, env=container.database_env if grant is self.grants[0] else None) for grant in self.grants]
        return self.grants

    def user_of(self, container: Container) -> str:
        """The user that a container is at its databases: an init container's is its own."""
        return f"{self.peer.name}-{container.name}" if isinstance(container, Init) else self.peer.name

    @cached_property
    def claims(self) -> Mapping[Claim, str]:
        """Every claim of its pods with its name, and that of its volume: those of the first container that mounts it."""
        claims: dict[Claim, str] = {}
        for container in self.containers:
            for directory, claim in container.claims.items():
                claims.setdefault(claim, volume_name(container.name, directory))
        return claims

    @property
    def single_claim(self) -> bool:
        """Whether all its pods share a claim that only one node may mount at a time."""
        return not self.claims_are_per_pod and any(claim.is_for_one for claim in self.claims)

    @property
    def replicas(self) -> int | None:
        """Number of pods; None where something else scales them."""
        if self.options["autoscale"]:
            return None
        return self.options["replicas"] or (1 if self.single_claim else REPLICAS)

    @property
    def has_several_pods(self) -> bool:
        """Whether there may be more than one pod at a time."""
        autoscale = self.options["autoscale"]
        return (autoscale.max if autoscale else self.replicas or 1) > 1

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The files that are text, by their keys in the ConfigMap of them all."""
        return {
            volume_name(container.name, path): source
            for container in self.containers
            for path, source in container.files.items()
            if isinstance(source, str)
        }

    @property
    def files_name(self) -> str:
        """The name of that ConfigMap."""
        return f"{self.peer.name}-files"


def spec_of(
    scope: Construct,
    *,
    image: str,
    name: str,
    namespace: str | None,
    endpoint: Endpoint | None = None,
    database: Grant | None = None,
    options: TaskOptions,
    claims_are_per_pod: bool = False,
) -> Spec:
    """The completed arguments of a construct: of a service at an endpoint, or of pods that answer nowhere.

    Raises:
        InvalidInput: there is no namespace, or the name, which may be the construct's id, is none.
    """
    try:
        dns_label(name)
    except ValueError as error:
        raise InvalidInput([f"{scope.node.path}: name: {error}"]) from None
    complete = completed(options)
    set_context(scope, Context(pods=complete["pods"]))
    return Spec(
        workload=Workload(scope, Peer(namespace_of(scope, namespace), name), complete["component"]),
        image=image,
        endpoints=(endpoint, *complete["other_endpoints"]) if endpoint else (),
        database=database,
        options=complete,
        claims_are_per_pod=claims_are_per_pod,
    )


def password_envs(grants: Sequence[Grant]) -> Mapping[Peer, str]:
    """For each database that a connection string leads to, the variable that holds the password."""
    names: dict[Peer, str] = {}
    for grant in grants:
        if grant.env:
            names.setdefault(grant.server.peer, f"{grant.env}_PASSWORD" if names else PASSWORD_ENV)
    return names


def connection_envs(grants: Sequence[Grant]) -> set[str]:
    """The variables that connection strings and their passwords are in."""
    return {*password_envs(grants).values(), *(grant.env for grant in grants if grant.env)}
