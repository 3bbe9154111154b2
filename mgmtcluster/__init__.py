"""Constructs for cdk8s, and the AIOS management cluster made of them."""

from mgmtcluster._node import choose_node

choose_node()

from mgmtcluster import catalog, rules  # noqa: E402  (whatever imports cdk8s starts Node.js, which is chosen above)
from mgmtcluster.addresses import Address, Endpoint  # noqa: E402
from mgmtcluster.charts.monitoring import Monitoring, synth_monitoring  # noqa: E402
from mgmtcluster.cluster import ManagementCluster  # noqa: E402
from mgmtcluster.constructs.bucket import Bucket  # noqa: E402
from mgmtcluster.constructs.database_alerts import DatabaseAlerts  # noqa: E402
from mgmtcluster.constructs.database_backup import DatabaseBackup  # noqa: E402
from mgmtcluster.constructs.database_monitoring import DatabaseMonitoring  # noqa: E402
from mgmtcluster.constructs.grant import Grant  # noqa: E402
from mgmtcluster.constructs.local_path_provisioner import LocalPathProvisioner  # noqa: E402
from mgmtcluster.constructs.metrics_service import MetricsService  # noqa: E402
from mgmtcluster.constructs.redis_queue import RedisQueue  # noqa: E402
from mgmtcluster.constructs.registry_service import RegistryService  # noqa: E402
from mgmtcluster.constructs.replicated_database import ReplicatedDatabase  # noqa: E402
from mgmtcluster.constructs.secrets_bootstrap import SecretsBootstrap  # noqa: E402
from mgmtcluster.constructs.service_options import ServiceOptions  # noqa: E402
from mgmtcluster.constructs.web_service import WebService  # noqa: E402
from mgmtcluster.edges import Edge, Peer, edges_of  # noqa: E402
from mgmtcluster.errors import InvalidInput, one_line_errors  # noqa: E402
from mgmtcluster.output import staged  # noqa: E402
from mgmtcluster.settings import Settings  # noqa: E402
from mgmtcluster.workload import (  # noqa: E402
    ExecProbe,
    HttpProbe,
    Outside,
    Resources,
    SecretKey,
    Sidecar,
    TcpProbe,
)

__all__ = [
    "Address",
    "Bucket",
    "DatabaseAlerts",
    "DatabaseBackup",
    "DatabaseMonitoring",
    "Edge",
    "Endpoint",
    "ExecProbe",
    "Grant",
    "HttpProbe",
    "InvalidInput",
    "LocalPathProvisioner",
    "ManagementCluster",
    "MetricsService",
    "Monitoring",
    "Outside",
    "Peer",
    "RedisQueue",
    "RegistryService",
    "ReplicatedDatabase",
    "Resources",
    "SecretKey",
    "SecretsBootstrap",
    "ServiceOptions",
    "Settings",
    "Sidecar",
    "TcpProbe",
    "WebService",
    "catalog",
    "edges_of",
    "one_line_errors",
    "rules",
    "staged",
    "synth_monitoring",
]
