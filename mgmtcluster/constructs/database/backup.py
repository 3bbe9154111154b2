"""Dumps of a replicated database, the drill that proves them, and the way back."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from constructs import Construct
from pydantic import Field

from mgmtcluster import images
from mgmtcluster.addresses import foreign_domain
from mgmtcluster.constructs.database.backup_pods import BackupPods
from mgmtcluster.constructs.database.replicated_database import ReplicatedDatabase
from mgmtcluster.constructs.database.users import connect
from mgmtcluster.constructs.parts.cron_job import cron_job
from mgmtcluster.constructs.parts.objects import Manifest, k8s
from mgmtcluster.constructs.parts.pods import proxy_env
from mgmtcluster.constructs.parts.scripts import read_scripts
from mgmtcluster.constructs.parts.volumes import claim_spec
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.databases.bucket import DEFAULT_DRILL, Bucket, place_problems
from mgmtcluster.databases.users import BACKUP_USER, ROOT
from mgmtcluster.edges import place, record_call
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import LabelKey, ObjectName, too_long
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.kinds.quantities import Storage
from mgmtcluster.kinds.schedules import Schedule
from mgmtcluster.kinds.sources import SecretKey

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
        claim_annotations: Mapping[LabelKey, str] | None = None,
        bucket_image: Image = images.RCLONE,
    ) -> None:
        super().__init__(scope, id)
        place(self, scope)
        self._bucket = bucket
        self._replica_set = database.replica_set
        problems = place_problems(storage=storage, bucket=bucket)
        name = self._replica_set.name
        problems += [f"database: {words}" for words in too_long(name, _NAME_LENGTH, "names of CronJobs")]
        workload = self._workload(self, BACKUP)
        if bucket and (words := foreign_domain(bucket.endpoint, workload.context.cluster.domain)):
            problems.append(f"bucket.endpoint: {words}")
        self._outside = bucket.outside(workload.context.cluster) if bucket else []
        for connection in self._outside:
            problems += [f"bucket.endpoint: {problem}" for problem in connection.problems(workload.context.cluster)]
        if problems:
            raise InvalidInput(f"{self.node.path}: {problem}" for problem in problems)
        self.claim = self._claim(workload, storage, storage_class, claim_annotations) if storage else None
        scripts = f"{name}-backup-scripts"
        workload.config_map("scripts", scripts, read_scripts(*_SCRIPTS))
        self._pods = BackupPods(
            replica_set=self._replica_set,
            image=database.image,
            scripts=scripts,
            keep=keep,
            space=database.storage,
            claim=f"{name}-backups" if storage else None,
            bucket=bucket,
            bucket_image=bucket_image,
            proxy=proxy_env(workload.context) if self._outside else {},
        )
        self.backup = self._backup(schedule)
        self.drill = self._drill(drill_schedule)
        self.restore = self._restore()
        self.node.default_child = self.backup

    def _workload(self, scope: Construct, purpose: str) -> Workload:
        peer = Peer(self._replica_set.namespace, f"{self._replica_set.name}-{purpose}")
        return Workload(scope, peer, _COMPONENT)

    def _claim(
        self, workload: Workload, storage: str, storage_class: str | None, annotations: Mapping[str, str] | None
    ) -> Manifest:
        metadata = workload.metadata(f"{self._replica_set.name}-backups", annotations=annotations)
        props = k8s.KubePersistentVolumeClaimProps(metadata=metadata, spec=claim_spec(storage, storage_class))
        return Manifest(self, "claim", props)

    def _backup(self, schedule: str) -> Manifest:
        workload = self._workload(Construct(self, BACKUP), BACKUP)
        password = connect(workload, self._replica_set, BACKUP_USER, roles={"backup": "admin"}, why="dumps a member")
        containers = self._pods.dump(BACKUP_USER, password)
        return self._cron_job(workload, schedule=schedule, containers=containers, password=password)

    def _drill(self, schedule: str) -> Manifest:
        workload = self._workload(Construct(self, DRILL), DRILL)
        return self._cron_job(workload, schedule=schedule, containers=self._pods.drill())

    def _restore(self) -> Manifest:
        workload = self._workload(Construct(self, RESTORE), RESTORE)
        password = connect(workload, self._replica_set, ROOT, roles={"root": "admin"}, why="restores a dump")
        containers = self._pods.restore(ROOT, password)
        return self._cron_job(workload, schedule=None, containers=containers, password=password)

    def _cron_job(
        self,
        workload: Workload,
        *,
        schedule: str | None,
        containers: Sequence[k8s.Container],
        password: SecretKey | None = None,
    ) -> Manifest:
        """One of the three; without a schedule it is suspended, and what it does is not tried again by itself."""
        cluster = workload.context.cluster
        if self._bucket and (address := self._bucket.address(cluster)):
            record_call(self, workload.peer, address.endpoint, why="BUCKET_ENDPOINT")
        return cron_job(
            workload,
            schedule=schedule or _NEVER,
            suspended=schedule is None,
            retries=1 if schedule else 0,
            containers=containers,
            volumes=self._pods.volumes(containers, password),
            account_annotations=self._bucket.service_account_annotations if self._bucket else None,
            outside=self._outside,
        )
