"""A service of containers that answers at an endpoint."""

from collections.abc import Sequence
from typing import Unpack
from warnings import warn

from cdk8s import JsonPatch
from constructs import Construct

from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.context import Context, set_context
from mgmtcluster.constructs.parts.objects import Manifest, k8s, number
from mgmtcluster.constructs.parts.proxy import routes_to_proxy
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.constructs.service.checks import external_name, service_problems
from mgmtcluster.constructs.service.pods import service_pods
from mgmtcluster.databases.grant import Grant
from mgmtcluster.edges import Edge, record, record_call, reserve, service_claims, user_claim
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.containers import DEFAULT_USER
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.options import ServiceOptions, completed, exposed_of


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
        set_context(self, Context(pods=self._options["pods"]))
        self._endpoints = (endpoint, *self._options["other_endpoints"])
        self._workload = Workload(self, self.peer, self._options["component"])
        self._check(database)
        names = (self.peer.name, *external_name(self.peer, self._endpoints, self._options), *self._options["aliases"])
        users = [user_claim(database.server.peer, self.peer.name, argument="database")] if database else []
        reserve(self, [*service_claims(self.peer.namespace, names, self._endpoints), *users])
        self._record_edges(database)
        self.service_account = self._workload.service_account()
        self.deployment = self._deployment(image, database)
        self.services = self._services()
        self.service = self.services[0]
        several = self._options["replicas"] > 1
        self.pod_disruption_budget = self._workload.disruption_budget(unhealthy="AlwaysAllow") if several else None
        self.network_policy = self._workload.network_policy(
            exposed=[(endpoint.container_port, endpoint.protocol) for endpoint in exposed_of(self._endpoints, self._options)],
            outside=[*self._options["outside"], *(routes_to_proxy(self._workload) if self._options["outside"] else [])],
        )
        self.node.default_child = self.deployment

    def patch_pod(self, *ops: JsonPatch) -> None:
        """Patch its pods, for what no option says: ``patch_pod(JsonPatch.add("/spec/priorityClassName", "high"))``.

        Paths begin at the pod template. A patch that does not fit fails the synth; the rules check what is patched too.

        Raises:
            InvalidInput: what is passed is no patch.
        """
        self.deployment.patch_pod(*ops)

    def _check(self, database: Grant | None) -> None:
        problems = [*service_problems(self.peer, self._endpoints, database, self._options, self._workload.context)]
        if problems:
            raise InvalidInput(f"{self.node.path}: {problem}" for problem in problems)
        user = self._options["user"]
        if user < DEFAULT_USER:
            warn(f"{self.node.path}: user: {user} may be a user of the nodes too; {DEFAULT_USER} is not", stacklevel=3)

    def _record_edges(self, database: Grant | None) -> None:
        for env in (self._options["env"], *(sidecar.env for sidecar in self._options["sidecars"])):
            for name, address in pods.addresses_in(env):
                record_call(self, self.peer, address.endpoint, why=name)
        if database:
            server = database.server.peer
            record(self, Edge(self.peer, server, database.server.port, why=database.env, database=database.database))

    def _deployment(self, image: str, database: Grant | None) -> Manifest:
        return Manifest(
            self,
            "deployment",
            k8s.KubeDeploymentProps(
                metadata=self._workload.metadata(),
                spec=k8s.DeploymentSpec(
                    replicas=self._options["replicas"],
                    selector=k8s.LabelSelector(match_labels=self._workload.selector),
                    strategy=k8s.DeploymentStrategy(
                        type="RollingUpdate",
                        rolling_update=k8s.RollingUpdateDeployment(max_unavailable=number(0), max_surge=number(1)),
                    ),
                    template=service_pods(
                        self._workload,
                        image=image,
                        endpoints=self._endpoints,
                        database=database,
                        options=self._options,
                    ),
                ),
            ),
        )

    def _services(self) -> list[Manifest]:
        """The main Service; a second one if only some ports are exposed; one for each alias."""
        exposed = exposed_of(self._endpoints, self._options)
        everything_is = len(exposed) == len(self._endpoints)
        services = [self._service("service", self.peer.name, self._endpoints, exposed=everything_is)]
        for name in external_name(self.peer, self._endpoints, self._options):
            services.append(self._service("external", name, exposed, exposed=True))
        for alias in self._options["aliases"]:
            services.append(self._service(f"alias-{alias}", alias, self._endpoints, exposed=False))
        return services

    def _service(self, id: str, name: str, endpoints: Sequence[Endpoint], *, exposed: bool) -> Manifest:
        ports = [pods.service_port(endpoint, exposed=exposed) for endpoint in endpoints]
        if not exposed:
            return self._workload.service(id, ports, name=name)
        return self._workload.service(
            id,
            ports,
            name=name,
            type=self._options["service_type"] or "NodePort",
            annotations=self._options["service_annotations"],
            load_balancer_class=self._options["load_balancer_class"],
            load_balancer_source_ranges=[*self._options["load_balancer_source_ranges"]] or None,
        )
