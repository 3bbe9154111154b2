"""What tells Prometheus of a replicated database."""

from typing import Final

from constructs import Construct

from mgmtcluster import images
from mgmtcluster.constructs.database.replicated_database import ReplicatedDatabase
from mgmtcluster.constructs.database.users import connect
from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.objects import Manifest, k8s, number
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.databases.grant import PASSWORD_ENV
from mgmtcluster.databases.users import MONITOR_USER
from mgmtcluster.edges import Edge, place, record, reserve, service_claims
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.containers import DEFAULT_USER, Resources, TcpProbe
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import Name
from mgmtcluster.kinds.peers import prometheus_in

#: Name of the port, as a ServiceMonitor asks for it.
METRICS_PORT: Final = "metrics"

_ROLES: Final = {"clusterMonitor": "admin", "read": "local"}
_PORT: Final = 9216
_COMPONENT: Final = "monitoring"

# Of the state of the replica set alone. The first flag is needed for a list of members.
_FLAGS: Final = ("--mongodb.direct-connect=false", "--collector.replicasetstatus", f"--web.listen-address=:{_PORT}")
_RESOURCES: Final = Resources(cpu="20m", memory="48Mi", cpu_limit="200m", memory_limit="128Mi", ephemeral_storage_limit="64Mi")


class DatabaseMonitoring(Construct):
    """Define an exporter: a Deployment of one pod that asks a replicated database how its members are, and its Service.

    It connects as a user of its own with the roles ``clusterMonitor`` and ``read`` on ``local``. Prometheus may ask it, from
    pods labelled ``app.kubernetes.io/name: prometheus`` in its namespace, and nobody else.

    Args:
        database: the replicated database.
        prometheus_namespace: the namespace that Prometheus runs in.
        image: Default: ``images.MONGODB_EXPORTER``.

    Attributes:
        peer: its pods, as policies select them.
        deployment: the Deployment; the default child.
        service: the Service.
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
    ) -> None:
        super().__init__(scope, id)
        place(self, scope)
        self.peer = database.replica_set.exporter
        self._workload = Workload(self, self.peer, _COMPONENT)
        reserve(self, service_claims(self.peer.namespace, [self.peer.name]))
        password = connect(self._workload, database.replica_set, MONITOR_USER, roles=_ROLES, why="watches the members")
        record(self, Edge(prometheus_in(prometheus_namespace), self.peer, _PORT, why="scrapes"))
        self._workload.service_account()
        uri = database.replica_set.uri(MONITOR_USER, "admin", readPreference="primaryPreferred")
        self.deployment = self._deployment(image, pods.env_vars({PASSWORD_ENV: password, "MONGODB_URI": uri}))
        port = k8s.ServicePort(name=METRICS_PORT, port=_PORT, target_port=number(_PORT))
        self.service = self._workload.service("service", [port])
        self.network_policy = self._workload.network_policy()
        self.node.default_child = self.deployment

    def _deployment(self, image: str, env: dict[str, k8s.EnvVar]) -> Manifest:
        spec = k8s.DeploymentSpec(
            # Two would tell everything twice.
            replicas=1,
            strategy=k8s.DeploymentStrategy(type="Recreate"),
            selector=k8s.LabelSelector(match_labels=self._workload.selector),
            template=self._workload.pod_template(user=DEFAULT_USER, image=image, containers=[self._container(image, env)]),
        )
        return Manifest(self, "deployment", k8s.KubeDeploymentProps(metadata=self._workload.metadata(), spec=spec))

    def _container(self, image: str, env: dict[str, k8s.EnvVar]) -> k8s.Container:
        return pods.container(
            name=self.peer.name,
            image=image,
            args=_FLAGS,
            resources=_RESOURCES,
            env=env,
            ports=[k8s.ContainerPort(name=METRICS_PORT, container_port=_PORT)],
            readiness=pods.probe(TcpProbe(), port=_PORT),
            liveness=pods.probe(TcpProbe(period_seconds=20, failure_threshold=6), port=_PORT),
            startup=pods.probe(TcpProbe(period_seconds=5, failure_threshold=60), port=_PORT),
        )
