"""What no single argument of a service can tell: how they fit together."""

from collections.abc import Iterator

from mgmtcluster.constructs.parts.pods import DRAIN_SECONDS
from mgmtcluster.constructs.service.container_checks import container_problems, twice
from mgmtcluster.constructs.service.spec import Spec
from mgmtcluster.containers import Init
from mgmtcluster.databases.users import RESERVED
from mgmtcluster.kinds.cluster import foreign_family, node_port_problem
from mgmtcluster.kinds.containers import DEFAULT_USER, ExecProbe, Probe
from mgmtcluster.options import load_balancer_problems


def problems_of(spec: Spec) -> Iterator[str]:
    """What is wrong with these arguments together, one line per problem, without the construct's path."""
    yield from _endpoint_problems(spec)
    yield from _exposure_problems(spec)
    yield from _probe_problems(spec)
    yield from _name_problems(spec)
    yield from _database_problems(spec)
    yield from _outside_problems(spec)
    yield from _user_problems(spec)
    yield from _client_problems(spec)
    yield from _scale_problems(spec)
    yield from container_problems(spec)


def external_name(spec: Spec) -> list[str]:
    """The name of the Service with the ports that are exposed, where others of the same Service are not.

    A NodePort Service gives every port of its own a node port, so what is exposed alone needs a Service alone.
    """
    return [f"{spec.peer.name}-external"] if 0 < len(spec.exposed) < len(spec.all_endpoints) else []


def _endpoint_problems(spec: Spec) -> Iterator[str]:
    for endpoint in spec.all_endpoints:
        if words := node_port_problem(endpoint.node_port, spec.workload.context.cluster.node_port_range):
            yield f"endpoint: node_port: {words}"
        if endpoint.pod:
            yield f"endpoint: {endpoint} is of one pod; write that of the Service"
        if endpoint.pods:
            yield f"endpoint: pods: {endpoint.pods} answer at it, and its own pods do; leave it out"
    named = [("other_endpoints", other) for other in spec.endpoints[1:]]
    named += [(f"{spec.where(each)}endpoints", at) for each in spec.containers[1:] for at in spec.endpoints_of(each)]
    for where, other in named:
        if not spec.endpoints:
            yield f"{where}: nothing here has a Service; leave them out, or define a WebService"
        elif (other.service, other.namespace) != (spec.peer.name, spec.peer.namespace):
            yield f"{where}: {other} is another Service; write one of {spec.peer.name}"
    for port, _ in twice((endpoint.port, endpoint.protocol) for endpoint in spec.all_endpoints):
        yield f"other_endpoints: port {port} is given twice; write each once"


def _exposure_problems(spec: Spec) -> Iterator[str]:
    node_ports = [endpoint.node_port for endpoint in spec.all_endpoints if endpoint.node_port]
    if spec.options["service_type"] == "ClusterIP" and node_ports:
        yield f"service_type: ClusterIP has no node port, and the endpoint has {node_ports[0]}; leave one of them out"
    if spec.options["service_type"] == "NodePort" and not node_ports:
        yield "service_type: NodePort needs a port on every node; write node_port of the endpoint"
    yield from load_balancer_problems(spec.options)
    for cidr in spec.options["load_balancer_source_ranges"]:
        if words := foreign_family(cidr, spec.workload.context.cluster.ip_families):
            yield f"load_balancer_source_ranges: {words}; write a range of those"
    if spec.options["service_annotations"] and not spec.exposed:
        yield "service_annotations: no port is exposed; write node_port of the endpoint or service_type, or leave them out"


def _probe_problems(spec: Spec) -> Iterator[str]:
    """Probes that ask no port, where there is none that could be meant; probes of what ends before it could be asked."""
    probes: dict[str, Probe | None] = {name: spec.options[name] for name in ("readiness", "liveness", "startup")}
    for container in spec.containers[1:]:
        where = spec.where(container)
        own = {f"{where}{name}": getattr(container, name) for name in ("readiness", "liveness", "startup")}
        if isinstance(container, Init) and not container.restart_policy:
            own[f"{where}endpoints"] = container.endpoints
            yield from (
                f"{name}: an init container ends; leave it out, or write restart_policy='Always'" for name in own if own[name]
            )
        else:
            probes |= own
    for where, probe in probes.items():
        if probe and not isinstance(probe, ExecProbe) and not (probe.port or spec.probed_port(spec.main)):
            yield f"{where}: names no port, and no endpoint speaks TCP; write port=…, or an ExecProbe"


def _database_problems(spec: Spec) -> Iterator[str]:
    peer = spec.peer
    if spec.options["waits_for_database"] and not spec.grants:
        yield "waits_for_database: there is no database to wait for; pass database=…"
    if spec.grants and peer.name in RESERVED:
        yield f"database: {peer.name!r} is {RESERVED[peer.name]}, and no user of a service; write another name of the Service"
    named = [("database" if grant is spec.database else "databases", grant) for grant in spec.grants]
    named += [(f"init.{init.name}.databases", grant) for init in spec.init for grant in init.databases]
    for where, grant in named:
        there = grant.server.peer.namespace
        if there != peer.namespace:
            advice = f"an endpoint in {there}" if spec.endpoints else f"namespace={there!r}"
            yield f"{where}: is in the namespace {there}, and so are its Secrets; write {advice}"


def _name_problems(spec: Spec) -> Iterator[str]:
    names = [spec.peer.name, *external_name(spec), *spec.options["aliases"]]
    yield from (f"aliases: {name!r} is a Service of it already; write another name" for name in twice(names))


def _outside_problems(spec: Spec) -> Iterator[str]:
    for connection in spec.options["outside"]:
        yield from (f"outside: {problem}" for problem in connection.problems(spec.workload.context.cluster))


def _user_problems(spec: Spec) -> Iterator[str]:
    user = spec.options["user"]
    if spec.workload.context.cluster.openshift and user != DEFAULT_USER:
        yield f"user: {user} is given, and OpenShift gives each namespace users of its own; leave it out"


def _client_problems(spec: Spec) -> Iterator[str]:
    told, ports = ([*dict.fromkeys(each.port for each in some)] for some in (spec.told_endpoints, spec.all_endpoints))
    families = spec.workload.context.cluster.ip_families
    for client in spec.options["clients"]:
        who = ", ".join(map(str, client.peers))
        for cidr in (peer.cidr for peer in client.peers if peer.cidr):
            if words := foreign_family(cidr, families):
                yield f"clients: {words}; write a range of those"
        if client.port is None and len(told) > 1:
            yield f"clients: {who}: names no port, and there are several; write port={told[0]}, or another of {ports}"
        elif client.port not in (None, *ports):
            yield f"clients: {who}: port: {client.port} is no port of an endpoint; write one of {ports}"
    metrics = spec.options["metrics"]
    if metrics and metrics.service_monitor and not spec.endpoints:
        yield "metrics: service_monitor: a ServiceMonitor needs a Service, and there is none; leave it out"


def _scale_problems(spec: Spec) -> Iterator[str]:
    replicas, autoscale = spec.options["replicas"], spec.options["autoscale"]
    grace = spec.options["grace_period_seconds"]
    if replicas and autoscale:
        yield "replicas: autoscale sets the number of pods; leave one of them out"
    if spec.single_claim and (autoscale or (replicas or 1) > 1):
        asked = "autoscale" if autoscale else f"replicas: {replicas}"
        one = next(claim for claim in spec.claims if claim.is_for_one)
        yield (
            f"{asked}: pods on several nodes cannot mount a claim with {one.access}; write access='ReadWriteMany' on the Claim, "
            "or a StatefulService, which has one a pod"
        )
    if grace is not None and spec.endpoints and grace <= DRAIN_SECONDS:
        yield f"grace_period_seconds: {grace} is over before its Services know that the pod goes; write more than {DRAIN_SECONDS}"
