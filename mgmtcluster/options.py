"""What can be said of a service and its containers.

An option stands here once, with its type, its default and a line on what it means. Constructs, the catalog, the settings and the
reference read it from here.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Final, TypedDict, cast, get_type_hints

from mgmtcluster.addresses import Endpoint
from mgmtcluster.containers import Args, Claims, Command, Env, EnvFrom, Files, Init, Option, Requirements, Sidecar, Writes
from mgmtcluster.databases.grant import Grant
from mgmtcluster.kinds.access import ApiRights, Autoscale, Client, Metrics
from mgmtcluster.kinds.containers import DEFAULT_USER, GracePeriod, Outside, Probe, TcpProbe
from mgmtcluster.kinds.keys import ServiceAnnotationKey
from mgmtcluster.kinds.names import LabelKey, Name, ServiceName
from mgmtcluster.kinds.network import Cidr, Port, ServiceType
from mgmtcluster.kinds.pods import Pods
from mgmtcluster.kinds.quantities import Replicas, UserId


class _OfPods(TypedDict, total=False):
    """What every pod may be told."""

    writes: Writes
    resources: Requirements
    outside: Annotated[Sequence[Outside], Option((), "Hosts outside the cluster that it connects to.", "none")]
    user: Annotated[UserId, Option(DEFAULT_USER, "User and group id.", str(DEFAULT_USER))]
    pods: Annotated[Pods, Option(Pods(), "What its pods get over those of its chart: see ``Pods``.", "nothing more")]
    waits_for_database: Annotated[
        bool, Option(False, "Hold the start back until its databases have a primary that knows its user.", "no")
    ]


class _OfRunning(TypedDict, total=False):
    """What pods that do not end may be told."""

    replicas: Annotated[Replicas | None, Option(None, "Number of pods.", "2; 1 with a claim that a single node may mount")]
    readiness: Annotated[
        Probe | None,
        Option(None, "Decides whether a pod gets traffic.", "the first TCP port accepts connections; without one, none"),
    ]
    liveness: Annotated[
        Probe | None,
        Option(None, "Decides whether a container is restarted.", "the same, over two minutes; without a TCP port, none"),
    ]
    sidecars: Annotated[Sequence[Sidecar], Option((), "Further containers of each pod.", "none")]


class _OfPorts(TypedDict, total=False):
    """What pods behind a Service may be told."""

    other_endpoints: Annotated[Sequence[Endpoint], Option((), "Further ports of the same Service.", "none")]
    aliases: Annotated[
        Sequence[ServiceName], Option((), "Further Services of these names on the same pods, inside the cluster.", "none")
    ]
    probe_port: Annotated[Port | None, Option(None, "Port that the default probes ask.", "that of the endpoint")]


class PodOptions(_OfPorts, _OfRunning, _OfPods, total=False):
    """What the catalog may say of a service too, because it is the same on every cluster."""


class TaskOptions(_OfPods, total=False):
    """What a ``Task`` may be told; every key is optional."""

    env: Env
    env_from: EnvFrom
    command: Command
    args: Args
    files: Files
    claims: Claims
    databases: Annotated[Sequence[Grant], Option((), "What further databases grant to it.", "none")]
    init: Annotated[
        Sequence[Init], Option((), "Containers that run before, one after the other, and must succeed: a migration.", "none")
    ]
    api_rights: Annotated[
        Sequence[ApiRights],
        Option(
            (),
            "What it may do with the Kubernetes API: its main container gets a token, its pods a Role, and the way there.",
            "nothing",
        ),
    ]
    share_process_namespace: Annotated[
        bool | None, Option(None, "Whether containers of a pod see each other's processes.", "only where there is one container")
    ]
    grace_period_seconds: Annotated[
        GracePeriod | None,
        Option(None, "Time that a pod has to end, in seconds, of which a service waits 10 before it begins.", "30"),
    ]
    component: Annotated[Name, Option("service", "The label ``app.kubernetes.io/component``.", "the construct's kind")]


class WorkerOptions(TaskOptions, _OfRunning, total=False):
    """What a ``Worker`` may be told; every key is optional."""

    startup: Annotated[
        Probe | None,
        Option(None, "Holds the other two back until it passes.", "the first TCP port opens in five minutes; without one, none"),
    ]
    metrics: Annotated[Metrics | None, Option(None, "What Prometheus may ask.", "nothing")]
    autoscale: Annotated[Autoscale | None, Option(None, "A number of pods that follows their load, for ``replicas``.", "none")]


class ServiceOptions(WorkerOptions, _OfPorts, total=False):
    """What a service may be told; every key is optional."""

    clients: Annotated[Sequence[Client], Option((), "Who may ask it, beside those of the app that have its address.", "nobody")]
    service_type: Annotated[
        ServiceType | None,
        Option(
            None,
            "How the Service of its exposed ports is reached; a load balancer is open to everybody, as a node port is.",
            "``NodePort`` for endpoints with a ``node_port``, else ``ClusterIP``",
        ),
    ]
    load_balancer_class: Annotated[
        LabelKey | None, Option(None, "Class of the load balancer, which Kubernetes never changes.", "the cluster's own")
    ]
    load_balancer_source_ranges: Annotated[
        Sequence[Cidr], Option((), "Ranges of the clients that the load balancer lets in.", "all")
    ]
    service_annotations: Annotated[
        Mapping[ServiceAnnotationKey, str],
        Option({}, "Annotations of the Service of its exposed ports, as those that configure a load balancer.", "none"),
    ]


#: The probes of a service where none are passed. It has five minutes to start: on busy nodes some services take over a minute
#: and a half, and one that is killed begins again.
READINESS: Final = TcpProbe()
LIVENESS: Final = TcpProbe(period_seconds=20, failure_threshold=6)
STARTUP: Final = TcpProbe(period_seconds=2, failure_threshold=150)


#: The number of pods where nobody says otherwise, and nothing speaks against several.
REPLICAS: Final = 2


def load_balancer_problems(options: Mapping[str, Any]) -> Iterator[str]:
    """What is said of a load balancer that there is not."""
    for name in ("load_balancer_class", "load_balancer_source_ranges"):
        if options[name] and options["service_type"] != "LoadBalancer":
            yield f"{name}: is for service_type: LoadBalancer alone; write that, or leave it out"


def exposed_of(endpoints: Sequence[Endpoint], options: ServiceOptions) -> list[Endpoint]:
    """The endpoints that clients outside reach: those with a node port, or all behind a load balancer without any."""
    return [endpoint for endpoint in endpoints if endpoint.node_port] or [
        endpoint for endpoint in endpoints if options["service_type"] == "LoadBalancer"
    ]


@cache
def options_of(options: type) -> Mapping[str, Option]:
    """Every option of a class like ``ServiceOptions``, by its name."""
    hints = get_type_hints(options, include_extras=True)
    return {name: option for name, hint in hints.items() for option in hint.__metadata__ if isinstance(option, Option)}


_DEFAULTS: Final = {name: option.default for name, option in options_of(ServiceOptions).items()}


def completed(options: PodOptions | TaskOptions) -> ServiceOptions:
    """These options, with the default of every one that is not passed."""
    return cast(ServiceOptions, {**_DEFAULTS, **options})
