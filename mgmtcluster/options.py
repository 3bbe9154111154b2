"""What can be said of a service and its containers.

An option stands here once, with its type, its default and a line on what it means. Constructs, the catalog, the settings and the
reference read it from here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypedDict, cast, get_type_hints

from mgmtcluster.addresses import Address, Endpoint
from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.containers import DEFAULT_USER, Outside, Probe, Resources, SecretKey, TcpProbe
from mgmtcluster.kinds.keys import ServiceAnnotationKey
from mgmtcluster.kinds.names import Directory, EnvName, LabelKey, Name, ServiceName
from mgmtcluster.kinds.network import Cidr, Port, ServiceType
from mgmtcluster.kinds.pods import Pods
from mgmtcluster.kinds.quantities import Replicas, UserId

#: What an environment variable may hold: literal text, an address that its endpoint made, or a key of a Secret.
EnvValue = str | Address | SecretKey


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """A second container beside a service's own, without a port of the pod's.

    The containers of a pod with a sidecar do not see each other's processes. Each is PID 1 of its own, and ends at ``SIGTERM``
    only if it handles that signal or its image starts it through an init.

    Args:
        name: name of the container.
        image: its image, with a tag or a digest.
        readiness: the probe that decides whether the pod gets traffic.
        liveness: the probe that decides whether the container is restarted.
        args: arguments for the image's entry point.", "the image's own.
        env: environment variables.
        database_env: variable that gets the connection string of the service's own database. Default: none.
        resources: requests and limits.
        writes: directories it writes to, each an ``emptyDir``.
    """

    name: Name
    image: str
    readiness: Probe
    liveness: Probe
    args: Sequence[str] = ()
    env: Mapping[EnvName, EnvValue] = field(default_factory=dict)
    database_env: EnvName | None = None
    resources: Resources = Resources()
    writes: Sequence[Directory] = ("/tmp",)

    def __post_init__(self) -> None:
        check_fields(self, where=f"Sidecar {self.name!r}")


@dataclass(frozen=True)
class Option:
    """What an option is by default, and what it means.

    Attributes:
        default: the value where none is passed.
        meaning: a sentence on the option.
        by_default: the default in words.
    """

    default: Any
    meaning: str
    by_default: str


class PodOptions(TypedDict, total=False):
    """What the catalog may say of a service too, because it is the same on every cluster."""

    other_endpoints: Annotated[Sequence[Endpoint], Option((), "Further ports of the same Service.", "none")]
    aliases: Annotated[
        Sequence[ServiceName], Option((), "Further Services of these names on the same pods, inside the cluster.", "none")
    ]
    replicas: Annotated[Replicas, Option(2, "Number of pods.", "2")]
    probe_port: Annotated[Port | None, Option(None, "Port that the default probes ask.", "that of the endpoint")]
    readiness: Annotated[
        Probe | None,
        Option(None, "Decides whether a pod gets traffic.", "the first TCP port accepts connections; without one, none"),
    ]
    liveness: Annotated[
        Probe | None,
        Option(None, "Decides whether a container is restarted.", "the same, over two minutes; without a TCP port, none"),
    ]
    resources: Annotated[Resources, Option(Resources(), "Requests and limits of the main container.", "those of ``Resources``")]
    writes: Annotated[
        Sequence[Directory], Option(("/tmp",), "Directories it writes to, one ``emptyDir`` per directory.", "``/tmp``")
    ]
    sidecars: Annotated[Sequence[Sidecar], Option((), "Further containers of each pod.", "none")]
    outside: Annotated[Sequence[Outside], Option((), "Hosts outside the cluster that it connects to.", "none")]
    user: Annotated[UserId, Option(DEFAULT_USER, "User and group id.", str(DEFAULT_USER))]
    pods: Annotated[Pods, Option(Pods(), "What its pods get over those of its chart: see ``Pods``.", "nothing more")]
    waits_for_database: Annotated[
        bool, Option(False, "Hold the start back until its database has a primary that knows its user.", "no")
    ]


class ServiceOptions(PodOptions, total=False):
    """What a service may be told; every key is optional."""

    env: Annotated[
        Mapping[EnvName, EnvValue],
        Option({}, "Environment variables. An address is a projection of an ``Endpoint``, never text.", "none"),
    ]
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
    component: Annotated[Name, Option("service", "The label ``app.kubernetes.io/component``.", "the construct's kind")]


#: The probes of a service where none are passed. It has five minutes to start: on busy nodes some services take over a minute
#: and a half, and one that is killed begins again.
READINESS: Final = TcpProbe()
LIVENESS: Final = TcpProbe(period_seconds=20, failure_threshold=6)
STARTUP: Final = TcpProbe(period_seconds=2, failure_threshold=150)


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


def options_of(options: type) -> dict[str, Option]:
    """Every option of a class like ``ServiceOptions``, by its name."""
    hints = get_type_hints(options, include_extras=True)
    return {name: option for name, hint in hints.items() for option in hint.__metadata__ if isinstance(option, Option)}


_DEFAULTS: Final = {name: option.default for name, option in options_of(ServiceOptions).items()}


def completed(options: PodOptions) -> ServiceOptions:
    """These options, with the default of every one that is not passed."""
    return cast(ServiceOptions, {**_DEFAULTS, **options})
