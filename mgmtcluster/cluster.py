"""The management cluster: its charts, in install order."""

from collections.abc import Iterator, Sequence

from constructs import Construct

from mgmtcluster import catalog, rules
from mgmtcluster.addresses import Endpoint, address_of
from mgmtcluster.charts import phases
from mgmtcluster.charts.contract import contract_rule
from mgmtcluster.charts.databases import DatabaseChart
from mgmtcluster.charts.platform import Platform
from mgmtcluster.charts.services import Services
from mgmtcluster.settings import Settings


class ManagementCluster:
    """Define the AIOS management cluster in an app: a chart per phase, and the rules that hold over all their objects.

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

    def __init__(self, app: Construct, *, settings: Settings, registries: Sequence[catalog.Service] = catalog.REGISTRIES) -> None:
        self.platform = Platform(app, settings=settings)
        volumes = self.platform.storage_class
        self.registry_database = DatabaseChart(
            app, phases.REGISTRY_DATABASE, catalog.REGISTRY, settings=settings, storage_class=volumes
        )
        registry = self.registry_database.database
        self.registries = Services(app, phases.REGISTRIES, settings=settings, services=registries, database=registry)
        self.utilities = Services(app, phases.UTILITIES, settings=settings)
        self.metrics_database = DatabaseChart(
            app, phases.METRICS_DATABASE, catalog.METRICS_DB, settings=settings, storage_class=volumes
        )
        metrics = self.metrics_database.database
        self.metrics = Services(app, phases.METRICS, settings=settings, database=metrics, storage_class=volumes)
        self.services = Services(app, phases.SERVICES, settings=settings)
        rules.enforce(app, contract_rule(settings), beside=list(_beside(settings)))


def _beside(settings: Settings) -> Iterator[Endpoint]:
    """Services of the same cluster that somebody else installs."""
    backups = [settings.database(database).backup for database in catalog.DATABASES]
    buckets = [backup.bucket.endpoint for backup in backups if backup and backup.bucket]
    proxy = settings.cluster.facts.proxy
    for url in (settings.adhoc_inference_url or "", *buckets, *(proxy.urls.values() if proxy else ())):
        server = address_of(url, settings.cluster.domain)
        if server:
            yield server.endpoint
