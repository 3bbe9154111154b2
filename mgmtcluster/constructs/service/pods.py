"""The pods of a service: its container, its sidecars, and what it waits for."""

from collections.abc import Sequence

from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.objects import k8s
from mgmtcluster.constructs.parts.scripts import SCRIPTS_DIRECTORY
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.databases.grant import PASSWORD_ENV, Grant
from mgmtcluster.kinds.containers import Resources
from mgmtcluster.options import LIVENESS, READINESS, STARTUP, ServiceOptions, Sidecar

_WAIT_RESOURCES = Resources(cpu="50m", memory="128Mi", cpu_limit="1", memory_limit="256Mi")
_SCRIPTS = "scripts"
#: The name of the container that waits.
WAIT = "wait-for-database"


def service_pods(
    workload: Workload, *, image: str, endpoints: Sequence[Endpoint], database: Grant | None, options: ServiceOptions
) -> k8s.PodTemplateSpec:
    """Pods of a service, spread over nodes."""
    name = workload.peer.name
    sidecars = options["sidecars"]
    port = probed_port(endpoints, options)
    waits_for = database if options["waits_for_database"] else None
    volumes = _volumes(name, options["writes"], options["resources"])
    for sidecar in sidecars:
        volumes += _volumes(sidecar.name, sidecar.writes, sidecar.resources)
    if waits_for:
        volumes += [
            pods.config_map_volume(_SCRIPTS, waits_for.wait.scripts),
            *_volumes(WAIT, ["/tmp"], _WAIT_RESOURCES),
        ]
    return workload.pod_template(
        user=options["user"],
        image=image,
        # The process is not PID 1 then: as PID 1, Python and Node.js ignore SIGTERM, and every stop takes the full grace period.
        # Containers that share it read each other's environment, and the password in it: a pod with a sidecar does not.
        share_process_namespace=None if sidecars else True,
        init_containers=[_wait(waits_for, user=name)] if waits_for else [],
        containers=[
            _container(workload, image, endpoints, database, options),
            *(_sidecar(workload, sidecar, port, database, outside=bool(options["outside"])) for sidecar in sidecars),
        ],
        volumes=volumes or None,
        topology_spread_constraints=[
            k8s.TopologySpreadConstraint(
                max_skew=1,
                topology_key="kubernetes.io/hostname",
                when_unsatisfiable="ScheduleAnyway",
                label_selector=k8s.LabelSelector(match_labels=workload.selector),
                # Else the pods that a rollout replaces count too, and both new ones may come to lie on one node.
                match_label_keys=["pod-template-hash"],
            )
        ],
    )


def _container(
    workload: Workload, image: str, endpoints: Sequence[Endpoint], database: Grant | None, options: ServiceOptions
) -> k8s.Container:
    name = workload.peer.name
    port = probed_port(endpoints, options)
    # A port of UDP's can be asked for nothing, so without one of TCP's nothing is asked that nobody asked for.
    default = {"readiness": READINESS, "liveness": LIVENESS, "startup": STARTUP} if port else {}
    variables = _database_env(database, database.env, user=name) if database else {}
    return pods.container(
        name=name,
        image=image,
        pull_policy=pods.pull_policy(image),
        resources=options["resources"],
        env=variables | pods.env_in(workload.context, options["env"], outside=bool(options["outside"])),
        ports=pods.container_ports(endpoints),
        mounts=_mounts(name, options["writes"]),
        readiness=pods.probe(options["readiness"] or default.get("readiness"), port=port),
        liveness=pods.probe(options["liveness"] or default.get("liveness"), port=port),
        startup=pods.probe(default.get("startup"), port=port),
        lifecycle=pods.drain(),
    )


def probed_port(endpoints: Sequence[Endpoint], options: ServiceOptions) -> int | None:
    """The port that probes ask where they name none: the first that speaks TCP."""
    speaking_tcp = (endpoint.container_port for endpoint in endpoints if endpoint.protocol == "TCP")
    return options["probe_port"] or next(speaking_tcp, None)


def _sidecar(workload: Workload, sidecar: Sidecar, port: int | None, database: Grant | None, *, outside: bool) -> k8s.Container:
    user = workload.peer.name
    variables = _database_env(database, sidecar.database_env, user=user) if database and sidecar.database_env else {}
    return pods.container(
        name=sidecar.name,
        image=sidecar.image,
        pull_policy=pods.pull_policy(sidecar.image),
        resources=sidecar.resources,
        args=sidecar.args,
        env=variables | pods.env_in(workload.context, sidecar.env, outside=outside),
        mounts=_mounts(sidecar.name, sidecar.writes),
        readiness=pods.probe(sidecar.readiness, port=port),
        liveness=pods.probe(sidecar.liveness, port=port),
        lifecycle=pods.drain(),
    )


def _wait(database: Grant, *, user: str) -> k8s.Container:
    return pods.container(
        name=WAIT,
        image=database.wait.image,
        command=database.wait.command,
        resources=_WAIT_RESOURCES,
        env=_database_env(database, "DATABASE_URI", user=user) | pods.env_vars({"HOME": "/tmp"}),
        mounts=[k8s.VolumeMount(name=_SCRIPTS, mount_path=SCRIPTS_DIRECTORY, read_only=True), *_mounts(WAIT, ["/tmp"])],
    )


def _database_env(database: Grant, variable: str, *, user: str) -> dict[str, k8s.EnvVar]:
    """The password from its Secret, then the connection string that takes it from there."""
    uri = database.server.uri(user, database.database)
    return pods.env_vars({PASSWORD_ENV: database.server.password(user), variable: uri})


def _volumes(container: str, directories: Sequence[str], resources: Resources) -> list[k8s.Volume]:
    size = resources.ephemeral_storage_limit
    return [pods.empty_dir(pods.volume_name(container, directory), size) for directory in directories]


def _mounts(container: str, directories: Sequence[str]) -> list[k8s.VolumeMount]:
    return [k8s.VolumeMount(name=pods.volume_name(container, directory), mount_path=directory) for directory in directories]
