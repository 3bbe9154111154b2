"""A service of containers that answers at an endpoint."""

from typing import Unpack

import cdk8s_plus_27 as kplus
from cdk8s import JsonPatch
from constructs import Construct

from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.service.objects import (
    autoscaler,
    begin,
    deployment,
    disruption_budget,
    network_policy,
    service_monitor,
    services,
)
from mgmtcluster.constructs.service.plus import kplus_scalable, kplus_service
from mgmtcluster.constructs.service.spec import spec_of
from mgmtcluster.databases.grant import Grant
from mgmtcluster.edges import place
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.images import Image
from mgmtcluster.options import ServiceOptions


class WebService(Construct):
    """Define a service: a ServiceAccount without rights, a Deployment, its Services, and a NetworkPolicy of its edges.

    Where it has more than one pod, there is a PodDisruptionBudget too. The workload, its objects and its label
    ``app.kubernetes.io/name`` have the endpoint's Service as their name.

    Args:
        image: image of the main container, with a tag or a digest.
        endpoint: where the service answers. With a ``node_port``, the port is open to everybody outside too.
        database: what a database grants to it. Default: it uses none.
        options: see ``ServiceOptions``.

    Attributes:
        endpoint: as passed.
        peer: its pods, as policies select them.
        service_account: the ServiceAccount.
        deployment: the Deployment; the default child, so ``ApiObject.of(service)`` is it.
        service: the Service of the endpoint's name.
        services: all its Services.
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
        self.endpoint = endpoint
        spec = spec_of(
            self,
            image=image,
            name=endpoint.service,
            namespace=endpoint.namespace,
            endpoint=endpoint,
            database=database,
            options=options,
        )
        self._spec = spec
        self.peer = spec.peer
        self.service_account = begin(spec)
        self.deployment = deployment(spec)
        self.services = services(spec)
        self.service = self.services[0]
        self.pod_disruption_budget = disruption_budget(spec)
        self.network_policy = network_policy(spec)
        self.autoscaler = autoscaler(spec, self.deployment)
        self.service_monitor = service_monitor(spec)
        self.node.default_child = self.deployment

    def patch_pod(self, *ops: JsonPatch) -> None:
        """Patch its pods, for what no option says: ``patch_pod(JsonPatch.add("/spec/priorityClassName", "high"))``.

        Paths begin at the pod template. A patch that does not fit fails the synth; the rules check what is patched too.

        Raises:
            InvalidInput: what is passed is no patch.
        """
        self.deployment.patch_pod(*ops)

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
        return kplus_scalable(self._spec, self.deployment)
