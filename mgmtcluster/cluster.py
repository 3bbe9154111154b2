"""The management cluster: its charts, in install order."""

from collections.abc import Sequence

from constructs import Construct

from mgmtcluster import catalog, rules
from mgmtcluster.addresses import Endpoint, address_of
from mgmtcluster.catalog import Service
from mgmtcluster.charts.contract import seed_rule
from mgmtcluster.charts.databases import MetricsDatabase, RegistryDatabase
from mgmtcluster.charts.platform import Platform
from mgmtcluster.charts.workloads import Metrics, Services
from mgmtcluster.settings import Settings


class ManagementCluster:
    """Define the AIOS management cluster in an app: seven charts, and the rules that hold over all their objects.

    A number of a chart, once given, never moves: it names the file that kubectl applies in order.

    Args:
        app: the cdk8s app.
        settings: what differs for this cluster.
        registries: Default: the catalog's; ``(*catalog.REGISTRIES, MINE)`` adds one.

    Attributes:
        platform: namespaces and storage.
        registry_database: the database of the registries.
        registries: the registries.
        utilities: the utility services.
        metrics_database: the database of the metrics services.
        metrics: metrics-redis and the metrics services.
        services: the core services.
    """

    def __init__(self, app: Construct, *, settings: Settings, registries: Sequence[Service] = catalog.REGISTRIES) -> None:
        self.platform = Platform(app, settings=settings)
        volumes = self.platform.storage_class
        self.registry_database = RegistryDatabase(app, settings=settings, storage_class=volumes)
        self.registries = Services(
            app, "20-registries", services=registries, settings=settings, database=self.registry_database.database
        )
        self.utilities = Services(app, "30-utils", services=catalog.UTILITIES, settings=settings)
        self.metrics_database = MetricsDatabase(app, settings=settings, storage_class=volumes)
        self.metrics = Metrics(
            app,
            "50-metrics",
            services=catalog.METRICS,
            settings=settings,
            database=self.metrics_database.database,
            storage_class=volumes,
        )
        self.services = Services(app, "60-services", services=catalog.SERVICES, settings=settings)
        rules.enforce(app, seed_rule(settings), beside=_beside(settings))


def _beside(settings: Settings) -> list[Endpoint]:
    """Services of the same cluster that somebody else installs."""
    backups = (settings.registry_database.backup, settings.metrics_database.backup)
    buckets = [backup.bucket.endpoint for backup in backups if backup and backup.bucket]
    servers = [address_of(url) for url in (settings.adhoc_inference_url or "", *buckets)]
    return [server.endpoint for server in servers if server]
