"""What no single argument of a service can tell: how they fit together."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from mgmtcluster.addresses import NODE_IP, Endpoint, service_names
from mgmtcluster.constructs.parts.context import Context
from mgmtcluster.constructs.parts.pods import lacks_node_address, volume_name
from mgmtcluster.constructs.service.pods import WAIT, probed_port
from mgmtcluster.databases.grant import OWN_ENV, PASSWORD_ENV, Grant
from mgmtcluster.databases.users import RESERVED
from mgmtcluster.kinds.cluster import Cluster, node_port_problem
from mgmtcluster.kinds.containers import DEFAULT_USER, ExecProbe, Probe
from mgmtcluster.kinds.images import image
from mgmtcluster.kinds.peers import Peer
from mgmtcluster.options import EnvValue, ServiceOptions, Sidecar, exposed_of, load_balancer_problems

_Value = TypeVar("_Value", bound=Hashable)


def service_problems(
    peer: Peer,
    endpoints: Sequence[Endpoint],
    database: Grant | None,
    options: ServiceOptions,
    context: Context,
) -> Iterator[str]:
    """What is wrong with these arguments together, one line per problem, without the construct's path."""
    yield from _endpoint_problems(endpoints, context.cluster)
    yield from _exposure_problems(endpoints, options)
    yield from _probe_problems(endpoints, options)
    yield from _name_problems(peer, endpoints, options)
    yield from _database_problems(peer, database, options)
    for connection in options["outside"]:
        yield from (f"outside: {problem}" for problem in connection.problems(context.cluster))
    if context.cluster.openshift and options["user"] != DEFAULT_USER:
        yield f"user: {options['user']} is given, and OpenShift gives each namespace users of its own; leave it out"
    yield from _pod_problems(peer, options)
    yield from _env_problems("env", options["env"], database.env if database else None, context)
    for sidecar in options["sidecars"]:
        yield from _sidecar_problems(sidecar, database, context)


def external_name(peer: Peer, endpoints: Sequence[Endpoint], options: ServiceOptions) -> list[str]:
    """The name of the Service with the ports that are exposed, where others of the same Service are not.

    A NodePort Service gives every port of its own a node port, so what is exposed alone needs a Service alone.
    """
    exposed = exposed_of(endpoints, options)
    return [f"{peer.name}-external"] if 0 < len(exposed) < len(endpoints) else []


def _exposure_problems(endpoints: Sequence[Endpoint], options: ServiceOptions) -> Iterator[str]:
    node_ports = [endpoint.node_port for endpoint in endpoints if endpoint.node_port]
    if options["service_type"] == "ClusterIP" and node_ports:
        yield f"service_type: ClusterIP has no node port, and the endpoint has {node_ports[0]}; leave one of them out"
    if options["service_type"] == "NodePort" and not node_ports:
        yield "service_type: NodePort needs a port on every node; write node_port of the endpoint"
    yield from load_balancer_problems(options)


def _twice(values: Iterable[_Value]) -> list[_Value]:
    return [value for value, count in Counter(values).items() if count > 1]


def _endpoint_problems(endpoints: Sequence[Endpoint], cluster: Cluster) -> Iterator[str]:
    main, *others = endpoints
    for endpoint in endpoints:
        if words := node_port_problem(endpoint.node_port, cluster.node_port_range):
            yield f"endpoint: node_port: {words}"
    for other in others:
        if (other.service, other.namespace) != (main.service, main.namespace):
            yield f"other_endpoints: {other} is another Service; write one of {main.service}"
    for port, _ in _twice((endpoint.port, endpoint.protocol) for endpoint in endpoints):
        yield f"other_endpoints: port {port} is given twice; write each once"


def _probe_problems(endpoints: Sequence[Endpoint], options: ServiceOptions) -> Iterator[str]:
    """Probes that ask no port, where there is none that could be meant."""
    probes: dict[str, Probe | None] = {"readiness": options["readiness"], "liveness": options["liveness"]}
    for sidecar in options["sidecars"]:
        where = f"sidecars.{sidecar.name}"
        probes |= {f"{where}.readiness": sidecar.readiness, f"{where}.liveness": sidecar.liveness}
    for where, probe in probes.items():
        if probe and not isinstance(probe, ExecProbe) and not (probe.port or probed_port(endpoints, options)):
            yield f"{where}: names no port, and no endpoint speaks TCP; write port=…, or an ExecProbe"


def _database_problems(peer: Peer, database: Grant | None, options: ServiceOptions) -> Iterator[str]:
    if options["waits_for_database"] and not database:
        yield "waits_for_database: there is no database to wait for; pass database=…"
    if database and peer.name in RESERVED:
        yield f"database: {peer.name!r} is {RESERVED[peer.name]}, and no user of a service; write another name of the Service"
    if database and database.server.peer.namespace != peer.namespace:
        there = database.server.peer.namespace
        yield f"database: is in the namespace {there}, and so are its Secrets; write an endpoint in {there}"


def _name_problems(peer: Peer, endpoints: Sequence[Endpoint], options: ServiceOptions) -> Iterator[str]:
    names = [peer.name, *external_name(peer, endpoints, options), *options["aliases"]]
    yield from (f"aliases: {name!r} is a Service of it already; write another name" for name in _twice(names))


def _sidecar_problems(sidecar: Sidecar, database: Grant | None, context: Context) -> Iterator[str]:
    where = f"sidecars.{sidecar.name}"
    try:
        image(sidecar.image)
    except ValueError as error:
        yield f"{where}.image: {error}"
    if sidecar.database_env and not database:
        yield f"{where}.database_env: there is no database to connect to; pass database=…"
    elif sidecar.database_env in OWN_ENV:
        yield f"{where}.database_env: {sidecar.database_env!r} is {OWN_ENV[sidecar.database_env]}; write another name"
    yield from _env_problems(f"{where}.env", sidecar.env, sidecar.database_env, context)


def _pod_problems(peer: Peer, options: ServiceOptions) -> Iterator[str]:
    """Names that two containers, or two volumes, of the whole pod would have."""
    writes = [(peer.name, "writes", options["writes"])]
    writes += [(sidecar.name, f"sidecars.{sidecar.name}.writes", sidecar.writes) for sidecar in options["sidecars"]]
    if options["waits_for_database"]:
        writes.append((WAIT, "waits_for_database", ("/tmp",)))
    twice = _twice(container for container, _, _ in writes)
    yield from (f"sidecars.{name}: two containers of the pod have this name; write another one" for name in twice)
    volumes: dict[str, str] = {}
    for container, where, directories in writes:
        for directory in () if container in twice else directories:
            name = volume_name(container, directory)
            if name in volumes:
                yield f"{where}: {directory} and {volumes[name]} would be one volume; write another directory, or leave one out"
            volumes[name] = f"{directory} of {container}"


def _env_problems(where: str, env: Mapping[str, EnvValue], connection: str | None, context: Context) -> Iterator[str]:
    """What is wrong with the variables of a container, where ``connection`` is the one that its database's string is in."""
    for name, value in env.items():
        if name == NODE_IP:
            yield f"{where}.{name}: is the address of the nodes; set node_address of the Context instead"
        elif connection and name in (connection, PASSWORD_ENV):
            yield f"{where}.{name}: is the connection of the database; leave it out"
        if isinstance(value, str) and (found := service_names(context.cluster.domain).search(value)):
            yield f"{where}.{name}: {found[0]!r} is an address written by hand; pass Endpoint(…).url or .host"
        if f"$({NODE_IP})" in str(value) and lacks_node_address(context):
            yield f"{where}.{name}: is a URL with an IPv6 address without brackets; set node_address of the Context"
