"""A MongoDB replica set that keeps every acknowledged write."""

from collections.abc import Mapping, Sequence

from constructs import Construct

from mgmtcluster import images
from mgmtcluster.constructs.database.converge_job import converge_job
from mgmtcluster.constructs.database.member_pods import PORT_NAME, Member, member_pods
from mgmtcluster.constructs.database.users import user_edge, users_of
from mgmtcluster.constructs.parts.context import Context, namespace_of, set_context, surroundings_of
from mgmtcluster.constructs.parts.objects import Json, Manifest, k8s, number
from mgmtcluster.constructs.parts.scripts import mongosh, read_scripts
from mgmtcluster.constructs.parts.volumes import RETAIN, claim_template, with_stored_claim_templates
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.constructs.secrets_bootstrap import Kind, SecretsBootstrap
from mgmtcluster.databases.grant import PASSWORD_KEY, Grant, Wait, secret_claims
from mgmtcluster.databases.mongod import MongodArgument, twice_problems
from mgmtcluster.databases.replica_set import ReplicaSet, image_problems, member_problems, name_problems, version_problems
from mgmtcluster.databases.users import KEYFILE, READ_WRITE, RESERVED, user_problems
from mgmtcluster.edges import Edge, place, record, reserve, service_claims, user_claim
from mgmtcluster.kinds.checking import checked, checked_method
from mgmtcluster.kinds.containers import Cpu
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import DatabaseName, EnvName, MongoVersion, Name, NodeLabel, ObjectName
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.kinds.pods import Pods
from mgmtcluster.kinds.quantities import Memory, Storage
from mgmtcluster.kinds.sources import SecretKey

_SCRIPTS = ("converge.js", "members.js", "plan.js", "ready.sh", "settle.js", "wait-for-primary.js")


class ReplicatedDatabase(Construct):
    """Define a MongoDB replica set: a StatefulSet, its Services, and the Jobs that make its Secrets and converge it.

    Members run on different nodes, only on nodes with ``node_label``, and wait for their volume rather than start empty.

    Args:
        members: 3, 5 or 7; or 1 with ``single_member_may_lose_data``.
        storage: size of each member's volume.
        node_label: ``key=value`` of the nodes that members run on.
        name: name of the StatefulSet, and the first part of all other names. Default: the construct's id.
        namespace: Default: the chart's.
        image: image of mongod and mongosh. Default: ``images.MONGO``.
        memory: request and limit of each member; WiredTiger's cache is computed from it.
        cpu: request and limit of each member. Default: 250m and 2.
        mongod_arguments: further arguments of mongod, such as ``--oplogSize=2048``. Default: none.
        pods: what members and Jobs get over what the chart says. Default: nothing more.
        storage_class: Default: the cluster's default class.
        replica_set: name of the replica set. Default: ``rs0``.
        keep_running: members to keep as pods beyond ``members`` while their votes are removed. Default: none.
        replace_member: ordinal of a member whose vote is taken away, so that it can come back empty. Default: none.
        single_member_may_lose_data: allow ``members=1``, which loses data with its disk; for a laptop.
        feature_compatibility_version: raised to this, such as ``9.0``, once every member runs a binary of at least that version.
            Default: it stays as it is.
        existing_secrets: Secrets made elsewhere: ``keyfile`` or a user's name to the Secret's name. Where given, even empty,
            no Job makes any. Default: a Job makes them all.

    Attributes:
        replica_set: the set by its names: peer, members, hosts, Secrets and connection strings.
        image: image of mongod, mongosh, mongodump and mongorestore.
        storage: size of each member's volume.
        stateful_set: the StatefulSet; the default child.
        service: the headless Service that gives members their names.
        member_services: one Service a member.
        pod_disruption_budget: the PodDisruptionBudget.
        secrets: the SecretsBootstrap, or None with ``existing_secrets``.
        job: the Job that converges the set.
        network_policy: the members' NetworkPolicy.

    Raises:
        InvalidInput: an argument cannot be used.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        members: int,
        storage: Storage,
        node_label: NodeLabel,
        name: Name | None = None,
        namespace: Name | None = None,
        image: Image = images.MONGO,
        memory: Memory = "1536Mi",
        cpu: Cpu = Cpu(request="250m", limit="2"),
        mongod_arguments: Sequence[MongodArgument] = (),
        pods: Pods = Pods(),
        storage_class: ObjectName | None = None,
        replica_set: Name = "rs0",
        keep_running: int | None = None,
        replace_member: int | None = None,
        single_member_may_lose_data: bool = False,
        feature_compatibility_version: MongoVersion | None = None,
        existing_secrets: Mapping[str, ObjectName] | None = None,
    ) -> None:
        numbers = member_problems(
            members, keep_running, replace_member=replace_member, single_member_may_lose_data=single_member_may_lose_data
        )
        versions = [*image_problems(image), *version_problems(image, feature_compatibility_version)]
        versions += twice_problems(mongod_arguments)
        if problems := [*name_problems(name or id), *numbers, *versions]:
            raise InvalidInput(f"{scope.node.path}/{id}: {problem}".lstrip("/") for problem in problems)
        super().__init__(scope, id)
        place(self, scope)
        set_context(self, Context(pods=pods))
        self.replica_set = ReplicaSet(
            name=name or id,
            namespace=namespace_of(self, namespace),
            members=members,
            set_name=replica_set,
            existing_secrets=existing_secrets or {},
            domain=surroundings_of(self).context.cluster.domain,
        )
        self.image = image
        self.storage = storage
        self._workload = Workload(self, self.replica_set.peer, "database")
        self._pods = [self.replica_set.pod(ordinal) for ordinal in range(max(members, keep_running or 0))]
        self.service, *self.member_services = self._services()
        scripts = read_scripts(*_SCRIPTS)
        self._workload.config_map("scripts", self.replica_set.scripts, scripts)
        self._workload.service_account()
        member = Member(image=image, cpu=cpu, memory=memory, node_label=node_label, arguments=mongod_arguments)
        pods_of_members = member_pods(self._workload, self.replica_set, member)
        self.stateful_set = self._stateful_set(claim_template(storage, storage_class), pods_of_members)
        self.pod_disruption_budget = self._workload.disruption_budget(unhealthy="IfHealthyBudget")
        self.network_policy = self._workload.network_policy()
        self.secrets = self._bootstrap() if existing_secrets is None else None
        self.job = self._converge(scripts, replace_member, feature_compatibility_version)
        self.node.default_child = self.stateful_set

    @checked_method
    def grant(self, database: DatabaseName, *, env: EnvName | None = None, role: str = READ_WRITE) -> Grant:
        """Grant a service the use of one database.

        The service that is made with the result becomes a user, named like it, with this role in that database alone, and may
        connect to the members.

        Args:
            database: name of the database.
            env: the service's variable for the connection string. Default: none; see ``Grant``.
            role: what it may do there: ``readWrite``, ``read``, ``dbAdmin``, ``dbOwner`` or ``userAdmin``.

        Raises:
            InvalidInput: an argument cannot be used.
        """
        wait = Wait(image=self.image, command=mongosh("wait-for-primary.js"), scripts=self.replica_set.scripts)
        return Grant(database=database, env=env, server=self.replica_set, wait=wait, role=role)

    @checked_method
    def user(self, name: Name, *, client: Peer, roles: Mapping[str, DatabaseName], why: str) -> SecretKey:
        """Let a workload connect as a user that no service is, and say where that user's password is.

        Args:
            name: name of the user.
            client: the workload, in the database's namespace.
            roles: the user's built-in roles, with the database that each holds in.
            why: what the workload does there, for the reader.

        Raises:
            InvalidInput: an argument cannot be used, or the name is that of another user.
        """
        problems = [*user_problems(name, roles)]
        here = self.replica_set.namespace
        if client.namespace != here:
            problems.append(f"client: is in {client.namespace}, and the password's Secret in {here}; write a client in {here}")
        where = f"{self.node.path}: user"
        if problems:
            raise InvalidInput(f"{where}: {problem}" for problem in problems)
        reserve(self, [user_claim(self.replica_set.peer, name, argument="user")], holder=f"{where} {name!r}")
        reserve(self, secret_claims(self.replica_set, [name], argument="user"), holder=f"{where} {name!r}")
        record(self, user_edge(self.replica_set, name, client=client, roles=roles, why=why))
        return self.replica_set.password(name)

    def _users(self) -> dict[str, list[Json]]:
        return users_of(self, self.replica_set)

    def _services(self) -> list[Manifest]:
        """The one that all members are behind, and one a member."""
        peer = self.replica_set.peer
        secrets = secret_claims(self.replica_set, RESERVED, argument="name")
        reserve(self, [*service_claims(peer.namespace, [peer.name, *self._pods]), *secrets])
        record(self, Edge(peer, peer, self.replica_set.port, why="replicates"))
        services = [self._headless_service("service", peer.name, self._workload.selector)]
        for ordinal, pod in enumerate(self._pods):
            selector = {"statefulset.kubernetes.io/pod-name": pod}
            services.append(self._headless_service(f"service-{ordinal}", pod, selector))
        return services

    def _headless_service(self, id: str, name: str, selector: Mapping[str, str]) -> Manifest:
        """A Service that names members before they are ready: only then can a set be initiated, or a member recover."""
        port = self.replica_set.port
        return self._workload.service(
            id,
            [k8s.ServicePort(name=PORT_NAME, port=port, target_port=number(port))],
            name=name,
            type=None,
            cluster_ip="None",
            publish_not_ready_addresses=True,
            selector=selector,
        )

    def _stateful_set(self, claim: k8s.KubePersistentVolumeClaimProps, template: k8s.PodTemplateSpec) -> Manifest:
        return Manifest(
            self,
            "stateful-set",
            k8s.KubeStatefulSetProps(
                metadata=self._workload.metadata(),
                spec=k8s.StatefulSetSpec(
                    service_name=self.replica_set.name,
                    replicas=len(self._pods),
                    # Members must be up together: readiness follows the role, which nobody has before the set is initiated.
                    pod_management_policy="Parallel",
                    update_strategy=k8s.StatefulSetUpdateStrategy(type="RollingUpdate"),
                    min_ready_seconds=10,
                    persistent_volume_claim_retention_policy=RETAIN,
                    selector=k8s.LabelSelector(match_labels=self._workload.selector),
                    template=template,
                    volume_claim_templates=[claim],
                ),
            ),
            complete=with_stored_claim_templates,
        )

    def _converge(self, scripts: Mapping[str, str], replace_member: int | None, version: MongoVersion | None) -> Manifest:
        return converge_job(
            self,
            self.replica_set,
            hosts=[host for ordinal, host in enumerate(self.replica_set.hosts) if ordinal != replace_member],
            image=self.image,
            scripts=scripts,
            users=self._users,
            feature_compatibility_version=version,
        )

    def _bootstrap(self) -> SecretsBootstrap:
        def secrets() -> dict[str, dict[str, Kind]]:
            made: dict[str, dict[str, Kind]] = {self.replica_set.keyfile_secret: {KEYFILE: "keyfile"}}
            return made | {self.replica_set.password(user).name: {PASSWORD_KEY: "password"} for user in self._users()}

        return SecretsBootstrap(
            self,
            "secrets",
            name=f"{self.replica_set.name}-bootstrap",
            namespace=self.replica_set.namespace,
            image=self.image,
            secrets=secrets,
            labels=self._workload.object_labels,
            component="database",
        )
