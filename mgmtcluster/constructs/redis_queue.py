"""A Redis that holds a few lists for writers and readers that cannot send a password."""

from collections.abc import Sequence

from constructs import Construct

from mgmtcluster import images
from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.parts import pods as _pods
from mgmtcluster.constructs.parts.network_policy import workload_policy
from mgmtcluster.constructs.parts.objects import LateStatefulSet, content_hash, k8s, metadata, pod_labels, quantity
from mgmtcluster.constructs.parts.scripts import SCRIPTS_DIRECTORY, read_scripts
from mgmtcluster.constructs.parts.volumes import RETAIN, claim_template, with_stored_claim_templates
from mgmtcluster.constructs.secrets_bootstrap import SecretsBootstrap
from mgmtcluster.databases.grant import PASSWORD_KEY, user_secret
from mgmtcluster.edges import NAME_LABEL, Peer, reserve
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.containers import DEFAULT_USER, ExecProbe, Resources, TcpProbe
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import ListName, ObjectName
from mgmtcluster.kinds.quantities import Memory, Storage, quantity_value

# What a writer and a reader of a list call, and no command that only newer servers than Redis 7.0 know.
_COMMANDS = ("ping", "hello", "select", "lpush", "brpop", "llen")
_ADMIN = "admin"
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
        storage_class: Default: the cluster's default class.
        admin_secret: a Secret made elsewhere with the administrator's ``password``; then no Job makes one.
        image_pull_secrets: names of Secrets for the image registry.

    Attributes:
        endpoint: as given.
        stateful_set: the StatefulSet.
        service: the Service; the default child.
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
        storage_class: ObjectName | None = None,
        admin_secret: ObjectName | None = None,
        image_pull_secrets: Sequence[ObjectName] = (),
    ) -> None:
        super().__init__(scope, id)
        self.endpoint = endpoint
        self._peer = Peer(endpoint.namespace, endpoint.service)
        reserve(self, namespace=endpoint.namespace, services=[endpoint.service], endpoints=[endpoint])
        self._admin_secret = admin_secret or user_secret(endpoint.service, _ADMIN)
        data = {"redis.conf": _configuration(endpoint.port, memory), **read_scripts(_SCRIPT)}
        k8s.KubeConfigMap(self, "config", metadata=self._metadata(self._config), data=data)
        k8s.KubeServiceAccount(self, "service-account", metadata=self._metadata(), automount_service_account_token=False)
        self.service = self._service()
        rules = " ".join(["-@all", *(f"~{name}" for name in lists), *(f"+{command}" for command in _COMMANDS)])
        self.stateful_set = LateStatefulSet(
            self,
            "stateful-set",
            complete=with_stored_claim_templates,
            metadata=self._metadata(),
            spec=k8s.StatefulSetSpec(
                service_name=self._peer.name,
                replicas=1,
                update_strategy=k8s.StatefulSetUpdateStrategy(type="RollingUpdate"),
                persistent_volume_claim_retention_policy=RETAIN,
                selector=k8s.LabelSelector(match_labels={NAME_LABEL: self._peer.name}),
                template=k8s.PodTemplateSpec(
                    metadata=k8s.ObjectMeta(
                        labels=pod_labels(self, workload=self._peer.name, component="queue") | _pods.version_label(image),
                        annotations={"checksum/config": content_hash(data)},
                    ),
                    spec=self._pod_spec(image, memory, rules, image_pull_secrets),
                ),
                volume_claim_templates=[claim_template(storage, storage_class)],
            ),
        )
        self.network_policy = workload_policy(
            self,
            "network-policy",
            peer=self._peer,
            component="queue",
            exposed_ports=[endpoint.port] if endpoint.node_port else [],
        )
        self.secrets = None if admin_secret else self._bootstrap(bootstrap_image, image_pull_secrets)
        self.node.default_child = self.service

    @property
    def _config(self) -> str:
        return f"{self._peer.name}-config"

    def _metadata(self, name: str | None = None) -> k8s.ObjectMeta:
        peer = self._peer
        return metadata(self, name=name or peer.name, namespace=peer.namespace, workload=peer.name, component="queue")

    def _service(self) -> k8s.KubeService:
        return k8s.KubeService(
            self,
            "service",
            metadata=self._metadata(),
            spec=k8s.ServiceSpec(
                type="NodePort" if self.endpoint.node_port else "ClusterIP",
                selector={NAME_LABEL: self._peer.name},
                ports=[_pods.service_port(self.endpoint, exposed=self.endpoint.node_port is not None)],
            ),
        )

    def _pod_spec(self, image: str, memory: str, rules: str, image_pull_secrets: Sequence[str]) -> k8s.PodSpec:
        resources = Resources(cpu="100m", memory=memory, cpu_limit="1", memory_limit=memory)
        return _pods.pod_spec(
            service_account=self._peer.name,
            user=DEFAULT_USER,
            image_pull_secrets=image_pull_secrets,
            containers=[
                _pods.container(
                    name=self._peer.name,
                    image=image,
                    command=["sh", f"{SCRIPTS_DIRECTORY}/{_SCRIPT}", f"{SCRIPTS_DIRECTORY}/redis.conf"],
                    resources=resources,
                    env=_pods.env_vars(
                        {
                            "ACL_FILE": "/tmp/users.acl",
                            "ADMIN_PASSWORD_FILE": f"/secrets/{_ADMIN}/{PASSWORD_KEY}",
                            "DEFAULT_USER_RULES": rules,
                        }
                    ),
                    ports=[k8s.ContainerPort(name=_pods.port_name(self.endpoint), container_port=self.endpoint.port)],
                    mounts=[
                        k8s.VolumeMount(name="data", mount_path="/data"),
                        k8s.VolumeMount(name="scripts", mount_path=SCRIPTS_DIRECTORY, read_only=True),
                        k8s.VolumeMount(name="admin", mount_path=f"/secrets/{_ADMIN}", read_only=True),
                        k8s.VolumeMount(name="tmp", mount_path="/tmp"),
                    ],
                    readiness=_pods.probe(_ping(self.endpoint.port), port=self.endpoint.port),
                    liveness=_pods.probe(TcpProbe(period_seconds=20, failure_threshold=6), port=self.endpoint.port),
                    # Loading a long append-only file takes a while.
                    startup=_pods.probe(TcpProbe(period_seconds=5, failure_threshold=120), port=self.endpoint.port),
                )
            ],
            volumes=[
                _pods.config_map_volume("scripts", self._config),
                k8s.Volume(name="admin", secret=k8s.SecretVolumeSource(secret_name=self._admin_secret, default_mode=0o440)),
                k8s.Volume(
                    name="tmp",
                    empty_dir=k8s.EmptyDirVolumeSource(medium="Memory", size_limit=quantity("1Mi")),
                ),
            ],
        )

    def _bootstrap(self, image: str, image_pull_secrets: Sequence[str]) -> SecretsBootstrap:
        return SecretsBootstrap(
            self,
            "secrets",
            name=f"{self._peer.name}-bootstrap",
            namespace=self._peer.namespace,
            image=image,
            secrets=lambda: {self._admin_secret: {PASSWORD_KEY: "password"}},
            labels=pod_labels(self, workload=self._peer.name, component="queue"),
            component="queue",
            image_pull_secrets=tuple(image_pull_secrets),
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
