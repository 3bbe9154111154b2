"""A Redis that holds a few lists for writers and readers that cannot send a password."""

from collections.abc import Sequence

from constructs import Construct

from mgmtcluster import images
from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.context import Context, set_context
from mgmtcluster.constructs.parts.objects import Manifest, content_hash, k8s, quantity
from mgmtcluster.constructs.parts.outward import record_exposed
from mgmtcluster.constructs.parts.pods import service_port
from mgmtcluster.constructs.parts.scripts import SCRIPTS_DIRECTORY, read_scripts
from mgmtcluster.constructs.parts.volumes import DATA, RETAIN, claim_template, with_stored_claim_templates
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.constructs.secrets_bootstrap import SecretsBootstrap
from mgmtcluster.databases.grant import PASSWORD_KEY, user_secret
from mgmtcluster.edges import place, reserve, service_claims
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.cluster import node_port_problem
from mgmtcluster.kinds.containers import DEFAULT_USER, Cpu, ExecProbe, Resources, TcpProbe
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import ListName, ObjectName, too_long
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.kinds.pods import Pods
from mgmtcluster.kinds.quantities import Memory, Storage, quantity_value

# What a writer and a reader of a list call, and no command that only newer servers than Redis 7.0 know.
_COMMANDS = ("ping", "hello", "select", "lpush", "brpop", "llen")
_ADMIN = "admin"
_COMPONENT = "queue"

# The names of its Job and of that Job's pods end in -bootstrap and a hash, and are at most 63 characters long.
_NAME_LENGTH = 40

_SCRIPT = "start-redis.sh"
_MIB = 1024**2


class RedisQueue(Construct):
    """Define a Redis for lists: a StatefulSet of one pod, its Service, and a Job that makes the administrator's password.

    What is pushed is in an append-only file on the pod's own volume, at most a second later. Without a password a client
    may push to, pop from and count the named lists, and nothing else. When memory is full, writers get an error and nothing
    is evicted. One pod: the clients know neither Sentinel nor Cluster, and a failover would lose what was acknowledged
    since the last synchronization.

    Args:
        endpoint: where it answers. With a ``node_port``, the port is open to everybody outside too.
        lists: names of the lists.
        storage: size of the volume.
        bootstrap_image: an image with mongosh, for the Job that makes the password.
        image: Default: ``images.REDIS``.
        memory: request and limit; three quarters of it are for data.
        cpu: request and limit. Default: 100m and 1.
        pods: what its pod and its Job get over what the chart says. Default: nothing more.
        storage_class: Default: the cluster's default class.
        admin_secret: a Secret made elsewhere with the administrator's ``password``; then no Job makes one.

    Attributes:
        endpoint: as passed.
        stateful_set: the StatefulSet; the default child.
        service: the Service.
        secrets: the SecretsBootstrap, or None with ``admin_secret``.
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
        endpoint: Endpoint,
        lists: Sequence[ListName],
        storage: Storage,
        bootstrap_image: Image,
        image: Image = images.REDIS,
        memory: Memory = "512Mi",
        cpu: Cpu = Cpu(request="100m", limit="1"),
        pods: Pods = Pods(),
        storage_class: ObjectName | None = None,
        admin_secret: ObjectName | None = None,
    ) -> None:
        super().__init__(scope, id)
        place(self, scope)
        set_context(self, Context(pods=pods))
        problems = [f"endpoint: {words}" for words in too_long(endpoint.service, _NAME_LENGTH, "names of Jobs")]
        if endpoint.protocol != "TCP":
            problems.append(f"endpoint: protocol: Redis does not speak {endpoint.protocol}; write TCP, or leave it out")
        if endpoint.pod:
            problems.append(f"endpoint: {endpoint} is of one pod; write that of the Service")
        peer = Peer(endpoint.namespace, endpoint.service)
        self._workload = Workload(self, peer, _COMPONENT)
        if words := node_port_problem(endpoint.node_port, self._workload.context.cluster.node_port_range):
            problems.append(f"endpoint: node_port: {words}")
        if problems:
            raise InvalidInput(f"{self.node.path}: {problem}" for problem in problems)
        self.endpoint = endpoint
        self._config = f"{peer.name}-config"
        self._admin_secret = admin_secret or user_secret(peer.name, _ADMIN)
        reserve(self, service_claims(peer.namespace, [peer.name], [endpoint]))
        data = {"redis.conf": _configuration(endpoint.container_port, memory), **read_scripts(_SCRIPT)}
        self._workload.config_map("config", self._config, data)
        self._workload.service_account()
        exposed = endpoint.node_port is not None
        port = service_port(endpoint, exposed=exposed)
        self.service = self._workload.service("service", [port], type="NodePort" if exposed else "ClusterIP")
        rules = " ".join(["-@all", *(f"~{name}" for name in lists), *(f"+{command}" for command in _COMMANDS)])
        template = self._pod_template(self._container(image, cpu, memory, rules), image=image, checksum=content_hash(data))
        self.stateful_set = self._stateful_set(template, claim_template(storage, storage_class))
        record_exposed(self._workload, [endpoint] if exposed else [])
        self.network_policy = self._workload.network_policy()
        self.secrets = None if admin_secret else self._bootstrap(bootstrap_image)
        self.node.default_child = self.stateful_set

    def _stateful_set(self, template: k8s.PodTemplateSpec, claim: k8s.KubePersistentVolumeClaimProps) -> Manifest:
        return Manifest(
            self,
            "stateful-set",
            k8s.KubeStatefulSetProps(
                metadata=self._workload.metadata(),
                spec=k8s.StatefulSetSpec(
                    service_name=self._workload.peer.name,
                    replicas=1,
                    update_strategy=k8s.StatefulSetUpdateStrategy(type="RollingUpdate"),
                    persistent_volume_claim_retention_policy=RETAIN,
                    selector=k8s.LabelSelector(match_labels=self._workload.selector),
                    template=template,
                    volume_claim_templates=[claim],
                ),
            ),
            complete=with_stored_claim_templates,
        )

    def _pod_template(self, container: k8s.Container, *, image: str, checksum: str) -> k8s.PodTemplateSpec:
        secret = k8s.SecretVolumeSource(secret_name=self._admin_secret, default_mode=0o440)
        in_memory = k8s.EmptyDirVolumeSource(medium="Memory", size_limit=quantity("1Mi"))
        return self._workload.pod_template(
            user=DEFAULT_USER,
            image=image,
            annotations={"checksum/config": checksum},
            containers=[container],
            volumes=[
                pods.config_map_volume("scripts", self._config),
                k8s.Volume(name="admin", secret=secret),
                k8s.Volume(name="tmp", empty_dir=in_memory),
            ],
        )

    def _container(self, image: str, cpu: Cpu, memory: str, rules: str) -> k8s.Container:
        port = self.endpoint.container_port
        env = {
            "ACL_FILE": "/tmp/users.acl",
            "ADMIN_PASSWORD_FILE": f"/secrets/{_ADMIN}/{PASSWORD_KEY}",
            "DEFAULT_USER_RULES": rules,
        }
        return pods.container(
            name=self._workload.peer.name,
            image=image,
            command=["sh", f"{SCRIPTS_DIRECTORY}/{_SCRIPT}", f"{SCRIPTS_DIRECTORY}/redis.conf"],
            resources=Resources(cpu=cpu.request, memory=memory, cpu_limit=cpu.limit, memory_limit=memory),
            env=pods.env_vars(env),
            ports=pods.container_ports([self.endpoint]),
            mounts=[
                k8s.VolumeMount(name=DATA, mount_path="/data"),
                k8s.VolumeMount(name="scripts", mount_path=SCRIPTS_DIRECTORY, read_only=True),
                k8s.VolumeMount(name="admin", mount_path=f"/secrets/{_ADMIN}", read_only=True),
                k8s.VolumeMount(name="tmp", mount_path="/tmp"),
            ],
            readiness=pods.probe(_ping(port), port=port),
            liveness=pods.probe(TcpProbe(period_seconds=20, failure_threshold=6), port=port),
            # Loading a long append-only file takes a while.
            startup=pods.probe(TcpProbe(period_seconds=5, failure_threshold=120), port=port),
        )

    def _bootstrap(self, image: str) -> SecretsBootstrap:
        peer = self._workload.peer
        return SecretsBootstrap(
            self,
            "secrets",
            name=f"{peer.name}-bootstrap",
            namespace=peer.namespace,
            image=image,
            secrets=lambda: {self._admin_secret: {PASSWORD_KEY: "password"}},
            labels=self._workload.object_labels,
            component=_COMPONENT,
        )


def _ping(port: int) -> ExecProbe:
    """Ready means the data are loaded: the port is open before."""
    return ExecProbe(command=["sh", "-c", f'[ "$(redis-cli -p {port} ping)" = PONG ]'])


def _configuration(port: int, memory: str) -> str:
    """What must hold for a queue: nothing acknowledged is evicted, and at most a second of it is lost with the process."""
    return "\n".join(
        [
            f"port {port}",
            "bind * -::*",
            "protected-mode no",
            "dir /data",
            f"maxmemory {int(quantity_value(memory) * 3 / 4 / _MIB)}mb",
            "maxmemory-policy noeviction",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "tcp-keepalive 60",
            "timeout 0",
            "",
        ]
    )
