"""What no single argument of a service can tell: how they fit together."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from mgmtcluster.addresses import CLUSTER_LOCAL, NODE_IP, Endpoint
from mgmtcluster.constructs.parts.pods import volume_name
from mgmtcluster.databases.grant import PASSWORD_ENV, Grant
from mgmtcluster.edges import Peer
from mgmtcluster.kinds.images import image
from mgmtcluster.kinds.network import within
from mgmtcluster.options import EnvValue, ServiceOptions, Sidecar


def service_problems(
    peer: Peer,
    endpoints: Sequence[Endpoint],
    database: Grant | None,
    options: ServiceOptions,
    cluster_cidrs: Sequence[str],
) -> Iterator[str]:
    """What is wrong with these arguments together, one line per problem, without the construct's path."""
    yield from _endpoint_problems(endpoints)
    yield from _database_problems(peer, database, options)
    yield from _directory_problems("writes", options["writes"])
    yield from _outside_problems(options, cluster_cidrs)
    names = [peer.name, *(sidecar.name for sidecar in options["sidecars"])]
    for name in _twice(names):
        yield f"sidecars.{name}: two containers of the pod have this name; write another one"
    yield from _address_problems("env", options["env"])
    for sidecar in options["sidecars"]:
        yield from _sidecar_problems(sidecar)


def _twice(values: Iterable[Hashable]) -> list[Hashable]:
    return [value for value, count in Counter(values).items() if count > 1]


def _endpoint_problems(endpoints: Sequence[Endpoint]) -> Iterator[str]:
    main, *others = endpoints
    for each in others:
        if (each.service, each.namespace) != (main.service, main.namespace):
            yield f"other_endpoints: {each} is another Service; write one of {main.service}"
    for port in _twice(each.port for each in endpoints):
        yield f"other_endpoints: port {port} is given twice; write each once"


def _database_problems(peer: Peer, database: Grant | None, options: ServiceOptions) -> Iterator[str]:
    if options["waits_for_database"] and not database:
        yield "waits_for_database: there is no database to wait for; pass database=…"
    for name in options["env"]:
        if name == NODE_IP:
            yield f"env.{name}: is the address of the nodes; pass node_address=… instead"
        elif database and name in (database.env, PASSWORD_ENV):
            yield f"env.{name}: is the connection of the database; leave it out"
    if database and database.server.peer.namespace != peer.namespace:
        there = database.server.peer.namespace
        yield f"database: is in the namespace {there}, and so are its Secrets; write an endpoint in {there}"


def _sidecar_problems(sidecar: Sidecar) -> Iterator[str]:
    where = f"sidecars.{sidecar.name}"
    try:
        image(sidecar.image)
    except ValueError as error:
        yield f"{where}.image: {error}"
    yield from _directory_problems(f"{where}.writes", sidecar.writes)
    yield from _address_problems(f"{where}.env", sidecar.env)


def _directory_problems(where: str, directories: Sequence[str]) -> Iterator[str]:
    for name in _twice(volume_name("", directory) for directory in directories):
        yield f"{where}: {directories} name the volume {name} twice; write each directory once"


def _address_problems(where: str, env: Mapping[str, EnvValue]) -> Iterator[str]:
    for name, value in env.items():
        if isinstance(value, str) and (found := CLUSTER_LOCAL.search(value)):
            yield f"{where}.{name}: {found[0]!r} is an address written by hand; pass Endpoint(…).url or .host"


def _outside_problems(options: ServiceOptions, cluster_cidrs: Sequence[str]) -> Iterator[str]:
    for connection in options["outside"]:
        for cidr in connection.cidrs:
            for own in cluster_cidrs:
                if within(cidr, own):
                    yield f"outside: {cidr!r} is within the cluster's own {own}; write a range outside it"
