"""What tells Prometheus of a replicated database."""

from collections.abc import Sequence
from typing import Final

from constructs import Construct

from mgmtcluster import images
from mgmtcluster.constructs.database.replicated_database import ReplicatedDatabase
from mgmtcluster.constructs.parts import pods as _pods
from mgmtcluster.constructs.parts.network_policy import workload_policy
from mgmtcluster.constructs.parts.objects import k8s, metadata, number, pod_labels
from mgmtcluster.databases.grant import PASSWORD_ENV
from mgmtcluster.databases.users import MONITOR_USER
from mgmtcluster.edges import NAME_LABEL, Edge, Peer, record, reserve
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.containers import DEFAULT_USER, Resources, SecretKey, TcpProbe
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import Name, ObjectName

#: Name of the port, as a ServiceMonitor asks for it.
METRICS_PORT: Final = "metrics"

_ROLES: Final = {"clusterMonitor": "admin", "read": "local"}
_PORT: Final = 9216
_COMPONENT: Final = "monitoring"

#: The label of Prometheus' pods, as its operator and its charts write it.
_PROMETHEUS: Final = "prometheus"

# Of the state of the replica set alone. The first flag is needed for a list of members.
_FLAGS: Final = ("--mongodb.direct-connect=false", "--collector.replicasetstatus", f"--web.listen-address=:{_PORT}")
_RESOURCES: Final = Resources(cpu="20m", memory="48Mi", cpu_limit="200m", memory_limit="128Mi", ephemeral_storage_limit="64Mi")


def exporter_of(database: str) -> str:
    """The name of a database's exporter, of its Service and of its pods."""
    return f"{database}-exporter"


class DatabaseMonitoring(Construct):
    """Define an exporter: a Deployment of one pod that asks a replicated database how its members are, and its Service.

    It connects as a user of its own with the roles ``clusterMonitor`` and ``read`` on ``local``. Prometheus may ask it, from
    pods labelled ``app.kubernetes.io/name: prometheus`` in its namespace, and nobody else.

    Args:
        database: the replicated database.
        prometheus_namespace: the namespace that Prometheus runs in.
        image: Default: ``images.MONGODB_EXPORTER``.
        image_pull_secrets: names of Secrets for the image registry.

    Attributes:
        peer: its pods, as policies select them.
        deployment: the Deployment.
        service: the Service; the default child.
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
        database: ReplicatedDatabase,
        prometheus_namespace: Name,
        image: Image = images.MONGODB_EXPORTER,
        image_pull_secrets: Sequence[ObjectName] = (),
    ) -> None:
        super().__init__(scope, id)
        self.peer = Peer(database.namespace, exporter_of(database.name))
        reserve(self, namespace=self.peer.namespace, services=[self.peer.name])
        password = database.user(MONITOR_USER, client=self.peer, roles=_ROLES, why="watches the members")
        record(self, Edge(Peer(prometheus_namespace, _PROMETHEUS), self.peer, _PORT, why="scrapes"))
        k8s.KubeServiceAccount(self, "service-account", metadata=self._metadata(), automount_service_account_token=False)
        self.deployment = self._deployment(image, _env(database, password), image_pull_secrets)
        self.service = k8s.KubeService(
            self,
            "service",
            metadata=self._metadata(),
            spec=k8s.ServiceSpec(
                type="ClusterIP",
                selector={NAME_LABEL: self.peer.name},
                ports=[k8s.ServicePort(name=METRICS_PORT, port=_PORT, target_port=number(_PORT))],
            ),
        )
        self.network_policy = workload_policy(self, "network-policy", peer=self.peer, component=_COMPONENT)
        self.node.default_child = self.service

    def _metadata(self) -> k8s.ObjectMeta:
        peer = self.peer
        return metadata(self, name=peer.name, namespace=peer.namespace, workload=peer.name, component=_COMPONENT)

    def _deployment(self, image: str, env: dict[str, k8s.EnvVar], image_pull_secrets: Sequence[str]) -> k8s.KubeDeployment:
        labels = pod_labels(self, workload=self.peer.name, component=_COMPONENT)
        return k8s.KubeDeployment(
            self,
            "deployment",
            metadata=self._metadata(),
            spec=k8s.DeploymentSpec(
                # Two would tell everything twice.
                replicas=1,
                strategy=k8s.DeploymentStrategy(type="Recreate"),
                selector=k8s.LabelSelector(match_labels={NAME_LABEL: self.peer.name}),
                template=k8s.PodTemplateSpec(
                    metadata=k8s.ObjectMeta(labels=labels | _pods.version_label(image)),
                    spec=self._pod_spec(image, env, image_pull_secrets),
                ),
            ),
        )

    def _pod_spec(self, image: str, env: dict[str, k8s.EnvVar], image_pull_secrets: Sequence[str]) -> k8s.PodSpec:
        return _pods.pod_spec(
            service_account=self.peer.name,
            user=DEFAULT_USER,
            image_pull_secrets=image_pull_secrets,
            containers=[
                _pods.container(
                    name=self.peer.name,
                    image=image,
                    args=_FLAGS,
                    resources=_RESOURCES,
                    env=env,
                    ports=[k8s.ContainerPort(name=METRICS_PORT, container_port=_PORT)],
                    readiness=_pods.probe(TcpProbe(), port=_PORT),
                    liveness=_pods.probe(TcpProbe(period_seconds=20, failure_threshold=6), port=_PORT),
                    startup=_pods.probe(TcpProbe(period_seconds=5, failure_threshold=30), port=_PORT),
                )
            ],
        )


def _env(database: ReplicatedDatabase, password: SecretKey) -> dict[str, k8s.EnvVar]:
    """The connection string, which takes its password from a variable before it, so that none stands in a manifest."""
    options = f"replicaSet={database.replica_set}&authSource=admin&readPreference=primaryPreferred"
    uri = f"mongodb://{MONITOR_USER}:$({PASSWORD_ENV})@{','.join(database.hosts)}/admin?{options}"
    return _pods.env_vars({PASSWORD_ENV: password, "MONGODB_URI": uri})
