"""What is wrong with the containers of a pod: each by itself, and their names and volumes together."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import Final, TypeVar

from mgmtcluster.addresses import NODE_IP, service_names
from mgmtcluster.constructs.parts.pods import lacks_node_address, volume_name
from mgmtcluster.constructs.parts.token import TOKEN_DIRECTORY
from mgmtcluster.constructs.service.pods import waited_for
from mgmtcluster.constructs.service.spec import Spec, connection_envs
from mgmtcluster.containers import Container, Init, Sidecar
from mgmtcluster.databases.grant import OWN_ENV, GrantValue
from mgmtcluster.kinds.images import image
from mgmtcluster.kinds.sources import SecretFiles

_Value = TypeVar("_Value", bound=Hashable)

#: What a ConfigMap holds at most.
_TEXT_BYTES: Final = 1024**2


def twice(values: Iterable[_Value]) -> list[_Value]:
    """The values that are there more than once."""
    return [value for value, count in Counter(values).items() if count > 1]


def container_problems(spec: Spec) -> Iterator[str]:
    """What is wrong with its containers, one line per problem."""
    for container in spec.containers:
        yield from _own_problems(spec, container)
        yield from _env_problems(spec, container)
        yield from _mount_problems(spec, container)
    yield from _pod_problems(spec)
    if sum(len(text.encode()) for text in spec.texts.values()) > _TEXT_BYTES:
        yield "files: the texts of all files are more than 1 MiB, and a ConfigMap holds no more; write less, or use a volume"


def _own_problems(spec: Spec, container: Container) -> Iterator[str]:
    where = spec.where(container)
    try:
        image(container.image)
    except ValueError as error:
        yield f"{where}image: {error}"
    if container.api_token and not spec.main.api_token:
        yield f"{where}api_token: there are no api_rights, so there is no token; leave it out, or write api_rights=[…]"
    if isinstance(container, Sidecar):
        if container.database_env and not spec.grants:
            yield f"{where}database_env: there is no database to connect to; pass database=…"
        elif container.database_env in OWN_ENV:
            yield f"{where}database_env: {container.database_env!r} is {OWN_ENV[container.database_env]}; write another name"


def _env_problems(spec: Spec, container: Container) -> Iterator[str]:
    where = spec.where(container)
    granted = container.databases if isinstance(container, Init) else spec.grants
    own = [] if isinstance(container, Sidecar) else [grant.env for grant in granted if grant.env]
    yield from (f"{where}databases: env: {name!r} is that of two grants; write another one" for name in twice(own))
    is_wrong = isinstance(container, Sidecar) and (not spec.grants or container.database_env in OWN_ENV)
    connections = set() if is_wrong else connection_envs(spec.grants_of(container))
    context = spec.workload.context
    domain = context.cluster.domain
    for name, value in container.env.items():
        if name == NODE_IP:
            yield f"{where}env.{name}: is the address of the nodes; set node_address of the Context instead"
        elif name in connections:
            yield f"{where}env.{name}: is the connection of the database; leave it out"
        if isinstance(value, GrantValue) and value.grant not in granted:
            yield f"{where}env.{name}: is of a grant that is not passed; write databases=[…] with it"
        if isinstance(value, str) and (found := service_names(domain).search(value)):
            yield f"{where}env.{name}: {found[0]!r} is an address written by hand; pass Endpoint(…).url or .host"
        if f"$({NODE_IP})" in str(value) and lacks_node_address(context):
            yield f"{where}env.{name}: is a URL with an IPv6 address without brackets; set node_address of the Context"
    for path, source in container.files.items():
        if isinstance(source, str) and (found := service_names(domain).search(source)):
            yield f"{where}files.{path}: {found[0]!r} is an address written by hand; pass Endpoint(…).url or .host in env"


def _mount_problems(spec: Spec, container: Container) -> Iterator[str]:
    """Two mounts at one path; a mount within a directory that nothing can be made in."""
    where = spec.where(container)
    token = [TOKEN_DIRECTORY] if container.api_token else []
    paths = [*dict.fromkeys(container.writes), *container.files, *container.claims, *token]
    for path in twice(paths):
        advice = ", or writes=[…] without it" if path in container.writes else ""
        yield f"{where}{_option_of(container, path)}: {path} is mounted twice; write another path{advice}"
    for directory, source in container.files.items():
        holder = "a Secret's alone" if isinstance(source, SecretFiles) else "a file"
        for inner in (path for path in paths if path.startswith(f"{directory}/")):
            place = f"{where}{_option_of(container, inner)}.{inner}"
            yield f"{place}: is within {directory}, which is {holder}; write a path outside it"


def _option_of(container: Container, path: str) -> str:
    """The option that mounts something at this path."""
    return next((name for name in ("files", "claims", "writes") if path in getattr(container, name)), "api_token")


def _pod_problems(spec: Spec) -> Iterator[str]:
    """Names that two containers, or two volumes, of the whole pod would have."""
    waiting = list(waited_for(spec))
    names = twice([*(container.name for container in spec.containers), *waiting])
    for name in names:
        of = "sidecars" if any(sidecar.name == name for sidecar in spec.sidecars) else "init"
        yield f"{of}.{name}: two containers of the pod have this name; write another one"
    volumes: dict[str, str] = {}
    for container in spec.containers:
        if container.name not in names:
            yield from _volume_problems(spec, container, volumes)


def _volume_problems(spec: Spec, container: Container, volumes: dict[str, str]) -> Iterator[str]:
    """Volumes of a container that another one's, or another of its own, would be; those found so far are added to."""
    claimed = [
        directory for directory, claim in container.claims.items() if spec.claims[claim] == volume_name(container.name, directory)
    ]
    mounted = [("writes", directory) for directory in container.writes]
    mounted += [("files", path) for path in container.files if path not in container.writes]
    mounted += [("claims", directory) for directory in claimed if directory not in (*container.writes, *container.files)]
    for option, path in mounted:
        name = volume_name(container.name, path)
        if name in volumes:
            where = f"{spec.where(container)}{option}"
            yield f"{where}: {path} and {volumes[name]} would be one volume; write another directory, or leave one out"
        volumes[name] = f"{path} of {container.name}"
