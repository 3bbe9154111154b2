"""The pods of a replica set's members."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.objects import k8s
from mgmtcluster.constructs.parts.scripts import SCRIPTS_DIRECTORY
from mgmtcluster.constructs.parts.volumes import DATA
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.databases.replica_set import ReplicaSet
from mgmtcluster.kinds.cluster import Cluster
from mgmtcluster.kinds.containers import Cpu, ExecProbe, Resources, TcpProbe
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.pods import node_label_problem
from mgmtcluster.kinds.quantities import quantity_value

#: Name of the port of members and of their Services.
PORT_NAME: Final = "mongodb"

_DATA_DIRECTORY = "/data/db"
KEYFILE_DIRECTORY = "/secrets/keyfile"
_GIB = 1024**3


# uid of mongodb in the mongo image, and of the data of sets that were made with it.
_MONGODB_USER = 999

# An initial sync of a member may take long before the port opens.
_STARTUP = TcpProbe(period_seconds=10, failure_threshold=360)
_LIVENESS = TcpProbe(period_seconds=30, failure_threshold=6)


@dataclass(frozen=True, kw_only=True)
class Member:
    """What a member runs, and where.

    Attributes:
        image: image of mongod.
        cpu: request and limit.
        memory: request and limit.
        node_label: ``key=value`` of its node.
        arguments: further arguments of mongod.
    """

    image: str
    cpu: Cpu
    memory: str
    node_label: str
    arguments: Sequence[str]


def member_pods(workload: Workload, replica_set: ReplicaSet, member: Member) -> k8s.PodTemplateSpec:
    """Pods of members: one a node, on labelled nodes only, over zones where there are any.

    Raises:
        InvalidInput: the node selector of the pods leaves out every labelled node.
    """
    if words := node_label_problem(member.node_label, workload.context.pods.node_selector):
        raise InvalidInput([f"{workload.scope.node.path}: node_label: {words}"])
    command = [*_mongod(replica_set, member.memory, workload.context.cluster), *member.arguments]
    selector = k8s.LabelSelector(match_labels=workload.selector)
    return workload.pod_template(
        user=_MONGODB_USER,
        image=member.image,
        # Time to step down, finish what is running and write a checkpoint.
        termination_grace_period_seconds=120,
        affinity=_affinity(member.node_label, selector),
        topology_spread_constraints=[
            k8s.TopologySpreadConstraint(
                max_skew=1,
                topology_key="topology.kubernetes.io/zone",
                when_unsatisfiable="ScheduleAnyway",
                label_selector=selector,
            )
        ],
        containers=[_container(replica_set, member, command)],
        volumes=[
            keyfile_volume(replica_set.keyfile_secret),
            pods.config_map_volume("scripts", replica_set.scripts),
            pods.empty_dir("tmp", "64Mi"),
        ],
    )


def _container(replica_set: ReplicaSet, member: Member, command: Sequence[str]) -> k8s.Container:
    port = replica_set.port
    ready = ExecProbe(command=["bash", f"{SCRIPTS_DIRECTORY}/ready.sh", str(port)])
    return pods.container(
        name=replica_set.name,
        image=member.image,
        command=command,
        resources=Resources(
            cpu=member.cpu.request,
            memory=member.memory,
            cpu_limit=member.cpu.limit,
            memory_limit=member.memory,
            ephemeral_storage="64Mi",
            ephemeral_storage_limit="512Mi",
        ),
        env=pods.env_vars({"HOME": "/tmp"}),
        ports=[k8s.ContainerPort(name=PORT_NAME, container_port=port)],
        mounts=[
            k8s.VolumeMount(name=DATA, mount_path=_DATA_DIRECTORY),
            k8s.VolumeMount(name="keyfile", mount_path=KEYFILE_DIRECTORY, read_only=True),
            k8s.VolumeMount(name="scripts", mount_path=SCRIPTS_DIRECTORY, read_only=True),
            k8s.VolumeMount(name="tmp", mount_path="/tmp"),
        ],
        startup=pods.probe(_STARTUP, port=port),
        liveness=pods.probe(_LIVENESS, port=port),
        readiness=pods.probe(ready, port=port),
    )


def _mongod(replica_set: ReplicaSet, memory: str, cluster: Cluster) -> list[str]:
    return [
        "mongod",
        "--bind_ip_all",
        *(["--ipv6"] if cluster.has("IPv6") else []),
        f"--port={replica_set.port}",
        f"--dbpath={_DATA_DIRECTORY}",
        f"--replSet={replica_set.set_name}",
        "--auth",
        f"--keyFile={KEYFILE_DIRECTORY}/keyfile",
        f"--wiredTigerCacheSizeGB={cache_size_gib(memory):g}",
        # mongod ends itself when its disk hangs, which no probe from outside can see.
        "--setParameter=watchdogPeriodSeconds=60",
    ]


def cache_size_gib(memory: str) -> float:
    """WiredTiger's cache for a container of this much memory: half of what is beyond 1 GiB, at least a quarter of one.

    MongoDB's own rule, which would otherwise be computed from the node's memory.
    """
    return max(0.25, round((quantity_value(memory) / _GIB - 1) / 2, 2))


def _affinity(node_label: str, selector: k8s.LabelSelector) -> k8s.Affinity:
    key, _, value = node_label.partition("=")
    labelled = k8s.NodeSelectorTerm(match_expressions=[k8s.NodeSelectorRequirement(key=key, operator="In", values=[value])])
    return k8s.Affinity(
        node_affinity=k8s.NodeAffinity(
            required_during_scheduling_ignored_during_execution=k8s.NodeSelector(node_selector_terms=[labelled])
        ),
        pod_anti_affinity=k8s.PodAntiAffinity(
            required_during_scheduling_ignored_during_execution=[
                k8s.PodAffinityTerm(topology_key="kubernetes.io/hostname", label_selector=selector)
            ]
        ),
    )


def keyfile_volume(secret: str) -> k8s.Volume:
    """The Secret with the key that members and the converge Job authenticate with."""
    return k8s.Volume(name="keyfile", secret=k8s.SecretVolumeSource(secret_name=secret, default_mode=pods.SECRET_MODE))
