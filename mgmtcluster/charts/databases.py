"""The phases with a replicated database."""

from constructs import Construct

from mgmtcluster import catalog
from mgmtcluster.addresses import service_host
from mgmtcluster.charts.phase_chart import KEPT, PhaseChart, in_wave
from mgmtcluster.charts.phases import Phase, Wave
from mgmtcluster.constructs.database.backup import DatabaseBackup
from mgmtcluster.constructs.database.monitoring import DatabaseMonitoring
from mgmtcluster.constructs.database.replicated_database import ReplicatedDatabase
from mgmtcluster.constructs.parts.objects import Manifest, k8s
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.settings import Settings
from mgmtcluster.settings.databases import BackupSettings


class DatabaseChart(PhaseChart):
    """Define a database of the platform, under every name that the seed gives to its members, with its dumps and its exporter.

    Attributes:
        database: the replica set.
    """

    def __init__(
        self, scope: Construct, phase: Phase, database: catalog.PlatformDatabase, *, settings: Settings, storage_class: str
    ) -> None:
        super().__init__(scope, phase, settings=settings, pods=settings.database(database).pods.pods)
        self.database = self._database(database, settings, storage_class)
        backup = settings.database(database).backup
        if backup:
            self._backup(backup, settings, storage_class)
        if settings.monitoring:
            DatabaseMonitoring(
                self,
                f"{database.name}-monitoring",
                database=self.database,
                prometheus_namespace=settings.monitoring_namespace,
                image=settings.image("mongodb-exporter"),
            )
        if database.alias_namespace and settings.registry_namespace:
            self._alias(database.alias_namespace)

    def _database(self, database: catalog.PlatformDatabase, settings: Settings, storage_class: str) -> ReplicatedDatabase:
        wanted = settings.database(database)
        return ReplicatedDatabase(
            self,
            database.name,
            namespace=database.namespace,
            members=wanted.members,
            keep_running=wanted.keep_running,
            replace_member=wanted.replace_member,
            single_member_may_lose_data=wanted.single_member_may_lose_data,
            storage=wanted.storage,
            memory=wanted.memory,
            cpu=wanted.cpu.cpu,
            mongod_arguments=wanted.mongod_arguments,
            node_label=wanted.node_label,
            feature_compatibility_version=wanted.feature_compatibility_version,
            existing_secrets=wanted.existing_secrets,
            storage_class=storage_class,
            image=settings.image("mongo"),
        )

    def _backup(self, backup: BackupSettings, settings: Settings, storage_class: str) -> None:
        DatabaseBackup(
            self,
            f"{self.database.replica_set.name}-backup",
            database=self.database,
            schedule=backup.schedule,
            keep=backup.keep,
            drill_schedule=backup.drill_schedule,
            storage=backup.storage,
            bucket=backup.bucket.bucket if backup.bucket else None,
            storage_class=storage_class,
            # A claim that waits for its first dump is not healthy: in a wave of its own, after all others, nothing waits for it.
            claim_annotations={**in_wave(Wave.CLAIMS), **KEPT},
            bucket_image=settings.image("rclone"),
        )

    def _alias(self, namespace: str) -> None:
        """The names of the members in another namespace."""
        replica_set = self.database.replica_set
        workload = Workload(self, Peer(namespace, replica_set.name), "database")
        for name in [service.name for service in self.database.member_services]:
            host = service_host(name, replica_set.namespace, replica_set.domain)
            props = k8s.KubeServiceProps(
                metadata=workload.metadata(name), spec=k8s.ServiceSpec(type="ExternalName", external_name=host)
            )
            Manifest(self, f"alias-{name}", props)
