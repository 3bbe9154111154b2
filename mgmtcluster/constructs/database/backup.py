"""Dumps of a replicated database, the drill that proves them, and the way back."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from constructs import Construct
from pydantic import Field

from mgmtcluster import images
from mgmtcluster.constructs.database.backup_pods import BackupPods
from mgmtcluster.constructs.database.replicated_database import ROOT, ReplicatedDatabase
from mgmtcluster.constructs.parts.cron_job import cron_job
from mgmtcluster.constructs.parts.objects import k8s, metadata, quantity
from mgmtcluster.constructs.parts.scripts import read_scripts
from mgmtcluster.databases.bucket import DEFAULT_DRILL, Bucket, place_problems
from mgmtcluster.databases.users import BACKUP_USER
from mgmtcluster.edges import Edge, Peer, record
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.containers import SecretKey
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import ObjectName
from mgmtcluster.kinds.network import Cidr
from mgmtcluster.kinds.quantities import Storage
from mgmtcluster.kinds.schedules import Schedule

#: What a database's name is followed by in the names of the CronJobs.
BACKUP, DRILL, RESTORE = "backup", "restore-drill", "restore"

_STEPS = ("drill", "dump", "fetch", "lib", "member", "restore", "store")
_SCRIPTS = (*(f"backup-{step}.sh" for step in _STEPS), "ready.sh")
_COMPONENT = "backup"
_NEVER = "0 0 1 1 *"

# A CronJob's name is at most 52 characters long: its Jobs' names end in eleven more.
_NAME_LENGTH = 52 - len(f"-{DRILL}")

Keep = Annotated[int, Field(ge=1, le=1000)]


class DatabaseBackup(Construct):
    """Define three CronJobs: one dumps a replicated database, one tries the newest dump, one restores a dump when told to.

    A dump is of one secondary, with its oplog, so that it is of one point in time. Old ones are removed once a new one is
    complete. The drill restores into a mongod of its own pod and fails unless every collection has as many documents as were
    dumped. The third is suspended: ``kubectl create job --from=cronjob/NAME-restore …`` makes a Job of it.

    Args:
        database: the replicated database.
        schedule: when to dump: the five fields of cron, in UTC.
        keep: number of dumps to keep.
        drill_schedule: when to try the newest dump. Default: weekly.
        storage: size of the claim for dumps; this or ``bucket``.
        bucket: the bucket for dumps; this or ``storage``.
        storage_class: of the claim. Default: the cluster's default class.
        claim_annotations: annotations of the claim.
        bucket_image: image of the bucket's client. Default: ``images.RCLONE``.
        cluster_cidrs: the cluster's own ranges, in which no bucket outside is.
        image_pull_secrets: names of Secrets for the image registry.

    Attributes:
        claim: the PersistentVolumeClaim, or None with ``bucket``.
        backup: the CronJob that dumps; the default child.
        drill: the CronJob that tries the newest dump.
        restore: the suspended CronJob that restores one.

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
        schedule: Schedule,
        keep: Keep,
        drill_schedule: Schedule = DEFAULT_DRILL,
        storage: Storage | None = None,
        bucket: Bucket | None = None,
        storage_class: ObjectName | None = None,
        claim_annotations: Mapping[str, str] | None = None,
        bucket_image: Image = images.RCLONE,
        cluster_cidrs: Sequence[Cidr] = (),
        image_pull_secrets: Sequence[ObjectName] = (),
    ) -> None:
        super().__init__(scope, id)
        problems = place_problems(storage=storage, bucket=bucket)
        if len(database.name) > _NAME_LENGTH:
            problems.append(
                f"database: {database.name!r} is too long for names of CronJobs; write at most {_NAME_LENGTH} characters"
            )
        if problems:
            raise InvalidInput(f"{self.node.path}: {problem}" for problem in problems)
        self._database = database
        self._bucket = bucket
        self._cluster_cidrs = cluster_cidrs
        self._image_pull_secrets = image_pull_secrets
        self.claim = self._claim(storage, storage_class, claim_annotations or {}) if storage else None
        scripts = f"{database.name}-backup-scripts"
        k8s.KubeConfigMap(self, "scripts", metadata=self._metadata(scripts), data=read_scripts(*_SCRIPTS))
        self._pods = BackupPods(
            name=database.name,
            image=database.image,
            hosts=database.hosts,
            replica_set=database.replica_set,
            scripts=scripts,
            keep=keep,
            space=database.storage,
            claim=self._name("backups") if storage else None,
            bucket=bucket,
            bucket_image=bucket_image,
        )
        self.backup = self._backup(schedule)
        self.drill = self._drill(drill_schedule)
        self.restore = self._restore()
        self.node.default_child = self.backup

    def _name(self, what: str) -> str:
        return f"{self._database.name}-{what}"

    def _peer(self, what: str) -> Peer:
        return Peer(self._database.namespace, self._name(what))

    def _metadata(self, name: str, annotations: Mapping[str, str] | None = None) -> k8s.ObjectMeta:
        return metadata(
            self,
            name=name,
            namespace=self._database.namespace,
            workload=self._name(BACKUP),
            component=_COMPONENT,
            annotations=annotations,
        )

    def _claim(self, storage: str, storage_class: str | None, annotations: Mapping[str, str]) -> k8s.KubePersistentVolumeClaim:
        return k8s.KubePersistentVolumeClaim(
            self,
            "claim",
            metadata=self._metadata(self._name("backups"), annotations),
            spec=k8s.PersistentVolumeClaimSpec(
                access_modes=["ReadWriteOnce"],
                storage_class_name=storage_class,
                resources=k8s.ResourceRequirements(requests={"storage": quantity(storage)}),
            ),
        )

    def _backup(self, schedule: str) -> k8s.KubeCronJob:
        peer = self._peer(BACKUP)
        password = self._database.user(BACKUP_USER, client=peer, roles={"backup": "admin"}, why="dumps a member")
        containers = self._pods.dump(BACKUP_USER, password)
        return self._cron_job(BACKUP, peer, schedule=schedule, containers=containers, password=password)

    def _drill(self, schedule: str) -> k8s.KubeCronJob:
        return self._cron_job(DRILL, self._peer(DRILL), schedule=schedule, containers=self._pods.drill())

    def _restore(self) -> k8s.KubeCronJob:
        peer = self._peer(RESTORE)
        password = self._database.user(ROOT, client=peer, roles={"root": "admin"}, why="restores a dump")
        containers = self._pods.restore(ROOT, password)
        return self._cron_job(RESTORE, peer, schedule=None, containers=containers, password=password)

    def _cron_job(
        self,
        id: str,
        peer: Peer,
        *,
        schedule: str | None,
        containers: Sequence[k8s.Container],
        password: SecretKey | None = None,
    ) -> k8s.KubeCronJob:
        """One of the three; without a schedule it is suspended, and what it does is not tried again by itself."""
        if self._bucket and self._bucket.address:
            endpoint = self._bucket.address.endpoint
            record(self, Edge(peer, Peer(endpoint.namespace, endpoint.service), endpoint.port, why="BUCKET_ENDPOINT"))
        return cron_job(
            self,
            id,
            peer=peer,
            component=_COMPONENT,
            schedule=schedule or _NEVER,
            suspended=schedule is None,
            retries=1 if schedule else 0,
            containers=containers,
            volumes=self._pods.volumes(containers, password),
            outside=self._bucket.outside if self._bucket else (),
            cluster_cidrs=self._cluster_cidrs,
            image_pull_secrets=self._image_pull_secrets,
        )
