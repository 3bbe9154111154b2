"""A task: pods that end."""

from typing import Final, Unpack

from cdk8s import JsonPatch
from constructs import Construct

from mgmtcluster.constructs.parts.cron_job import scheduled
from mgmtcluster.constructs.parts.objects import Manifest, k8s
from mgmtcluster.constructs.service.objects import begin, network_policy
from mgmtcluster.constructs.service.pods import service_pods
from mgmtcluster.constructs.service.spec import Spec, spec_of
from mgmtcluster.databases.grant import Grant
from mgmtcluster.edges import place
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import Name, too_long
from mgmtcluster.kinds.schedules import Schedule
from mgmtcluster.options import TaskOptions

#: How often a run that failed is tried again: Kubernetes' own default, for both kinds.
_RETRIES: Final = 6

#: The names of its pods end in a hash, or in a time and a hash.
_NAME_LENGTH: Final = 52


class Task(Construct):
    """Define a task: a Job that runs once for each change of it, or a CronJob that runs at times.

    A Job's name ends in a hash of its pods: applying it again does nothing, and a change makes a new Job. It orders nothing:
    what must run before a service's pods serve is an ``Init`` of that service.

    Args:
        image: image of the main container, with a tag or a digest.
        name: name of the CronJob, and what that of the Job begins with. Default: the construct's id.
        namespace: Default: the chart's.
        database: what a database grants to it. Default: it uses none.
        schedule: the five fields of cron, in UTC. Default: it runs once.
        options: see ``ServiceOptions``, but for those of pods that do not end; ``component`` is ``task`` by default.

    Attributes:
        peer: its pods, as policies select them.
        service_account: the ServiceAccount.
        job: the Job or the CronJob; the default child.
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
        image: Image,
        name: Name | None = None,
        namespace: Name | None = None,
        database: Grant | None = None,
        schedule: Schedule | None = None,
        **options: Unpack[TaskOptions],
    ) -> None:
        options.setdefault("component", "task")
        super().__init__(scope, id)
        place(self, scope)
        if problems := too_long(name or id, _NAME_LENGTH, "names of Jobs"):
            raise InvalidInput(f"{self.node.path}: name: {words}" for words in problems)
        spec = spec_of(self, image=image, name=name or id, namespace=namespace, database=database, options=options)
        self.peer = spec.peer
        self.service_account = begin(spec)
        self.job = _job(spec, schedule)
        self.network_policy = network_policy(spec)
        self.node.default_child = self.job

    def patch_pod(self, *ops: JsonPatch) -> None:
        """Patch its pods, for what no option says; see ``WebService.patch_pod``.

        Raises:
            InvalidInput: what is passed is no patch.
        """
        self.job.patch_pod(*ops)


def _job(spec: Spec, schedule: str | None) -> Manifest:
    # A pod that failed stays, and its log with it.
    template = service_pods(spec, restart_policy="Never")
    if schedule:
        return scheduled(spec.workload, schedule=schedule, retries=_RETRIES, template=template)
    props = k8s.KubeJobProps(metadata=spec.workload.metadata(), spec=k8s.JobSpec(backoff_limit=_RETRIES, template=template))
    return Manifest(spec.workload.scope, "job", props, hashed=lambda manifest: manifest["spec"]["template"])
