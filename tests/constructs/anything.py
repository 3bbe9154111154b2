"""Constructs as Hypothesis makes them, and their context: with arguments that fit, nearly fit, or do not."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from cdk8s import App, Chart
from hypothesis import strategies as st

from mgmtcluster import (
    Bucket,
    Cluster,
    ConfigKey,
    Context,
    Cpu,
    DatabaseBackup,
    DatabaseMonitoring,
    DnsServer,
    Endpoint,
    Grant,
    Init,
    InvalidInput,
    LocalPathProvisioner,
    MetricsService,
    Peer,
    Proxy,
    RedisQueue,
    RegistryService,
    ReplicatedDatabase,
    SecretKey,
    SecretsBootstrap,
    StatefulService,
    Task,
    WebService,
    Worker,
    rules,
    set_context,
)
from tests.constructs import values
from tests.constructs.drawing import fitting, made, some
from tests.constructs.made_up import Define

_DNS_PODS = {"namespace": values.NAMESPACES, "labels": st.just({"k8s-app": "dns"}), "port": values.PORTS}
CONTEXTS = made(
    Context,
    labels=values.LABELS,
    annotations=st.dictionaries(values.KEYS, values.ANY_TEXT, max_size=2),
    image_pull_secrets=st.lists(values.NAMES, max_size=2, unique=True),
    cluster=made(
        Cluster,
        domain=st.sampled_from(["cluster.local", "corp.example", ".local"]),
        ip_families=st.sampled_from([["IPv4"], ["IPv6"], ["IPv4", "IPv6"], ["IPv6", "IPv4"], []]),
        cidrs=st.lists(values.CIDRS, max_size=2),
        dns=st.lists(
            st.one_of(
                made(DnsServer, "cidr", cidr=values.CIDRS, port=values.PORTS), made(DnsServer, "namespace", "labels", **_DNS_PODS)
            ),
            max_size=2,
        ),
        api_server_ports=st.lists(values.PORTS, max_size=2),
        node_port_range=st.sampled_from(["30000-32767", "32000-32767", "80-443", "2-1"]),
        openshift=st.booleans(),
        proxy=made(
            Proxy,
            http=st.sampled_from(["http://192.0.2.7:3128", "http://a:b@c", "x"]),
            https=st.sampled_from(["http://squid.shop.svc:3128", "http://[2001:db8::7]"]),
            no_proxy=st.lists(st.sampled_from([".example.test", "a,b"]), max_size=2),
            cidrs=st.lists(values.CIDRS, max_size=2),
        ),
    ),
    node_address=st.one_of(st.none(), st.sampled_from(["10.0.0.7", "nodes.example.test", "2001:db8::1", "a b"])),
    pods=values.PODS,
)
_CPU = made(Cpu, "request", "limit", request=values.AMOUNTS, limit=st.one_of(st.none(), values.AMOUNTS))
_DATABASE = {
    "cpu": _CPU,
    "mongod_arguments": st.lists(st.sampled_from(["--oplogSize=2048", "--quiet", "--auth", "x", "--a b"]), max_size=2),
    "pods": values.PODS,
    "members": st.sampled_from([0, 1, 2, 3, 5, 7, 9]),
    "storage": values.SIZES,
    "node_label": st.sampled_from(["db=yes", "db", "example.test/db=", "a b=c"]),
    "name": st.one_of(st.none(), values.NAMES),
    "image": values.IMAGES,
    "memory": values.AMOUNTS,
    "storage_class": st.one_of(st.none(), values.NAMES),
    "replica_set": values.NAMES,
    "keep_running": st.one_of(st.none(), st.integers(0, 8)),
    "replace_member": st.one_of(st.none(), st.integers(-1, 7)),
    "single_member_may_lose_data": st.booleans(),
    "feature_compatibility_version": st.sampled_from([None, "8.0", "7.0", "9.0", "x"]),
    "existing_secrets": st.one_of(
        st.none(), st.dictionaries(st.sampled_from(["keyfile", "root", "orders"]), values.NAMES, max_size=2)
    ),
}
_BUCKETS = made(
    Bucket,
    *("endpoint", "name"),
    endpoint=st.sampled_from(["https://s3.example.test", "http://minio.shop.svc:9000", "ftp://x", "https://203.0.113.7:9000"]),
    name=st.sampled_from(["dumps", "a", "A.b", "a..b"]),
    secret=st.one_of(st.none(), values.NAMES),
    service_account_annotations=st.dictionaries(values.KEYS, values.ANY_TEXT, max_size=2),
    ca=st.sampled_from([None, SecretKey("ca", "ca.crt"), ConfigKey("ca", "ca.crt")]),
    prefix=st.sampled_from([None, "a/b", "/a"]),
    region=st.sampled_from([None, "eu-west-1", "EU"]),
)
_SCHEDULES = st.sampled_from(["0 1 * * *", "5 4 * * 0", "0 */2 1 1 *", "@daily", "*/5 * * * *", "61 * * * *", "x"])
_DUMPS = {
    "schedule": _SCHEDULES,
    "keep": st.integers(0, 1001),
    "drill_schedule": _SCHEDULES,
    "storage": st.one_of(st.none(), values.SIZES),
    "bucket": st.one_of(st.none(), _BUCKETS),
    "claim_annotations": st.one_of(st.none(), st.dictionaries(values.KEYS, values.ANY_TEXT, max_size=2)),
}
_QUEUE = {
    "endpoint": values.ENDPOINTS,
    "lists": st.lists(st.sampled_from(["A", "a:b", "a b"]), max_size=3),
    "storage": values.SIZES,
    "bootstrap_image": values.IMAGES,
    "memory": values.AMOUNTS,
    "cpu": _CPU,
    "pods": values.PODS,
    "storage_class": st.one_of(st.none(), values.NAMES),
    "admin_secret": st.one_of(st.none(), values.NAMES),
}
_PROVISIONER = {
    "namespace": values.NAMESPACES,
    "provisioner": st.sampled_from(["example.test/local", "local", "a b", "A/b", ""]),
    "storage_class": values.NAMES,
    "directory": values.DIRECTORIES,
}
_BOOTSTRAP = {
    "name": values.NAMES,
    "namespace": values.NAMESPACES,
    "image": values.IMAGES,
    "secrets": st.just(lambda: {"one": {"password": "password"}}),
    "labels": st.just({"a": "b"}),
    "component": values.NAMES,
}


def _database(chart: Chart) -> ReplicatedDatabase:
    return ReplicatedDatabase(chart, "db", members=3, storage="1Gi", node_label="db=yes")


@dataclass(frozen=True)
class Service:
    """A service, a worker or a task that is defined where a chart is passed.

    Attributes:
        kind: the construct.
        grants: what a database grants to it: the database, the variable, the role.
        queue_env: the variable of a queue, where it has one.
        passed: its other arguments.
    """

    kind: type[WebService | StatefulService | Worker | Task]
    grants: Sequence[tuple[str, str | None, str]]
    queue_env: str | None
    passed: Mapping[str, Any]

    def __call__(self, chart: Chart) -> None:
        """Define it with all its arguments.

        Raises:
            InvalidInput: one of them is refused.
        """
        self.kind(chart, "orders", **self._arguments(chart, self.grants))

    def of_accepted(self, chart: Chart) -> None:
        """Define it with as many of its arguments as are accepted.

        Raises:
            InvalidInput: one without which there is nothing is refused.
        """

        def tried(**arguments: Any) -> None:
            try:
                self.kind(chart, "orders", **arguments)
            finally:
                chart.node.try_remove_child("orders")

        arguments = self._arguments(chart, [grant for grant in self.grants if self._is_granted(grant)])
        arguments = dict(sorted(arguments.items(), key=lambda argument: argument[0] not in _FIRST))
        required = [name for name in ("image", "endpoint", "name", "database", "queue") if name in arguments]
        self.kind(chart, "orders", **fitting(tried, arguments, required))

    def _arguments(self, chart: Chart, grants: Sequence[tuple[str, str | None, str]]) -> dict[str, Any]:
        more: dict[str, Any] = {"image": "example.test/app:1", **_of_one_service(self.passed)}
        of_all = grants or ([("app", "URL", "read")] if self.kind in _WITH_DATABASE else [])
        if of_all:
            first, *others = self._granted(_database(chart), of_all)
            more["database"] = first
            more["env"] = {**more.get("env", {}), "HOSTS": first.hosts, "USER": first.user, "SECRET": first.password}
            more["databases"] = others[:1]
            if others[1:]:
                more["init"] = [*more.get("init", ()), Init(name="migrate", image="example.test/app:1", databases=others[1:])]
        if self.kind in _WITH_QUEUE and (self.queue_env or self.kind is MetricsService):
            more["queue"] = Endpoint("redis", "shop", 6379)
            more.update({"queue_env": self.queue_env} if self.queue_env else {})
        return more

    def _granted(self, db: ReplicatedDatabase, grants: Sequence[tuple[str, str | None, str]]) -> list[Grant]:
        db.user("reader", client=Peer("shop", "reader"), roles={grants[0][2]: grants[0][0]}, why="reads")
        return [db.grant(database, env=variable, role=role) for database, variable, role in grants]

    def _is_granted(self, grant: tuple[str, str | None, str]) -> bool:
        with suppress(InvalidInput):
            return bool(self._granted(_database(Chart(App(), "trial", namespace="shop")), [grant]))
        return False


def _service(drawn: dict[str, Any]) -> Service:
    return Service(drawn.pop("kind"), drawn.pop("grants"), drawn.pop("queue_env", None), drawn)


def _of_one_service(passed: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with every endpoint in the Service of the main one: another Service is refused at once."""

    def here(endpoints: Sequence[Endpoint]) -> list[Endpoint]:
        main = passed["endpoint"]
        return [replace(each, service=main.service, namespace=main.namespace, pods=None) for each in endpoints]

    if "endpoint" not in passed:
        return dict(passed)
    sidecars = [replace(each, endpoints=here(each.endpoints)) for each in passed.get("sidecars", ())]
    return {**passed, "other_endpoints": here(passed.get("other_endpoints", ())), "sidecars": sidecars}


#: Without these, others mean nothing and are refused.
_FIRST = ("service_type", "api_rights")
_WITH_DATABASE = (RegistryService, MetricsService)
_WITH_QUEUE = (MetricsService, Worker)
_GRANTS = st.tuples(
    st.sampled_from([*(["app"] * 6), "a-b", "my db", "admin"]),
    st.sampled_from([*(["URL"] * 3), *(["OTHER_URL"] * 3), None, None, "A", "NODE_IP", "1A"]),
    st.sampled_from([*(["read"] * 6), "dbOwner", "readWrit", "backup"]),
)
_QUEUE_ENV = st.sampled_from([None, "REDIS_HOST", "QUEUE", "1A"])
_KINDS = {
    "kind": st.sampled_from([WebService, RegistryService, MetricsService, StatefulService]),
    "grants": st.lists(_GRANTS, max_size=3),
    "endpoint": values.ENDPOINTS,
    "queue_env": _QUEUE_ENV,
}
SERVICES = some({**_KINDS, **values.OPTIONS}, *_KINDS).map(_service)

_BY_THEMSELVES = {
    "grants": st.lists(_GRANTS, max_size=3),
    "name": st.one_of(st.none(), values.NAMES),
    "namespace": st.one_of(st.none(), st.just("shop")),
}
_WORKER = {"kind": st.just(Worker), "queue_env": _QUEUE_ENV, **_BY_THEMSELVES}
_WORKERS = some({**_WORKER, **values.PODS_OF_A_WORKER}, *_WORKER).map(_service)
_TASKS = some(
    {"kind": st.just(Task), **_BY_THEMSELVES, "schedule": st.one_of(st.none(), _SCHEDULES), **values.PODS_OF_A_TASK},
    *("kind", *_BY_THEMSELVES, "schedule"),
).map(_service)


def _defined(cls: Callable[..., object], arguments: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Define]:
    return arguments.map(lambda passed: lambda chart: cls(chart, "one", **passed))


def _of_a_database(cls: Callable[..., object], arguments: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Define]:
    return arguments.map(lambda passed: lambda chart: cls(chart, "one", database=_database(chart), **passed))


OTHERS = st.one_of(
    _WORKERS,
    _TASKS,
    _defined(ReplicatedDatabase, some(_DATABASE, "members", "storage", "node_label")),
    _of_a_database(DatabaseBackup, some(_DUMPS, "schedule", "keep")),
    _of_a_database(
        DatabaseMonitoring, some({"prometheus_namespace": values.NAMESPACES, "image": values.IMAGES}, "prometheus_namespace")
    ),
    _defined(RedisQueue, some(_QUEUE, "endpoint", "lists", "storage", "bootstrap_image")),
    _defined(LocalPathProvisioner, some(_PROVISIONER, *_PROVISIONER)),
    _defined(SecretsBootstrap, some(_BOOTSTRAP, *_BOOTSTRAP)),
)


def of_accepted(define: Define) -> Define:
    """The same with as many of its arguments as are accepted, where it can leave some out."""
    return define.of_accepted if isinstance(define, Service) else define


def synthesized(define: Define, context: Context) -> list[dict[str, Any]]:
    """The objects of a chart that the rules accept.

    Raises:
        InvalidInput: an argument is refused.
        RuntimeError: a rule is broken.
    """
    app = App()
    chart = Chart(app, "test", namespace="shop", disable_resource_name_hashes=True)
    set_context(chart, context)
    define(chart)
    # Whom the made-up addresses name is not asked here.
    rules.enforce(app, without=[rules.edges_lead_to_pods, rules.addresses_resolve])
    found: list[dict[str, Any]] = chart.to_json()
    return found
