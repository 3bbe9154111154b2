"""A MongoDB replica set that keeps every acknowledged write."""

from collections.abc import Mapping, Sequence
from typing import Final

from constructs import Construct

from mgmtcluster import images
from mgmtcluster.addresses import pod_host
from mgmtcluster.constructs.database import member_pods as _database_pods
from mgmtcluster.constructs.database.converge_job import converge_job
from mgmtcluster.constructs.parts import pods as _pods
from mgmtcluster.constructs.parts.network_policy import workload_policy
from mgmtcluster.constructs.parts.objects import Json, LateStatefulSet, k8s, metadata, namespace_of, number, pod_labels
from mgmtcluster.constructs.parts.pods import pod_disruption_budget
from mgmtcluster.constructs.parts.scripts import read_scripts
from mgmtcluster.constructs.parts.volumes import RETAIN, claim_template, with_stored_claim_templates
from mgmtcluster.constructs.secrets_bootstrap import Kind, SecretsBootstrap
from mgmtcluster.databases.grant import PASSWORD_KEY, Grant, user_secret
from mgmtcluster.databases.replica_set import MONGODB_PORT, member_problems, name_problems, version_problems
from mgmtcluster.edges import NAME_LABEL, Edge, Peer, edges_of, record, reserve
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.containers import SecretKey
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import DatabaseName, EnvName, MongoVersion, Name, NodeLabel, ObjectName
from mgmtcluster.kinds.quantities import Memory, Storage

_SCRIPTS = ("converge.js", "members.js", "plan.js", "ready.sh", "settle.js", "wait-for-primary.js")
#: The user who may do everything.
ROOT: Final = "root"


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
        storage_class: Default: the cluster's default class.
        replica_set: name of the replica set. Default: ``rs0``.
        keep_running: members to keep as pods beyond ``members`` while their votes are removed. Default: none.
        replace_member: ordinal of a member whose vote is taken away, so that it can come back empty. Default: none.
        single_member_may_lose_data: allow ``members=1``, which loses data with its disk; for a laptop.
        feature_compatibility_version: raised to this, such as ``9.0``, once every member runs a binary of at least that version.
            Default: it stays as it is.
        existing_secrets: Secrets made elsewhere: ``keyfile`` or a user's name to the Secret's name. Where given, even empty,
            no Job makes any. Default: a Job makes them all.
        image_pull_secrets: names of Secrets for the image registry.

    Attributes:
        name: its name.
        peer: its members, as policies select them.
        hosts: host and port of every member.
        image: image of mongod, mongosh, mongodump and mongorestore.
        replica_set: name of the replica set.
        storage: size of each member's volume.
        stateful_set: the StatefulSet.
        service: the headless Service that gives members their names; the default child.
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
        storage_class: ObjectName | None = None,
        replica_set: Name = "rs0",
        keep_running: int | None = None,
        replace_member: int | None = None,
        single_member_may_lose_data: bool = False,
        feature_compatibility_version: MongoVersion | None = None,
        existing_secrets: Mapping[str, ObjectName] | None = None,
        image_pull_secrets: Sequence[ObjectName] = (),
    ) -> None:
        problems = [
            *name_problems(name or id),
            *member_problems(
                members,
                keep_running,
                replace_member=replace_member,
                single_member_may_lose_data=single_member_may_lose_data,
            ),
            *version_problems(image, feature_compatibility_version),
        ]
        if problems:
            raise InvalidInput(f"{scope.node.path}/{id}: {problem}".lstrip("/") for problem in problems)
        super().__init__(scope, id)
        self.name = name or id
        self.namespace = namespace_of(self, namespace)
        self.peer = Peer(self.namespace, self.name)
        self._pods = max(members, keep_running or 0)
        self._members = members
        self.image = image
        self.replica_set = replica_set
        self.storage = storage
        self._existing_secrets = existing_secrets or {}
        self._image_pull_secrets = image_pull_secrets
        self.hosts = tuple(
            f"{pod_host(self._pod(ordinal), self.name, self.namespace)}:{MONGODB_PORT}" for ordinal in range(members)
        )
        self._selector = k8s.LabelSelector(match_labels={NAME_LABEL: self.name})
        reserve(self, namespace=self.namespace, services=[self.name, *(self._pod(ordinal) for ordinal in range(self._pods))])
        record(self, Edge(self.peer, self.peer, MONGODB_PORT, why="replicates"))

        self.service = self._headless_service("service", self.name, {NAME_LABEL: self.name})
        self.member_services = [
            self._headless_service(
                f"service-{ordinal}", self._pod(ordinal), {"statefulset.kubernetes.io/pod-name": self._pod(ordinal)}
            )
            for ordinal in range(self._pods)
        ]
        scripts = read_scripts(*_SCRIPTS)
        k8s.KubeConfigMap(self, "scripts", metadata=self._metadata(self.scripts), data=scripts)
        k8s.KubeServiceAccount(self, "service-account", metadata=self._metadata(self.name), automount_service_account_token=False)
        self.stateful_set = self._stateful_set(storage, memory, storage_class, node_label)
        self.pod_disruption_budget = pod_disruption_budget(
            self, metadata=self._metadata(self.name), selector={NAME_LABEL: self.name}, unhealthy="IfHealthyBudget"
        )
        self.network_policy = workload_policy(self, "network-policy", peer=self.peer, component="database")
        self.secrets = self._bootstrap() if existing_secrets is None else None
        self.job = converge_job(
            self,
            database=self.peer,
            port=MONGODB_PORT,
            hosts=[host for ordinal, host in enumerate(self.hosts) if ordinal != replace_member],
            replica_set=replica_set,
            image=image,
            config_map=self.scripts,
            scripts=scripts,
            keyfile_secret=self._keyfile_secret,
            feature_compatibility_version=feature_compatibility_version,
            users=self._users,
            secret_of=self._secret,
            image_pull_secrets=image_pull_secrets,
        )
        self.node.default_child = self.service

    @property
    def scripts(self) -> str:
        """Name of the ConfigMap with the scripts that run beside and inside the members."""
        return f"{self.name}-scripts"

    def grant(self, database: DatabaseName, *, env: EnvName) -> Grant:
        """Grant a service the use of one database.

        The service that is made with the result becomes a user, named like it, with ``readWrite`` on that database alone,
        and may connect to the members.

        Args:
            database: name of the database.
            env: the service's variable for the connection string.
        """
        return Grant(
            database=database,
            env=env,
            server=self.peer,
            port=MONGODB_PORT,
            hosts=self.hosts,
            replica_set=self.replica_set,
            image=self.image,
            scripts=self.scripts,
            secrets=self._existing_secrets,
        )

    def user(self, name: str, *, client: Peer, roles: Mapping[str, str], why: str) -> SecretKey:
        """Let a workload connect as a user that no service is, and say where that user's password is.

        Args:
            name: name of the user.
            client: the workload, in the database's namespace.
            roles: the user's built-in roles, each with the database that it holds in.
            why: what the workload does there, for the reader.
        """
        record(self, Edge(client, self.peer, MONGODB_PORT, why=why, user=name, roles=tuple(roles.items())))
        return SecretKey(self._secret(name), PASSWORD_KEY)

    def _pod(self, ordinal: int) -> str:
        return f"{self.name}-{ordinal}"

    def _metadata(self, name: str) -> k8s.ObjectMeta:
        return metadata(self, name=name, namespace=self.namespace, workload=self.name, component="database")

    def _users(self) -> dict[str, list[Json]]:
        """Every user and its roles: root, one a service with an edge to a database here, and those with roles of their own."""
        users = {ROOT: [{"role": "root", "db": "admin"}]}
        for edge in edges_of(self):
            if edge.server == self.peer and edge.database:
                users[edge.client.name] = [{"role": "readWrite", "db": edge.database}]
            elif edge.server == self.peer and edge.user:
                users[edge.user] = [{"role": role, "db": database} for role, database in edge.roles]
        return users

    def _secret(self, user: str) -> str:
        return self._existing_secrets.get(user, user_secret(self.name, user))

    @property
    def _keyfile_secret(self) -> str:
        return self._existing_secrets.get("keyfile", f"{self.name}-keyfile")

    def _headless_service(self, id: str, name: str, selector: Mapping[str, str]) -> k8s.KubeService:
        """A Service that names members before they are ready: only then can a set be initiated, or a member recover."""
        return k8s.KubeService(
            self,
            id,
            metadata=self._metadata(name),
            spec=k8s.ServiceSpec(
                cluster_ip="None",
                publish_not_ready_addresses=True,
                selector=selector,
                ports=[k8s.ServicePort(name="mongodb", port=MONGODB_PORT, target_port=number(MONGODB_PORT))],
            ),
        )

    def _stateful_set(self, storage: str, memory: str, storage_class: str | None, node_label: str) -> LateStatefulSet:
        return LateStatefulSet(
            self,
            "stateful-set",
            complete=with_stored_claim_templates,
            metadata=self._metadata(self.name),
            spec=k8s.StatefulSetSpec(
                service_name=self.name,
                replicas=self._pods,
                # Members must be up together: readiness follows the role, which nobody has before the set is initiated.
                pod_management_policy="Parallel",
                update_strategy=k8s.StatefulSetUpdateStrategy(type="RollingUpdate"),
                min_ready_seconds=10,
                persistent_volume_claim_retention_policy=RETAIN,
                selector=self._selector,
                template=k8s.PodTemplateSpec(
                    metadata=k8s.ObjectMeta(
                        labels=pod_labels(self, workload=self.name, component="database") | _pods.version_label(self.image)
                    ),
                    spec=_database_pods.member_pod_spec(
                        name=self.name,
                        image=self.image,
                        memory=memory,
                        node_label=node_label,
                        replica_set=self.replica_set,
                        port=MONGODB_PORT,
                        keyfile_secret=self._keyfile_secret,
                        scripts=self.scripts,
                        selector=self._selector,
                        image_pull_secrets=self._image_pull_secrets,
                    ),
                ),
                volume_claim_templates=[claim_template(storage, storage_class)],
            ),
        )

    def _bootstrap(self) -> SecretsBootstrap:
        def secrets() -> dict[str, dict[str, Kind]]:
            made: dict[str, dict[str, Kind]] = {self._keyfile_secret: {"keyfile": "keyfile"}}
            return made | {self._secret(user): {PASSWORD_KEY: "password"} for user in self._users()}

        return SecretsBootstrap(
            self,
            "secrets",
            name=f"{self.name}-bootstrap",
            namespace=self.namespace,
            image=self.image,
            secrets=secrets,
            labels=pod_labels(self, workload=self.name, component="database"),
            component="database",
            image_pull_secrets=tuple(self._image_pull_secrets),
        )
