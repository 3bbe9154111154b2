"""A service of containers that answers at an endpoint."""

from collections.abc import Sequence
from typing import Unpack
from warnings import warn

from constructs import Construct

from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.parts import pods as _pods
from mgmtcluster.constructs.parts.network_policy import workload_policy
from mgmtcluster.constructs.parts.objects import k8s, metadata, number, pod_labels
from mgmtcluster.constructs.parts.pods import pod_disruption_budget
from mgmtcluster.constructs.service.checks import service_problems
from mgmtcluster.constructs.service.pods import service_pod_spec
from mgmtcluster.databases.grant import Grant
from mgmtcluster.edges import NAME_LABEL, Edge, Peer, record, reserve
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.containers import DEFAULT_USER
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.images import Image
from mgmtcluster.options import ServiceOptions, completed


class WebService(Construct):
    """Define a service: a ServiceAccount without rights, a Deployment, its Services, and a NetworkPolicy of its edges.

    Where it has more than one pod, there is a PodDisruptionBudget too. The workload, its objects and its label
    ``app.kubernetes.io/name`` have the endpoint's Service as their name.

    Args:
        image: image of the main container, with a tag or a digest.
        endpoint: where the service answers. With a ``node_port``, the port is open to everybody outside too.
        database: what a replicated database grants to it. Default: it uses none.
        options: see ``ServiceOptions``.

    Attributes:
        endpoint: as given.
        peer: its pods, as policies select them.
        service_account: the ServiceAccount.
        deployment: the Deployment.
        service: the Service of the endpoint's name; the default child.
        services: all its Services.
        pod_disruption_budget: the PodDisruptionBudget, or None.
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
        endpoint: Endpoint,
        database: Grant | None = None,
        **options: Unpack[ServiceOptions],
    ) -> None:
        super().__init__(scope, id)
        self.endpoint = endpoint
        self.peer = Peer(endpoint.namespace, endpoint.service)
        self._options = completed(options)
        self._endpoints = (endpoint, *self._options["other_endpoints"])
        self._selector = {NAME_LABEL: self.peer.name}
        problems = [*service_problems(self.peer, self._endpoints, database, self._options)]
        if problems:
            raise InvalidInput(f"{self.node.path}: {problem}" for problem in problems)
        if self._options["user"] < DEFAULT_USER:
            warn(
                f"{self.node.path}: user: {self._options['user']} may be a user of the nodes too; {DEFAULT_USER} is not",
                stacklevel=2,
            )
        names = (self.peer.name, *self._options["aliases"])
        reserve(self, namespace=self.peer.namespace, services=names, endpoints=self._endpoints)
        self._record_edges(database)
        self.service_account = k8s.KubeServiceAccount(
            self, "service-account", metadata=self._metadata(self.peer.name), automount_service_account_token=False
        )
        self.deployment = self._deployment(image, database)
        self.services = self._services()
        self.service = self.services[0]
        self.pod_disruption_budget = (
            pod_disruption_budget(self, metadata=self._metadata(self.peer.name), selector=self._selector, unhealthy="AlwaysAllow")
            if self._options["replicas"] > 1
            else None
        )
        self.network_policy = workload_policy(
            self,
            "network-policy",
            peer=self.peer,
            component=self._options["component"],
            exposed_ports=[each.port for each in self._endpoints if each.node_port],
            outside=self._options["outside"],
            cluster_cidrs=self._options["cluster_cidrs"],
        )
        self.node.default_child = self.service

    def _record_edges(self, database: Grant | None) -> None:
        for env in (self._options["env"], *(sidecar.env for sidecar in self._options["sidecars"])):
            for name, address in _pods.addresses_in(env):
                server = Peer(address.endpoint.namespace, address.endpoint.service)
                record(self, Edge(self.peer, server, address.endpoint.port, why=name))
        if database:
            record(self, Edge(self.peer, database.server, database.port, why=database.env, database=database.database))

    def _metadata(self, name: str) -> k8s.ObjectMeta:
        component = self._options["component"]
        return metadata(self, name=name, namespace=self.peer.namespace, workload=self.peer.name, component=component)

    def _deployment(self, image: str, database: Grant | None) -> k8s.KubeDeployment:
        selector = k8s.LabelSelector(match_labels=self._selector)
        labels = pod_labels(self, workload=self.peer.name, component=self._options["component"])
        return k8s.KubeDeployment(
            self,
            "deployment",
            metadata=self._metadata(self.peer.name),
            spec=k8s.DeploymentSpec(
                replicas=self._options["replicas"],
                selector=selector,
                strategy=k8s.DeploymentStrategy(
                    type="RollingUpdate",
                    rolling_update=k8s.RollingUpdateDeployment(max_unavailable=number(0), max_surge=number(1)),
                ),
                template=k8s.PodTemplateSpec(
                    metadata=k8s.ObjectMeta(labels=labels | _pods.version_label(image)),
                    spec=service_pod_spec(
                        name=self.peer.name,
                        image=image,
                        endpoints=self._endpoints,
                        database=database,
                        options=self._options,
                        selector=selector,
                    ),
                ),
            ),
        )

    def _services(self) -> list[k8s.KubeService]:
        """The Service of the endpoint's name; one more for what is exposed where not everything is; one an alias."""
        exposed = [each for each in self._endpoints if each.node_port]
        everything_is = len(exposed) == len(self._endpoints)
        services = [self._service("service", self.peer.name, self._endpoints, exposed=everything_is)]
        if exposed and not everything_is:
            # A NodePort Service gives every port of its own a node port, so what is exposed alone needs a Service alone.
            services.append(self._service("external", f"{self.peer.name}-external", exposed, exposed=True))
        for alias in self._options["aliases"]:
            services.append(self._service(f"alias-{alias}", alias, self._endpoints, exposed=False))
        return services

    def _service(self, id: str, name: str, endpoints: Sequence[Endpoint], *, exposed: bool) -> k8s.KubeService:
        return k8s.KubeService(
            self,
            id,
            metadata=self._metadata(name),
            spec=k8s.ServiceSpec(
                type="NodePort" if exposed else "ClusterIP",
                selector=self._selector,
                ports=[_pods.service_port(each, exposed=exposed) for each in endpoints],
            ),
        )
