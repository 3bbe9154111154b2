"""What can be said of a container: its options, each once, and the containers beside and before a service's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from mgmtcluster.addresses import Address, Endpoint
from mgmtcluster.databases.grant import Grant, GrantValue
from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.containers import Probe, Resources
from mgmtcluster.kinds.names import Directory, EnvName, Name
from mgmtcluster.kinds.sources import Claim, ConfigKey, ConfigRef, FileSource, PodField, SecretKey, SecretRef

#: What an environment variable may hold: literal text, an address that its endpoint made, a key of a Secret or a ConfigMap, a
#: field of the pod, a part of the connection of a grant.
EnvValue = str | Address | SecretKey | ConfigKey | PodField | GrantValue


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


Command = Annotated[Sequence[str], Option((), "What the container runs, for the image's entry point.", "the image's own")]
Args = Annotated[Sequence[str], Option((), "Arguments for the entry point.", "the image's own")]
Env = Annotated[
    Mapping[EnvName, EnvValue],
    Option({}, "Environment variables. An address is a projection of an ``Endpoint``, never text.", "none"),
]
EnvFrom = Annotated[
    Sequence[SecretRef | ConfigRef], Option((), "Secrets and ConfigMaps whose every key is a variable; ``env`` wins.", "none")
]
Files = Annotated[
    Mapping[Directory, FileSource],
    Option(
        {},
        "Files by their paths: a ``ConfigFile``, a directory of ``SecretFiles``, or text, which gets a ConfigMap of its own; "
        "where the text changes, the pods are replaced.",
        "none",
    ),
]
Writes = Annotated[
    Sequence[Directory], Option(("/tmp",), "Directories it writes to, one ``emptyDir`` per directory.", "``/tmp``")
]
Claims = Annotated[
    Mapping[Directory, Claim],
    Option(
        {},
        "Volumes that outlive the pods, by the directories they are mounted at. All pods share one; with one that a single node "
        "may mount, there is one pod, which ends before the next one starts. Those of a ``StatefulService`` are one a pod.",
        "none",
    ),
]
Requirements = Annotated[Resources, Option(Resources(), "Requests and limits of the container.", "those of ``Resources``")]


def _default(option: Any) -> Any:
    """The field of a dataclass that has the default of this option."""
    return field(default_factory=lambda: option.__metadata__[0].default)


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container of a pod: its name, its image, and the options that ``ServiceOptions`` describes.

    Args:
        name: name of the container.
        image: its image, with a tag or a digest.
        api_token: it has the token of the service's ``api_rights``, as the main container has. Default: no.
    """

    name: Name
    image: str
    command: Command = _default(Command)
    args: Args = _default(Args)
    env: Env = _default(Env)
    env_from: EnvFrom = _default(EnvFrom)
    files: Files = _default(Files)
    writes: Writes = _default(Writes)
    claims: Claims = _default(Claims)
    resources: Requirements = _default(Requirements)
    api_token: bool = False

    def __post_init__(self) -> None:
        check_fields(self, where=f"{type(self).__name__} {self.name!r}")


@dataclass(frozen=True, kw_only=True)
class Sidecar(Container):
    """A second container beside a service's own; options as of every ``Container``.

    The containers of a pod with a sidecar do not see each other's processes. Each is PID 1 of its own, and ends at ``SIGTERM``
    only if it handles that signal or its image starts it through an init.

    Args:
        readiness: the probe that decides whether the pod gets traffic.
        liveness: the probe that decides whether the container is restarted.
        startup: the probe that the other two wait for. Default: none.
        database_env: variable that gets the connection string of the service's own database. Default: none.
        endpoints: the ports of the service's Service that this container listens on. Default: none.
    """

    readiness: Probe
    liveness: Probe
    startup: Probe | None = None
    database_env: EnvName | None = None
    endpoints: Sequence[Endpoint] = ()


@dataclass(frozen=True, kw_only=True)
class Init(Container):
    """A container that runs before a service's own, and must succeed; options as of every ``Container``.

    Args:
        databases: what databases grant to it. It is a user of its own there, named ``SERVICE-NAME``.
        restart_policy: ``Always`` makes it a sidecar that starts first and runs as long as the pod. That needs Kubernetes 1.29:
            1.27 does not know the field, and 1.28 leaves it out, so that the pod waits for the container for ever.
            ``assert_admitted(…, version="1.28")`` refuses it. Default: it ends.
        startup: with ``Always``, the probe that the next container waits for. Default: none.
        readiness: with ``Always``, the probe that decides whether the pod gets traffic. Default: none.
        liveness: with ``Always``, the probe that decides whether the container is restarted. Default: none.
        endpoints: with ``Always``, the ports of the service's Service that this container listens on. Default: none.
    """

    databases: Sequence[Grant] = ()
    restart_policy: Literal["Always"] | None = None
    startup: Probe | None = None
    readiness: Probe | None = None
    liveness: Probe | None = None
    endpoints: Sequence[Endpoint] = ()
