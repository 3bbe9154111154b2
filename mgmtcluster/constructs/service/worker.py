"""A worker: pods that ask, and that nobody asks."""

from collections.abc import Sequence
from typing import Final, Unpack

import cdk8s_plus_27 as kplus
from cdk8s import JsonPatch
from constructs import Construct

from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.service.objects import autoscaler, begin, deployment, disruption_budget, network_policy
from mgmtcluster.constructs.service.plus import kplus_scalable
from mgmtcluster.constructs.service.queue import env_with_queue
from mgmtcluster.constructs.service.spec import spec_of
from mgmtcluster.databases.grant import Grant
from mgmtcluster.edges import place
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import EnvName, Name
from mgmtcluster.options import WorkerOptions

#: The variable with the host of the queue, where nobody names another.
_QUEUE_ENV: Final = "REDIS_HOST"


class Worker(Construct):
    """Define a worker: a Deployment of pods that work on what they fetch, without a Service, a port or a probe of its own.

    Args:
        image: image of the main container, with a tag or a digest.
        name: name of the Deployment and of its objects. Default: the construct's id.
        namespace: Default: the chart's.
        database: what a database grants to it. Default: it uses none.
        queue: the endpoint of the queue that it fetches from. Default: none.
        queue_env: variable that holds the queue's host. Default: ``REDIS_HOST``.
        options: see ``ServiceOptions``, but for those of ports; ``component`` is ``worker`` by default.

    Attributes:
        peer: its pods, as policies select them.
        service_account: the ServiceAccount.
        deployment: the Deployment; the default child.
        pod_disruption_budget: the PodDisruptionBudget, or None.
        network_policy: the NetworkPolicy.
        autoscaler: the HorizontalPodAutoscaler, or None.

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
        queue: Endpoint | None = None,
        queue_env: EnvName = _QUEUE_ENV,
        **options: Unpack[WorkerOptions],
    ) -> None:
        options.setdefault("component", "worker")
        if queue:
            grants: Sequence[Grant] = [*([database] if database else []), *options.get("databases", ())]
            options["env"] = env_with_queue(options.get("env", {}), queue, queue_env, grants, scope=scope, id=id)
        super().__init__(scope, id)
        place(self, scope)
        if not queue and queue_env != _QUEUE_ENV:
            raise InvalidInput([f"{self.node.path}: queue_env: there is no queue; pass queue=…, or leave it out"])
        spec = spec_of(self, image=image, name=name or id, namespace=namespace, database=database, options=options)
        self._spec = spec
        self.peer = spec.peer
        self.service_account = begin(spec)
        self.deployment = deployment(spec)
        self.pod_disruption_budget = disruption_budget(spec)
        self.network_policy = network_policy(spec)
        self.autoscaler = autoscaler(spec, self.deployment)
        self.node.default_child = self.deployment

    def patch_pod(self, *ops: JsonPatch) -> None:
        """Patch its pods, for what no option says; see ``WebService.patch_pod``.

        Raises:
            InvalidInput: what is passed is no patch.
        """
        self.deployment.patch_pod(*ops)

    def as_kplus_scalable(self) -> kplus.IScalable:
        """Its pods for ``kplus.HorizontalPodAutoscaler(target=…)``; see ``WebService.as_kplus_scalable``.

        Raises:
            InvalidInput: ``autoscale`` or ``replicas`` says how many they are, or they share a claim that one node may mount.
        """
        return kplus_scalable(self._spec, self.deployment)
