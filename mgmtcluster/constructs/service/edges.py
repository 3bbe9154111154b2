"""Whom a service calls, and who may call it, as entries of the app's list of edges."""

from collections.abc import Iterator, Sequence

from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.outward import record_api_calls, record_exposed, record_outside
from mgmtcluster.constructs.service.spec import Spec
from mgmtcluster.containers import Container, Init
from mgmtcluster.databases.grant import Grant, secret_claims
from mgmtcluster.databases.users import READ_WRITE
from mgmtcluster.edges import Claim, Edge, record, record_call, user_claim
from mgmtcluster.kinds.access import Client
from mgmtcluster.kinds.peers import prometheus_in


def record_edges(spec: Spec) -> None:
    """Record every edge that the arguments open."""
    scope = spec.workload.scope
    for container in spec.containers:
        for name, address in pods.addresses_in(container.env):
            record_call(scope, spec.peer, address.endpoint, why=name)
    for grant in spec.grants:
        record(scope, _use(spec, spec.main, grant))
    for init in spec.init:
        for grant in init.databases:
            record(scope, _use(spec, init, grant))
    for client in spec.options["clients"]:
        for edge in _entries(spec, client):
            record(scope, edge)
    if metrics := spec.options["metrics"]:
        prometheus = prometheus_in(metrics.prometheus_namespace)
        record(scope, Edge(prometheus, spec.peer, metrics.port, why="scrapes", let_in=True))
    record_exposed(spec.workload, spec.exposed)
    record_outside(spec.workload, spec.options["outside"])
    if rights := spec.options["api_rights"]:
        record_api_calls(spec.workload, why="; ".join(map(str, rights)))


def _use(spec: Spec, container: Container, grant: Grant) -> Edge:
    """The use of a database: as a user named like the service, or as an init container's own."""
    is_init = isinstance(container, Init)
    roles = () if grant.role == READ_WRITE and not is_init else ((grant.role, grant.database),)
    return Edge(
        spec.peer,
        grant.server.peer,
        grant.server.port,
        why=grant.env or (f"init.{container.name}" if is_init else f"database {grant.database}"),
        database=grant.database,
        user=spec.user_of(container) if is_init else None,
        roles=roles,
    )


def _entries(spec: Spec, client: Client) -> Iterator[Edge]:
    """A port of TCP and UDP is asked in both."""
    asked = [each for each in spec.all_endpoints if each.port == client.port] if client.port else spec.told_endpoints
    for peer in client.peers:
        for each in asked:
            yield Edge(peer, spec.peer, each.container_port, why=client.why, protocol=each.protocol, let_in=True)


def claims_of_users(spec: Spec) -> Iterator[Sequence[Claim]]:
    """The names of all users that its containers are at their databases; then those of their Secrets."""
    uses = [(grant, spec.user_of(spec.main), "database") for grant in spec.grants]
    uses += [(grant, spec.user_of(init), f"init.{init.name}.databases") for init in spec.init for grant in init.databases]
    yield list(dict.fromkeys(user_claim(grant.server.peer, user, argument=argument) for grant, user, argument in uses))
    secrets = [claim for grant, user, argument in uses for claim in secret_claims(grant.server, [user], argument=argument)]
    yield list(dict.fromkeys(secrets))
