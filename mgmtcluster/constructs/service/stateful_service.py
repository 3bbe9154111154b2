"""A service whose pods have names, and claims of their own."""

from typing import Final, Unpack

import cdk8s_plus_27 as kplus
from cdk8s import JsonPatch
from constructs import Construct

from mgmtcluster.addresses import Endpoint, pods_service
from mgmtcluster.constructs.service.objects import (
    autoscaler,
    begin,
    disruption_budget,
    headless_service,
    network_policy,
    service_monitor,
    services,
    stateful_set,
)
from mgmtcluster.constructs.service.plus import kplus_scalable, kplus_service
from mgmtcluster.constructs.service.spec import spec_of
from mgmtcluster.databases.grant import Grant
from mgmtcluster.edges import place
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import too_long
from mgmtcluster.options import ServiceOptions

#: A label of its pods holds the name, and a hash.
_NAME_LENGTH: Final = 52


class StatefulService(Construct):
    """Define a service with a StatefulSet: as a ``WebService``, but every pod has a stable name and ``claims`` of its own.

    The claims outlive the StatefulSet and a smaller number of pods. The pods' names, such as ``SERVICE-0``, are resolved below
    the headless Service ``SERVICE-pods``: ``endpoint.of_pod(0)`` is the endpoint of one.

    Args:
        image: image of the main container, with a tag or a digest.
        endpoint: where the service answers. With a ``node_port``, the port is open to everybody outside too.
        database: what a database grants to it. Default: it uses none.
        options: see ``ServiceOptions``.

    Attributes:
        endpoint: as passed.
        peer: its pods, as policies select them.
        service_account: the ServiceAccount.
        stateful_set: the StatefulSet; the default child.
        service: the Service of the endpoint's name.
        services: all its Services but the headless one.
        headless_service: the Service that gives its pods names.
        pod_disruption_budget: the PodDisruptionBudget, or None.
        network_policy: the NetworkPolicy.
        autoscaler: the HorizontalPodAutoscaler, or None.
        service_monitor: the ServiceMonitor, or None.

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
        endpoint: Endpoint,
        database: Grant | None = None,
        **options: Unpack[ServiceOptions],
    ) -> None:
        super().__init__(scope, id)
        place(self, scope)
        if problems := too_long(endpoint.service, _NAME_LENGTH, "names of its pods"):
            raise InvalidInput(f"{self.node.path}: endpoint: {words}" for words in problems)
        self.endpoint = endpoint
        spec = spec_of(
            self,
            image=image,
            name=endpoint.service,
            namespace=endpoint.namespace,
            endpoint=endpoint,
            database=database,
            options=options,
            claims_are_per_pod=True,
        )
        self._spec = spec
        self.peer = spec.peer
        headless = pods_service(self.peer.name)
        self.service_account = begin(spec, more_services=[headless])
        self.stateful_set = stateful_set(spec, headless=headless)
        self.services = services(spec)
        self.service = self.services[0]
        self.headless_service = headless_service(spec, headless)
        self.pod_disruption_budget = disruption_budget(spec)
        self.network_policy = network_policy(spec)
        self.autoscaler = autoscaler(spec, self.stateful_set)
        self.service_monitor = service_monitor(spec)
        self.node.default_child = self.stateful_set

    def patch_pod(self, *ops: JsonPatch) -> None:
        """Patch its pods, for what no option says; see ``WebService.patch_pod``.

        Raises:
            InvalidInput: what is passed is no patch.
        """
        self.stateful_set.patch_pod(*ops)

    def as_kplus_service(self) -> kplus.Service:
        """This service's Service for what takes one of cdk8s-plus, such as ``kplus.IngressBackend.from_service``.

        It says the name and the ports alone. What is made of it, as by ``expose_via_ingress``, is part of no app.
        """
        return kplus_service(self._spec)

    def as_kplus_scalable(self) -> kplus.IScalable:
        """Its pods for ``kplus.HorizontalPodAutoscaler(target=…)``; the manifest has no ``replicas`` then, see ``Autoscale``.

        Raises:
            InvalidInput: ``autoscale`` or ``replicas`` says how many they are, or they share a claim that one node may mount.
        """
        return kplus_scalable(self._spec, self.stateful_set)
