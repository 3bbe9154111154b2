"""Phases 10 and 40: the two replicated databases."""

from constructs import Construct

from mgmtcluster import catalog
from mgmtcluster.addresses import service_host
from mgmtcluster.charts.phase import KEPT, Phase, Wave
from mgmtcluster.charts.platform import REGISTRY_ALIAS_NAMESPACE
from mgmtcluster.constructs.database.backup import DatabaseBackup
from mgmtcluster.constructs.database.monitoring import DatabaseMonitoring
from mgmtcluster.constructs.database.replicated_database import ReplicatedDatabase
from mgmtcluster.constructs.parts.objects import k8s, metadata
from mgmtcluster.settings import Settings
from mgmtcluster.settings.parts import BackupSettings


class RegistryDatabase(Phase):
    """Define the database of the registries, under every name that the seed gives to its members.

    Attributes:
        database: the replica set.
    """

    def __init__(self, scope: Construct, *, settings: Settings, storage_class: str) -> None:
        super().__init__(scope, "10-registry-database", wave=Wave.DATABASES)
        self.database = _database(self, catalog.REGISTRY, settings=settings, storage_class=storage_class)
        for service in self.database.member_services:
            k8s.KubeService(
                self,
                f"alias-{service.name}",
                metadata=metadata(
                    self,
                    name=service.name,
                    namespace=REGISTRY_ALIAS_NAMESPACE,
                    workload=self.database.name,
                    component="database",
                ),
                spec=k8s.ServiceSpec(type="ExternalName", external_name=service_host(service.name, self.database.namespace)),
            )


class MetricsDatabase(Phase):
    """Define the database of the metrics services.

    Attributes:
        database: the replica set.
    """

    def __init__(self, scope: Construct, *, settings: Settings, storage_class: str) -> None:
        super().__init__(scope, "40-metrics-database", wave=Wave.DATABASES)
        self.database = _database(self, catalog.METRICS_DB, settings=settings, storage_class=storage_class)


def _database(phase: Phase, what: catalog.ReplicaSet, *, settings: Settings, storage_class: str) -> ReplicatedDatabase:
    given = settings.database(what)
    database = ReplicatedDatabase(
        phase,
        what.name,
        namespace=what.namespace,
        members=given.members,
        keep_running=given.keep_running,
        replace_member=given.replace_member,
        single_member_may_lose_data=given.single_member_may_lose_data,
        storage=given.storage,
        memory=given.memory,
        node_label=given.node_label,
        feature_compatibility_version=given.feature_compatibility_version,
        existing_secrets=given.existing_secrets,
        storage_class=storage_class,
        image=settings.image("mongo"),
        image_pull_secrets=settings.image_pull_secrets,
    )
    if given.backup:
        _backup(phase, database, given.backup, settings=settings, storage_class=storage_class)
    if settings.monitoring:
        DatabaseMonitoring(
            phase,
            f"{what.name}-monitoring",
            database=database,
            prometheus_namespace=settings.monitoring_namespace,
            image=settings.image("mongodb-exporter"),
            image_pull_secrets=settings.image_pull_secrets,
        )
    return database


def _backup(phase: Phase, database: ReplicatedDatabase, given: BackupSettings, *, settings: Settings, storage_class: str) -> None:
    DatabaseBackup(
        phase,
        f"{database.name}-backup",
        database=database,
        schedule=given.schedule,
        keep=given.keep,
        drill_schedule=given.drill_schedule,
        storage=given.storage,
        bucket=given.bucket.bucket if given.bucket else None,
        storage_class=storage_class,
        # A claim that waits for its first dump is not healthy: in a wave of its own, after all others, nothing waits for it.
        claim_annotations={"argocd.argoproj.io/sync-wave": str(int(Wave.CLAIMS)), **KEPT},
        bucket_image=settings.image("rclone"),
        cluster_cidrs=settings.cluster_cidrs,
        image_pull_secrets=settings.image_pull_secrets,
    )
