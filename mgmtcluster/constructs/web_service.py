"""A service of containers that answers at an endpoint."""

from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack

from constructs import Construct

from mgmtcluster.addresses import CLUSTER_LOCAL, Endpoint
from mgmtcluster.checked import checked
from mgmtcluster.constructs import _pods
from mgmtcluster.constructs._k8s import NAME_LABEL, k8s, metadata, number, pod_labels
from mgmtcluster.constructs._network_policy import workload_policy
from mgmtcluster.constructs.grant import PASSWORD_ENV, Grant
from mgmtcluster.edges import Edge, Peer, record
from mgmtcluster.errors import InvalidInput
from mgmtcluster.types import image as checked_image
from mgmtcluster.types import Cidr, Directory, EnvName, HostAddress, Image, Name, ObjectName, Port, ServiceName
from mgmtcluster.workload import EnvValue, Outside, Probe, Resources, Sidecar, TcpProbe

#: uid and gid of services: above the range that nodes give to their own users.
SERVICE_USER = 10001

_SLOW_TO_LIVE = TcpProbe(period_seconds=20, failure_threshold=6)
_STARTUP = TcpProbe(period_seconds=2, failure_threshold=90)
_SHELL_WAIT = Resources(cpu="50m", memory="128Mi", cpu_limit="1", memory_limit="256Mi")


class WebServiceOptions(TypedDict, total=False):
    """What a service may be told; every key is optional.

    Attributes:
        env: environment variables. An address is a projection of an ``Endpoint``, never text.
        other_endpoints: further ports of the same Service.
        aliases: further Services of these names on the same pods, inside the cluster.
        replicas: number of pods. Default: 2.
        probe_port: port that the default probes ask. Default: that of the endpoint.
        readiness: decides whether a pod gets traffic. Default: the port accepts connections.
        liveness: decides whether a container is restarted. Default: the same, more patiently.
        resources: requests and limits of the main container. Default: those of ``Resources``.
        writes: directories it writes to, each an ``emptyDir``. Default: ``/tmp``.
        sidecars: further containers of each pod.
        outside: hosts outside the cluster that it connects to. Default: none.
        cluster_cidrs: the cluster's own ranges, which are not outside. Default: none.
        user: user and group id. Default: 10001.
        node_address: address of the nodes for clients outside. Default: the IP of the pod's node.
        image_pull_secrets: names of Secrets for the image registry, in the same namespace.
        waits_for_database: hold the start back until its database has a primary that knows its user.
        component: the label ``app.kubernetes.io/component``.
    """

    env: Mapping[EnvName, EnvValue]
    other_endpoints: Sequence[Endpoint]
    aliases: Sequence[ServiceName]
    replicas: int
    probe_port: Port
    readiness: Probe
    liveness: Probe
    resources: Resources
    writes: Sequence[Directory]
    sidecars: Sequence[Sidecar]
    outside: Sequence[Outside]
    cluster_cidrs: Sequence[Cidr]
    user: int
    node_address: HostAddress | None
    image_pull_secrets: Sequence[ObjectName]
    waits_for_database: bool
    component: Name


class WebService(Construct):
    """Define a service: a ServiceAccount without rights, a Deployment, its Services, a PodDisruptionBudget where it has
    more than one pod, and a NetworkPolicy of its edges.

    The workload, its objects and its label ``app.kubernetes.io/name`` have the endpoint's Service as their name.

    Args:
        image: image of the main container, with a tag or a digest.
        endpoint: where the service answers. With a ``node_port``, the port is open to everybody outside too.
        database: what a replicated database grants to it. Default: it uses none.
        options: see ``WebServiceOptions``.

    Attributes:
        endpoint: as given.
        peer: its pods, as policies select them.
        service_account: the ServiceAccount.
        deployment: the Deployment.
        service: the Service of the endpoint's name; the default child.
        services: all its Services.
        pod_disruption_budget: the PodDisruptionBudget, or None.
        network_policy: the NetworkPolicy.

    Raises:
        InvalidInput: an argument cannot be used.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        image: Image,
        endpoint: Endpoint,
        database: Grant | None = None,
        **options: Unpack[WebServiceOptions],
    ) -> None:
        super().__init__(scope, id)
        self.endpoint = endpoint
        self.peer = Peer(endpoint.namespace, endpoint.service)
        self._image = image
        self._database = database
        self._options = options
        self._component = options.get("component", "service")
        self._endpoints = (endpoint, *options.get("other_endpoints", ()))
        self._refuse_what_contradicts()
        self._record_edges()
        self.service_account = k8s.KubeServiceAccount(
            self, "service-account", metadata=self._metadata(), automount_service_account_token=False
        )
        self.deployment = self._deployment()
        self.services = self._services()
        self.service = self.services[0]
        self.pod_disruption_budget = self._pod_disruption_budget() if self._replicas > 1 else None
        self.network_policy = workload_policy(
            self,
            "network-policy",
            peer=self.peer,
            component=self._component,
            exposed_ports=[each.port for each in self._endpoints if each.node_port],
            outside=options.get("outside", ()),
            cluster_cidrs=options.get("cluster_cidrs", ()),
        )
        self.node.default_child = self.service

    @property
    def _replicas(self) -> int:
        return self._options.get("replicas", 2)

    @property
    def _env(self) -> Mapping[str, EnvValue]:
        return self._options.get("env", {})

    def _refuse_what_contradicts(self) -> None:
        problems = []
        for name, value in self._env.items():
            if isinstance(value, str) and (found := CLUSTER_LOCAL.search(value)):
                problems.append(f"env.{name}: {found[0]!r} is an address written by hand; pass Endpoint(…).url or .host")
        for each in self._endpoints[1:]:
            if (each.service, each.namespace) != (self.endpoint.service, self.endpoint.namespace):
                problems.append(f"other_endpoints: {each} is another Service; write one of {self.endpoint.service}")
        ports = [each.port for each in self._endpoints]
        problems += [f"other_endpoints: port {port} is given twice; write each once" for port in {*ports} if ports.count(port) > 1]
        for sidecar in self._options.get("sidecars", ()):
            try:
                checked_image(sidecar.image)
            except ValueError as error:
                problems.append(f"sidecars.{sidecar.name}.image: {error}")
        if self._replicas < 1:
            problems.append(f"replicas: {self._replicas} is out of range; write at least 1")
        if self._database and self._database.server.namespace != self.peer.namespace:
            there = self._database.server.namespace
            problems.append(f"database: is in the namespace {there}, its Secrets too; use one in {self.peer.namespace}")
        if self._options.get("waits_for_database") and not self._database:
            problems.append("waits_for_database: there is no database to wait for; pass database=…")
        if problems:
            raise InvalidInput(f"{self.node.path}: {problem}" for problem in problems)

    def _record_edges(self) -> None:
        for env in (self._env, *(sidecar.env for sidecar in self._options.get("sidecars", ()))):
            for name, address in _pods.addresses_in(env):
                server = Peer(address.endpoint.namespace, address.endpoint.service)
                record(self, Edge(self.peer, server, address.endpoint.port, why=name))
        if self._database:
            granted = self._database
            record(self, Edge(self.peer, granted.server, granted.port, why=granted.env, database=granted.database))

    def _metadata(self, name: str | None = None) -> k8s.ObjectMeta:
        return metadata(
            self,
            name=name or self.peer.name,
            namespace=self.peer.namespace,
            workload=self.peer.name,
            component=self._component,
        )

    def _deployment(self) -> k8s.KubeDeployment:
        selector = k8s.LabelSelector(match_labels={NAME_LABEL: self.peer.name})
        version = _pods.version_of(self._image)
        labels = pod_labels(self, workload=self.peer.name, component=self._component)
        return k8s.KubeDeployment(
            self,
            "deployment",
            metadata=self._metadata(),
            spec=k8s.DeploymentSpec(
                replicas=self._replicas,
                selector=selector,
                strategy=k8s.DeploymentStrategy(
                    type="RollingUpdate",
                    rolling_update=k8s.RollingUpdateDeployment(
                        max_unavailable=number(0), max_surge=number(1)
                    ),
                ),
                template=k8s.PodTemplateSpec(
                    metadata=k8s.ObjectMeta(labels=labels | ({"app.kubernetes.io/version": version} if version else {})),
                    spec=self._pod_spec(selector),
                ),
            ),
        )

    def _pod_spec(self, selector: k8s.LabelSelector) -> k8s.PodSpec:
        sidecars = self._options.get("sidecars", ())
        volumes = [*self._volumes("tmp", self._writes, self._resources)]
        for sidecar in sidecars:
            volumes += self._volumes(sidecar.name, sidecar.writes, sidecar.resources)
        return k8s.PodSpec(
            service_account_name=self.peer.name,
            automount_service_account_token=False,
            enable_service_links=False,
            # The process is not PID 1 then: as PID 1, Python and Node.js ignore SIGTERM, and every stop takes the full grace period.
            share_process_namespace=True,
            security_context=_pods.pod_security_context(self._options.get("user", SERVICE_USER)),
            image_pull_secrets=_pods.pull_secrets(self._options.get("image_pull_secrets", ())),
            init_containers=[self._wait_for_database()] if self._options.get("waits_for_database") else None,
            containers=[self._container(), *map(self._sidecar, sidecars)],
            volumes=([*volumes, *self._wait_volumes()]) or None,
            topology_spread_constraints=[
                k8s.TopologySpreadConstraint(
                    max_skew=1,
                    topology_key="kubernetes.io/hostname",
                    when_unsatisfiable="ScheduleAnyway",
                    label_selector=selector,
                )
            ],
        )

    @property
    def _writes(self) -> Sequence[str]:
        return self._options.get("writes", ("/tmp",))

    @property
    def _resources(self) -> Resources:
        return self._options.get("resources", Resources())

    def _container(self) -> k8s.Container:
        options = self._options
        port = options.get("probe_port", self.endpoint.port)
        return _pods.container(
            name=self.peer.name,
            image=self._image,
            pull_policy=_pods.pull_policy(self._image),
            resources=self._resources,
            env=self._env_vars(self._env, self._database.env if self._database else None),
            ports=[k8s.ContainerPort(name=port_name(each), container_port=each.port) for each in self._endpoints],
            mounts=self._mounts("tmp", self._writes),
            readiness=_pods.probe(options.get("readiness", TcpProbe()), port=port),
            liveness=_pods.probe(options.get("liveness", _SLOW_TO_LIVE), port=port),
            startup=_pods.probe(_STARTUP, port=port),
            lifecycle=_pods.drain(),
        )

    def _sidecar(self, sidecar: Sidecar) -> k8s.Container:
        return _pods.container(
            name=sidecar.name,
            image=sidecar.image,
            pull_policy=_pods.pull_policy(sidecar.image),
            resources=sidecar.resources,
            args=sidecar.args,
            env=self._env_vars(sidecar.env, sidecar.database_env),
            mounts=self._mounts(sidecar.name, sidecar.writes),
            readiness=_pods.probe(sidecar.readiness, port=self.endpoint.port),
            liveness=_pods.probe(sidecar.liveness, port=self.endpoint.port),
            lifecycle=_pods.drain(),
            user=sidecar.user,
        )

    def _env_vars(self, env: Mapping[str, EnvValue], database_env: str | None) -> dict[str, k8s.EnvVar]:
        """The container's variables, those of its database first."""
        variables = {}
        if database_env and self._database:
            variables[PASSWORD_ENV] = _pods.secret_env(PASSWORD_ENV, self._database.password(self.peer.name))
            variables[database_env] = k8s.EnvVar(name=database_env, value=self._database.uri(self.peer.name))
        return variables | _pods.env_vars(env, node_address=self._options.get("node_address"))

    def _wait_for_database(self) -> k8s.Container:
        assert self._database is not None  # refused above
        return _pods.container(
            name="wait-for-database",
            image=self._database.image,
            command=["mongosh", "--nodb", "--quiet", "/scripts/wait-for-primary.js"],
            resources=_SHELL_WAIT,
            env={
                **self._env_vars({}, "DATABASE_URI"),
                "HOME": k8s.EnvVar(name="HOME", value="/tmp"),
            },
            mounts=[k8s.VolumeMount(name="scripts", mount_path="/scripts", read_only=True), *self._mounts("tmp", ["/tmp"])],
        )

    def _wait_volumes(self) -> list[k8s.Volume]:
        if not self._options.get("waits_for_database") or not self._database:
            return []
        return [_pods.config_map_volume("scripts", self._database.scripts)]

    def _volumes(self, prefix: str, directories: Sequence[str], resources: Resources) -> list[k8s.Volume]:
        return [_pods.empty_dir(_volume_name(prefix, each), resources.ephemeral_storage_limit) for each in directories]

    def _mounts(self, prefix: str, directories: Sequence[str]) -> list[k8s.VolumeMount]:
        return [k8s.VolumeMount(name=_volume_name(prefix, each), mount_path=each) for each in directories]

    def _services(self) -> list[k8s.KubeService]:
        """The Service of the endpoint's name; one more for what is exposed where not everything is; one an alias."""
        exposed = [each for each in self._endpoints if each.node_port]
        everything_is = len(exposed) == len(self._endpoints)
        services = [self._service("service", self.peer.name, self._endpoints, exposed=everything_is)]
        if exposed and not everything_is:
            # A NodePort Service gives every port of its own a node port, so what is exposed alone needs a Service alone.
            services.append(self._service("external", f"{self.peer.name}-external", exposed, exposed=True))
        for alias in self._options.get("aliases", ()):
            services.append(self._service(f"alias-{alias}", alias, self._endpoints, exposed=False))
        return services

    def _service(self, id: str, name: str, endpoints: Sequence[Endpoint], *, exposed: bool) -> k8s.KubeService:
        return k8s.KubeService(
            self,
            id,
            metadata=self._metadata(name),
            spec=k8s.ServiceSpec(
                type="NodePort" if exposed else "ClusterIP",
                selector={NAME_LABEL: self.peer.name},
                ports=[
                    k8s.ServicePort(
                        name=port_name(each),
                        port=each.port,
                        target_port=number(each.port),
                        node_port=each.node_port if exposed else None,
                    )
                    for each in endpoints
                ],
            ),
        )

    def _pod_disruption_budget(self) -> k8s.KubePodDisruptionBudget:
        return k8s.KubePodDisruptionBudget(
            self,
            "pod-disruption-budget",
            metadata=self._metadata(),
            spec=k8s.PodDisruptionBudgetSpec(
                max_unavailable=number(1),
                unhealthy_pod_eviction_policy="AlwaysAllow",
                selector=k8s.LabelSelector(match_labels={NAME_LABEL: self.peer.name}),
            ),
        )


def port_name(endpoint: Endpoint) -> str:
    """The name of a port of a Service and of a container: what it speaks, then its number."""
    return f"{endpoint.scheme}-{endpoint.port}"


def _volume_name(prefix: str, directory: str) -> str:
    return f"{prefix}{directory.replace('/', '-')}".lower().replace("_", "-").replace(".", "-")
