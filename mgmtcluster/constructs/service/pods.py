"""The pods of a service: what runs before, its container, its sidecars."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.objects import content_hash, k8s
from mgmtcluster.constructs.parts.scripts import SCRIPTS_DIRECTORY
from mgmtcluster.constructs.parts.typed import with_new_field
from mgmtcluster.constructs.service.spec import Spec, password_envs
from mgmtcluster.constructs.service.volumes import CHECKSUM, mounts_of, volumes_of
from mgmtcluster.containers import Container, Init, Sidecar
from mgmtcluster.databases.grant import PASSWORD_ENV, Grant, GrantValue
from mgmtcluster.kinds.containers import Probe, Resources
from mgmtcluster.kinds.sources import SecretKey
from mgmtcluster.options import LIVENESS, READINESS, STARTUP

_WAIT_RESOURCES: Final = Resources(cpu="50m", memory="128Mi", cpu_limit="1", memory_limit="256Mi")
_SCRIPTS: Final = "scripts"
_PROBES: Final = ("readiness", "liveness", "startup")
#: The name of the container that waits.
WAIT: Final = "wait-for-database"


def service_pods(spec: Spec, **more: Any) -> k8s.PodTemplateSpec:
    """The pods that a service is made of; ``more`` as ``k8s.PodSpec`` takes it."""
    options = spec.options
    shared = options["share_process_namespace"]
    if shared is None and not spec.sidecars and not any(init.restart_policy for init in spec.init):
        # The process is not PID 1 then: as PID 1, Python and Node.js ignore SIGTERM, and every stop takes the full grace period.
        # Containers that share it read each other's environment, and the password in it: a pod with a sidecar does not.
        shared = True
    waiting = waited_for(spec)
    volumes = volumes_of(spec)
    for name, grant in waiting.items():
        volumes += [
            pods.config_map_volume(_scripts(name), grant.wait.scripts),
            pods.empty_dir(pods.volume_name(name, "/tmp"), _WAIT_RESOURCES.ephemeral_storage_limit),
        ]
    before = [
        *(_wait(name, grant, user=spec.peer.name) for name, grant in waiting.items()),
        *(_init(spec, init) for init in spec.init),
    ]
    return spec.workload.pod_template(
        user=options["user"],
        image=spec.image,
        annotations={**_metrics_annotations(spec), **({CHECKSUM: content_hash(dict(spec.texts))} if spec.texts else {})},
        share_process_namespace=shared or None,
        termination_grace_period_seconds=options["grace_period_seconds"],
        init_containers=before,
        containers=[_main(spec), *(_sidecar(spec, sidecar) for sidecar in spec.sidecars)],
        volumes=volumes or None,
        **more,
    )


def spread(spec: Spec, *, revision: str) -> list[k8s.TopologySpreadConstraint]:
    """Pods on different nodes, as far as there are some; ``revision`` is the label by which a rollout's pods differ."""
    return [
        k8s.TopologySpreadConstraint(
            max_skew=1,
            topology_key="kubernetes.io/hostname",
            when_unsatisfiable="ScheduleAnyway",
            label_selector=k8s.LabelSelector(match_labels=spec.workload.selector),
            # Else the pods that a rollout replaces count too, and both new ones may come to lie on one node.
            match_label_keys=[revision],
        )
    ]


def _metrics_annotations(spec: Spec) -> dict[str, str]:
    metrics = spec.options["metrics"]
    if not metrics or metrics.service_monitor:
        return {}
    return {"prometheus.io/scrape": "true", "prometheus.io/port": str(metrics.port), "prometheus.io/path": metrics.path}


def _main(spec: Spec) -> k8s.Container:
    options = spec.options
    port = spec.probed_port(spec.main)
    # A port of UDP's can be asked for nothing, so without one of TCP's nothing is asked that nobody asked for.
    default: Mapping[str, Probe] = {"readiness": READINESS, "liveness": LIVENESS, "startup": STARTUP} if port else {}
    ports = pods.container_ports(spec.endpoints_of(spec.main))
    metrics = options["metrics"]
    if metrics and spec.metrics_endpoint(spec.all_endpoints) is None:
        ports.append(k8s.ContainerPort(name="metrics", container_port=metrics.port))
    probes = {name: options[name] or default.get(name) for name in _PROBES}
    return _container(spec, spec.main, ports=ports, probes=probes)


def _sidecar(spec: Spec, sidecar: Sidecar) -> k8s.Container:
    return _container(spec, sidecar, ports=pods.container_ports(sidecar.endpoints), probes=_probes(sidecar))


def _init(spec: Spec, init: Init) -> k8s.Container:
    ports = pods.container_ports(init.endpoints)
    made = _container(spec, init, ports=ports, probes=_probes(init), drains=bool(init.restart_policy))
    # The generated types are those of Kubernetes 1.27, which does not know this field.
    return with_new_field(made, "restartPolicy", init.restart_policy) if init.restart_policy else made


def _probes(container: Sidecar | Init) -> dict[str, Probe | None]:
    return {name: getattr(container, name) for name in _PROBES}


def _container(
    spec: Spec,
    container: Container,
    *,
    ports: Sequence[k8s.ContainerPort] = (),
    probes: Mapping[str, Probe | None],
    drains: bool = True,
) -> k8s.Container:
    port = spec.probed_port(container)
    user = spec.user_of(container)
    own = {name: value.of(user) if isinstance(value, GrantValue) else value for name, value in container.env.items()}
    outside = bool(spec.options["outside"])
    env = pods.env_vars(dict(_connections(spec.grants_of(container), user)))
    env |= pods.env_in(spec.workload.context, own, outside=outside)
    return pods.container(
        name=container.name,
        image=container.image,
        pull_policy=pods.pull_policy(container.image),
        resources=container.resources,
        command=container.command,
        args=container.args,
        env=env,
        env_from=container.env_from,
        ports=ports,
        mounts=mounts_of(spec, container),
        # Where nothing leads to the pod, nothing has to be told that it goes.
        lifecycle=pods.drain() if drains and spec.endpoints else None,
        **{name: pods.probe(probe, port=port) for name, probe in probes.items()},
    )


def _connections(grants: Sequence[Grant], user: str) -> Iterator[tuple[str, str | SecretKey]]:
    """The passwords from their Secrets, then the connection strings that take them from there."""
    passwords = password_envs(grants)
    for grant in grants:
        if grant.env:
            password = passwords[grant.server.peer]
            yield password, grant.server.password(user)
            yield grant.env, grant.server.uri(user, grant.database, password=f":$({password})")


def waited_for(spec: Spec) -> Mapping[str, Grant]:
    """The grants that are waited for, one of each database, by the name of the container that waits."""
    if not spec.options["waits_for_database"]:
        return {}
    servers = {grant.server.peer: grant for grant in reversed(spec.grants)}
    return {f"{WAIT}-{number}" if number else WAIT: grant for number, grant in enumerate(reversed(servers.values()))}


def _scripts(waiting: str) -> str:
    return _SCRIPTS if waiting == WAIT else pods.volume_name(waiting, f"/{_SCRIPTS}")


def _wait(name: str, grant: Grant, *, user: str) -> k8s.Container:
    env: Mapping[str, str | SecretKey] = {
        PASSWORD_ENV: grant.server.password(user),
        "DATABASE_URI": grant.server.uri(user, grant.database),
        "HOME": "/tmp",
    }
    return pods.container(
        name=name,
        image=grant.wait.image,
        command=grant.wait.command,
        resources=_WAIT_RESOURCES,
        env=pods.env_vars(env),
        mounts=[
            k8s.VolumeMount(name=_scripts(name), mount_path=SCRIPTS_DIRECTORY, read_only=True),
            k8s.VolumeMount(name=pods.volume_name(name, "/tmp"), mount_path="/tmp"),
        ],
    )
