"""The pods of a service: its container, its sidecars, and what it waits for."""

from collections.abc import Mapping, Sequence

from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.parts import pods as _pods
from mgmtcluster.constructs.parts.objects import k8s
from mgmtcluster.constructs.parts.scripts import SCRIPTS_DIRECTORY, mongosh
from mgmtcluster.databases.grant import PASSWORD_ENV, Grant
from mgmtcluster.kinds.containers import Resources, TcpProbe
from mgmtcluster.options import EnvValue, ServiceOptions, Sidecar

_STARTUP = TcpProbe(period_seconds=2, failure_threshold=90)
_WAIT_RESOURCES = Resources(cpu="50m", memory="128Mi", cpu_limit="1", memory_limit="256Mi")
_SCRIPTS = "scripts"
_WAIT = "wait-for-database"


def service_pod_spec(
    *,
    name: str,
    image: str,
    endpoints: Sequence[Endpoint],
    database: Grant | None,
    options: ServiceOptions,
    selector: k8s.LabelSelector,
) -> k8s.PodSpec:
    """Pods of a service, spread over nodes."""
    sidecars = options["sidecars"]
    waits_for = database if options["waits_for_database"] else None
    volumes = _volumes(name, options["writes"], options["resources"])
    for sidecar in sidecars:
        volumes += _volumes(sidecar.name, sidecar.writes, sidecar.resources)
    if waits_for:
        volumes += [_pods.config_map_volume(_SCRIPTS, waits_for.scripts), *_volumes(_WAIT, ["/tmp"], _WAIT_RESOURCES)]
    return _pods.pod_spec(
        service_account=name,
        user=options["user"],
        image_pull_secrets=options["image_pull_secrets"],
        # The process is not PID 1 then: as PID 1, Python and Node.js ignore SIGTERM, and every stop takes the full grace period.
        share_process_namespace=True,
        init_containers=[_wait(waits_for, user=name)] if waits_for else None,
        containers=[
            _container(name, image, endpoints, database, options),
            *(_sidecar(sidecar, name, endpoints, database, options) for sidecar in sidecars),
        ],
        volumes=volumes or None,
        topology_spread_constraints=[
            k8s.TopologySpreadConstraint(
                max_skew=1,
                topology_key="kubernetes.io/hostname",
                when_unsatisfiable="ScheduleAnyway",
                label_selector=selector,
                # Else the pods that a rollout replaces count too, and both new ones may come to lie on one node.
                match_label_keys=["pod-template-hash"],
            )
        ],
    )


def _container(
    name: str, image: str, endpoints: Sequence[Endpoint], database: Grant | None, options: ServiceOptions
) -> k8s.Container:
    port = options["probe_port"] or endpoints[0].port
    variables = _database_env(database, database.env, user=name) if database else {}
    return _pods.container(
        name=name,
        image=image,
        pull_policy=_pods.pull_policy(image),
        resources=options["resources"],
        env=variables | _pods.env_vars(options["env"], node_address=options["node_address"]),
        ports=[k8s.ContainerPort(name=_pods.port_name(each), container_port=each.port) for each in endpoints],
        mounts=_mounts(name, options["writes"]),
        readiness=_pods.probe(options["readiness"], port=port),
        liveness=_pods.probe(options["liveness"], port=port),
        startup=_pods.probe(_STARTUP, port=port),
        lifecycle=_pods.drain(),
    )


def _sidecar(
    sidecar: Sidecar, name: str, endpoints: Sequence[Endpoint], database: Grant | None, options: ServiceOptions
) -> k8s.Container:
    port = endpoints[0].port
    variables = _database_env(database, sidecar.database_env, user=name) if database and sidecar.database_env else {}
    return _pods.container(
        name=sidecar.name,
        image=sidecar.image,
        pull_policy=_pods.pull_policy(sidecar.image),
        resources=sidecar.resources,
        args=sidecar.args,
        env=variables | _pods.env_vars(sidecar.env, node_address=options["node_address"]),
        mounts=_mounts(sidecar.name, sidecar.writes),
        readiness=_pods.probe(sidecar.readiness, port=port),
        liveness=_pods.probe(sidecar.liveness, port=port),
        lifecycle=_pods.drain(),
    )


def _wait(database: Grant, *, user: str) -> k8s.Container:
    return _pods.container(
        name=_WAIT,
        image=database.image,
        command=mongosh("wait-for-primary.js"),
        resources=_WAIT_RESOURCES,
        env=_database_env(database, "DATABASE_URI", user=user) | _pods.env_vars({"HOME": "/tmp"}),
        mounts=[k8s.VolumeMount(name=_SCRIPTS, mount_path=SCRIPTS_DIRECTORY, read_only=True), *_mounts(_WAIT, ["/tmp"])],
    )


def _database_env(database: Grant, variable: str, *, user: str) -> dict[str, k8s.EnvVar]:
    """The password from its Secret, then the connection string that takes it from there."""
    env: Mapping[str, EnvValue] = {PASSWORD_ENV: database.password(user), variable: database.uri(user)}
    return _pods.env_vars(env)


def _volumes(container: str, directories: Sequence[str], resources: Resources) -> list[k8s.Volume]:
    return [_pods.empty_dir(_pods.volume_name(container, each), resources.ephemeral_storage_limit) for each in directories]


def _mounts(container: str, directories: Sequence[str]) -> list[k8s.VolumeMount]:
    return [k8s.VolumeMount(name=_pods.volume_name(container, each), mount_path=each) for each in directories]
