"""Arguments of constructs as Hypothesis makes them: what fits, what nearly does, and what does not."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from cdk8s import App, Chart
from hypothesis import strategies as st

from mgmtcluster import (
    Address,
    ApiRights,
    Autoscale,
    Bucket,
    Claim,
    Client,
    Cluster,
    ConfigFile,
    ConfigKey,
    ConfigRef,
    Context,
    Cpu,
    DatabaseBackup,
    DatabaseMonitoring,
    DnsServer,
    Endpoint,
    ExecProbe,
    Grant,
    HttpProbe,
    Init,
    InvalidInput,
    LocalPathProvisioner,
    Metrics,
    MetricsService,
    Outside,
    Peer,
    PodField,
    Pods,
    Proxy,
    RedisQueue,
    RegistryService,
    ReplicatedDatabase,
    Resources,
    SecretFiles,
    SecretKey,
    SecretRef,
    SecretsBootstrap,
    Sidecar,
    StatefulService,
    Task,
    TcpProbe,
    WebService,
    Worker,
    rules,
    set_context,
)
from tests.constructs.made_up import Define

_ANY_TEXT = st.text(max_size=70)
_NAMES = st.one_of(
    st.sampled_from(
        ["orders", "a", "web", "web-x", "wait-for-database", "root", "keyfile", "x" * 63, "x" * 40, "1st", "a.b", "A"]
    ),
    st.from_regex(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True),
)
_NAMESPACES = st.sampled_from(["shop"] * 12 + ["bank", "A"])
_PORTS = st.one_of(st.integers(1, 65535), st.sampled_from([0, 65536, -1, 80]))
_DIRECTORIES = st.one_of(
    st.sampled_from(["/tmp", "/x/y", "/y", "/app/cache_", "/app/.", "/A", "/a_b", "/a-b", "/", "tmp", "/a:b", "/" + "x" * 70]),
    st.from_regex(r"(/[A-Za-z0-9._-]{1,20}){1,6}", fullmatch=True),
)
_SCHEMES = st.sampled_from(["http", "https", "elasticsearch", "mongodb+srv", "HTTP", "", "a-b", "x" * 64, "h2c"])
_ENV_NAMES = st.sampled_from(
    ["A", "B", "C_1", "PATH", "HOME", "URL", "NODE_IP", "DATABASE_PASSWORD", "REDIS_HOST", "1A", "a_b", "_", "A.B", ""]
)
_AMOUNTS = st.one_of(
    st.sampled_from(
        ["0", "1", "50m", "0.5", "0.0001", "1.5Gi", "1Gi", "1e3", "64Mi", "1Ei", "2Ei", "999999999999999", "-1", "x"]
    ),
    st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,3})?(m|k|M|G|Ki|Mi|Gi)?", fullmatch=True),
)
_SIZES = st.one_of(st.sampled_from(["1Gi", "10Gi", "1.5Ti", "1500M"]), _AMOUNTS)
_SECONDS = st.one_of(st.integers(-1, 400), st.just(2**31))
_IMAGES = st.sampled_from(
    [
        "example.test/app:1",
        "app@sha256:" + "0" * 64,
        "a:" + "1" * 128,
        "a/b/c:1_2-3.",
        "x:5000/a:1",
        "a:1",
        "app",
        "a:latest",
        "A:1",
        "",
        "é:1",
    ]
)
_CIDRS = st.sampled_from(["10.0.0.0/8", "0.0.0.0/0", "10.244.0.0/16", "2001:db8::/32", "::/0", "10.0.0.1/8", "x"])
_KEYS = st.one_of(st.sampled_from(["example.test/note", "a", "a b", "/a", "A.B/c", "x" * 64]), _ANY_TEXT)


#: By class: the arguments that Hypothesis draws for it.
DRAWN: dict[Callable[..., Any], set[str]] = {}


def _made(cls: Callable[..., Any], *required: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of a class: with what is required, and with some of the rest that the class accepts beside it."""
    DRAWN.setdefault(cls, set()).update({*required, *arguments})

    def made(passed: Mapping[str, Any]) -> Any:
        try:
            return cls(**_fitting(cls, passed, required))
        except InvalidInput:
            return None

    return _some(arguments, *required).map(made).filter(bool)


def _some(arguments: Mapping[str, st.SearchStrategy[Any]], *required: str, most: int = 8) -> st.SearchStrategy[dict[str, Any]]:
    """Some of these arguments, in any order: Hypothesis by itself leaves nearly all out that may be left out."""
    rest = [name for name in arguments if name not in required]
    some = st.permutations(rest).flatmap(lambda names: st.integers(len(rest) // 3, len(rest)).map(lambda count: names[:count]))
    return some.flatmap(lambda names: st.fixed_dictionaries({name: arguments[name] for name in (*required, *names[:most])}))


def _fitting(make: Callable[..., object], passed: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    """These arguments without those that are refused beside the ones before them.

    Raises:
        InvalidInput: those that are required are refused.
    """
    taken = {name: passed[name] for name in required}
    make(**taken)
    for name in (name for name in passed if name not in required):
        with suppress(InvalidInput):
            make(**taken, **{name: passed[name]})
            taken[name] = passed[name]
    return taken


_PEERS = _made(
    Peer,
    "namespace",
    namespace=_NAMESPACES,
    name=_NAMES,
    labels=st.dictionaries(_KEYS, st.sampled_from(["x", "", "a b"]), max_size=2),
)
ENDPOINTS = _made(
    Endpoint,
    *("service", "namespace", "port"),
    service=_NAMES,
    namespace=_NAMESPACES,
    port=_PORTS,
    node_port=st.one_of(st.none(), st.integers(29999, 32768)),
    scheme=_SCHEMES,
    pods=st.one_of(st.none(), _PEERS),
    target_port=st.one_of(st.none(), _PORTS),
    protocol=st.sampled_from(["TCP", "TCP", "UDP", "SCTP", "ICMP"]),
    pod=st.sampled_from([*([None] * 6), "orders-0", "A"]),
)
_TIMES = {"period_seconds": _SECONDS, "failure_threshold": _SECONDS, "timeout_seconds": _SECONDS}
_PROBES = st.one_of(
    _made(TcpProbe, port=_PORTS, **_TIMES),
    _made(
        HttpProbe,
        "path",
        path=st.sampled_from(["/", "/a?b=c", "x", "", "/a b", "/ü"]),
        port=_PORTS,
        scheme=st.sampled_from(["HTTP", "HTTPS", "https"]),
        **_TIMES,
    ),
    _made(ExecProbe, "command", command=st.one_of(st.lists(_ANY_TEXT, max_size=3), st.just("true")), **_TIMES),
)
_RESOURCES = _made(
    Resources,
    cpu=_AMOUNTS,
    memory=_AMOUNTS,
    ephemeral_storage=_AMOUNTS,
    cpu_limit=_AMOUNTS,
    memory_limit=_AMOUNTS,
    ephemeral_storage_limit=_AMOUNTS,
    gpu=st.tuples(st.sampled_from(["nvidia.com/gpu", "a.b/C.d", "gpu", "a/b c", "kubernetes.io/x"]), st.integers(0, 3)),
)
_SECRET_KEYS = _made(
    SecretKey, "name", "key", name=st.one_of(_NAMES, _ANY_TEXT), key=st.sampled_from(["a", "A.b", "..", "a b", ""])
)
_FIELDS = st.sampled_from(
    ["status.podIP", "metadata.labels['a']", "metadata.annotations['a.b/C']", "metadata.labels", "spec.x", "metadata.labels['']"]
)
_SOURCES = st.one_of(
    _made(ConfigKey, "name", "key", name=_NAMES, key=st.sampled_from(["a", "..", "a b", ""])),
    _made(PodField, "path", path=_FIELDS),
    _SECRET_KEYS,
)


def _address(drawn: tuple[Endpoint, Callable[[Endpoint], Address]]) -> Address | None:
    with suppress(InvalidInput):
        return drawn[1](drawn[0])
    return None


_ADDRESSES = st.tuples(
    ENDPOINTS,
    st.sampled_from([lambda at: at.host, lambda at: at.url, lambda at: at.path("/x"), lambda at: at.external_path("/x")]),
).map(_address)
_ENV = st.dictionaries(_ENV_NAMES, st.one_of(_ANY_TEXT, _ANY_TEXT, _ADDRESSES.filter(bool), _SOURCES), max_size=3)
_FILES = st.dictionaries(
    _DIRECTORIES,
    st.one_of(
        _ANY_TEXT,
        _made(ConfigFile, "name", "key", name=_NAMES, key=st.sampled_from(["a", "..", ".", "..a", "a b", ""])),
        _made(SecretFiles, "name", name=_NAMES),
    ),
    max_size=3,
)
_ACCESS = st.sampled_from(["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod", "x"])
_CLAIMS = st.dictionaries(
    _DIRECTORIES, _made(Claim, "size", size=_SIZES, storage_class=st.one_of(st.none(), _NAMES), access=_ACCESS), max_size=2
)
_CONTAINER = {
    "command": st.lists(_ANY_TEXT, min_size=1, max_size=2),
    "args": st.lists(_ANY_TEXT, min_size=1, max_size=2),
    "env": _ENV,
    "env_from": st.lists(
        st.one_of(_made(SecretRef, "name", name=_NAMES), _made(ConfigRef, "name", name=_NAMES)), min_size=1, max_size=2
    ),
    "files": _FILES,
    "writes": st.lists(_DIRECTORIES, min_size=1, max_size=3),
    "claims": _CLAIMS,
    "resources": _RESOURCES,
}
_BESIDE = {**_CONTAINER, "api_token": st.booleans()}
_RANGES = st.lists(st.tuples(_PORTS, _PORTS), max_size=2)
_OUTSIDE = _made(Outside, "ports", "reason", ports=_RANGES, reason=st.just("news"), cidrs=st.lists(_CIDRS, max_size=2))
_SIDECARS = _made(
    Sidecar,
    *("name", "image", "readiness", "liveness"),
    name=_NAMES,
    image=_IMAGES,
    readiness=_PROBES,
    liveness=_PROBES,
    startup=st.one_of(st.none(), _PROBES),
    database_env=st.one_of(st.none(), _ENV_NAMES),
    endpoints=st.lists(ENDPOINTS, max_size=1),
    **_BESIDE,
)
_INITS = _made(
    Init,
    *("name", "image"),
    name=_NAMES,
    image=_IMAGES,
    restart_policy=st.sampled_from([None, None, "Always", "Never"]),
    startup=st.one_of(st.none(), st.none(), _PROBES),
    readiness=st.one_of(st.none(), st.none(), _PROBES),
    liveness=st.one_of(st.none(), st.none(), _PROBES),
    **_BESIDE,
)
_LABELS = st.dictionaries(_KEYS, st.sampled_from(["x", "", "a b"]), max_size=2)
_ASKING = {"why": st.just("asks"), "port": st.one_of(st.none(), st.none(), _PORTS)}


def _client_at(cidr: str, why: str = "", port: int | None = None) -> Client:
    return Client.cidrs(cidr, why=why, port=port)


_CLIENTS = st.one_of(
    _made(Client.pods, "namespace", namespace=_NAMESPACES, name=_NAMES, **_ASKING),
    _made(Client.pods, "namespace", namespace=_NAMESPACES, labels=_LABELS, **_ASKING),
    _made(Client.namespace, "namespace", namespace=_NAMESPACES, **_ASKING),
    _made(_client_at, "cidr", cidr=_CIDRS, **_ASKING),
)
_RIGHTS = _made(
    ApiRights,
    *("verbs", "resources"),
    verbs=st.lists(st.sampled_from(["get", "list", "*", ""]), max_size=2),
    resources=st.lists(st.sampled_from(["pods", "pods/log", "*", "a b"]), max_size=2),
    groups=st.lists(st.sampled_from(["", "apps", "*", "A"]), max_size=2),
    names=st.lists(_NAMES, max_size=1),
)
_METRICS = _made(
    Metrics,
    "port",
    port=_PORTS,
    path=st.sampled_from(["/metrics", "m"]),
    prometheus_namespace=_NAMESPACES,
    service_monitor=st.booleans(),
)
_AUTOSCALE = _made(Autoscale, "min", "max", min=st.integers(0, 5), max=st.integers(0, 101), cpu_percent=st.integers(0, 200))
_TOLERATIONS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "key": _KEYS,
            "operator": st.sampled_from(["Equal", "Exists", "In"]),
            "value": st.sampled_from(["x", "", "a b"]),
            "effect": st.sampled_from(["NoSchedule", "NoExecute", "", "Never"]),
            "tolerationSeconds": _SECONDS,
        },
    ),
    max_size=2,
)
_PODS = _made(
    Pods,
    labels=_LABELS,
    annotations=_LABELS,
    node_selector=_LABELS,
    tolerations=_TOLERATIONS,
    priority_class=st.sampled_from([None, "high", "High"]),
    image_pull_policy=st.sampled_from([None, "Always", "never"]),
    max_limit_request_ratio=st.dictionaries(st.sampled_from(["cpu", "memory", "x"]), st.sampled_from([1, 4, 0]), max_size=2),
)
_SERVICE_TYPES = st.sampled_from(["LoadBalancer", "LoadBalancer", "LoadBalancer", "ClusterIP", "NodePort", "ExternalName"])
_PODS_OF_A_TASK = {
    "pods": _PODS,
    **_CONTAINER,
    "init": st.lists(_INITS, min_size=1, max_size=2),
    "outside": st.lists(_OUTSIDE, min_size=1, max_size=2),
    "user": st.sampled_from([0, 1, 999, 10001, 2**31 - 1, 2**31]),
    "api_rights": st.lists(_RIGHTS, min_size=1, max_size=2),
    "grace_period_seconds": st.integers(-1, 90000),
    "share_process_namespace": st.sampled_from([None, True, False]),
    "waits_for_database": st.booleans(),
    "component": _NAMES,
    "service_type": _SERVICE_TYPES,
    "load_balancer_class": st.sampled_from([None, "example.test/inner", "inner", "a b"]),
    "load_balancer_source_ranges": st.lists(_CIDRS, min_size=1, max_size=2),
    "service_annotations": st.dictionaries(_KEYS, _ANY_TEXT, max_size=2),
}
_PODS_OF_A_WORKER = {
    **_PODS_OF_A_TASK,
    "replicas": st.integers(0, 101),
    "readiness": _PROBES,
    "liveness": _PROBES,
    "startup": _PROBES,
    "sidecars": st.lists(_SIDECARS, min_size=1, max_size=2),
    "metrics": _METRICS,
    "autoscale": _AUTOSCALE,
}
OPTIONS = {
    **_PODS_OF_A_WORKER,
    "aliases": st.lists(_NAMES, min_size=1, max_size=2),
    "other_endpoints": st.lists(ENDPOINTS, min_size=1, max_size=2),
    "probe_port": _PORTS,
    "clients": st.lists(_CLIENTS, min_size=1, max_size=2),
}
_DNS_PODS = {"namespace": _NAMESPACES, "labels": st.just({"k8s-app": "dns"}), "port": _PORTS}
CONTEXTS = _made(
    Context,
    labels=_LABELS,
    annotations=st.dictionaries(_KEYS, _ANY_TEXT, max_size=2),
    image_pull_secrets=st.lists(_NAMES, max_size=2),
    cluster=_made(
        Cluster,
        domain=st.sampled_from(["cluster.local", "corp.example", ".local"]),
        ip_families=st.sampled_from([["IPv4"], ["IPv6"], ["IPv4", "IPv6"], ["IPv6", "IPv4"], []]),
        cidrs=st.lists(_CIDRS, max_size=2),
        dns=st.lists(
            st.one_of(_made(DnsServer, "cidr", cidr=_CIDRS, port=_PORTS), _made(DnsServer, "namespace", "labels", **_DNS_PODS)),
            max_size=2,
        ),
        api_server_ports=st.lists(_PORTS, max_size=2),
        node_port_range=st.sampled_from(["30000-32767", "32000-32767", "80-443", "2-1"]),
        openshift=st.booleans(),
        proxy=_made(
            Proxy,
            http=st.sampled_from(["http://192.0.2.7:3128", "http://a:b@c", "x"]),
            https=st.sampled_from(["http://squid.shop.svc:3128", "http://[2001:db8::7]"]),
            no_proxy=st.lists(st.sampled_from([".example.test", "a,b"]), max_size=2),
            cidrs=st.lists(_CIDRS, max_size=2),
        ),
    ),
    node_address=st.one_of(st.none(), st.sampled_from(["10.0.0.7", "nodes.example.test", "2001:db8::1", "a b"])),
    pods=_PODS,
)
_CPU = _made(Cpu, "request", "limit", request=_AMOUNTS, limit=st.one_of(st.none(), _AMOUNTS))
_DATABASE = {
    "cpu": _CPU,
    "mongod_arguments": st.lists(st.sampled_from(["--oplogSize=2048", "--quiet", "--auth", "x", "--a b"]), max_size=2),
    "pods": _PODS,
    "members": st.sampled_from([0, 1, 2, 3, 5, 7, 9]),
    "storage": _SIZES,
    "node_label": st.sampled_from(["db=yes", "db", "example.test/db=", "a b=c"]),
    "name": st.one_of(st.none(), _NAMES),
    "image": _IMAGES,
    "memory": _AMOUNTS,
    "storage_class": st.one_of(st.none(), _NAMES),
    "replica_set": _NAMES,
    "keep_running": st.one_of(st.none(), st.integers(0, 8)),
    "replace_member": st.one_of(st.none(), st.integers(-1, 7)),
    "single_member_may_lose_data": st.booleans(),
    "feature_compatibility_version": st.sampled_from([None, "8.0", "7.0", "9.0", "x"]),
    "existing_secrets": st.one_of(st.none(), st.dictionaries(st.sampled_from(["keyfile", "root", "orders"]), _NAMES, max_size=2)),
}
_BUCKETS = _made(
    Bucket,
    *("endpoint", "name"),
    endpoint=st.sampled_from(["https://s3.example.test", "http://minio.shop.svc:9000", "ftp://x", "https://203.0.113.7:9000"]),
    name=st.sampled_from(["dumps", "a", "A.b", "a..b"]),
    secret=st.one_of(st.none(), _NAMES),
    service_account_annotations=st.dictionaries(_KEYS, _ANY_TEXT, max_size=2),
    ca=st.sampled_from([None, SecretKey("ca", "ca.crt"), ConfigKey("ca", "ca.crt")]),
    prefix=st.sampled_from([None, "a/b", "/a"]),
    region=st.sampled_from([None, "eu-west-1", "EU"]),
)
_SCHEDULES = st.sampled_from(["0 1 * * *", "5 4 * * 0", "0 */2 1 1 *", "@daily", "*/5 * * * *", "61 * * * *", "x"])
_DUMPS = {
    "schedule": _SCHEDULES,
    "keep": st.integers(0, 1001),
    "drill_schedule": _SCHEDULES,
    "storage": st.one_of(st.none(), _SIZES),
    "bucket": st.one_of(st.none(), _BUCKETS),
    "claim_annotations": st.one_of(st.none(), st.dictionaries(_KEYS, _ANY_TEXT, max_size=2)),
}
_QUEUE = {
    "endpoint": ENDPOINTS,
    "lists": st.lists(st.sampled_from(["A", "a:b", "a b"]), max_size=3),
    "storage": _SIZES,
    "bootstrap_image": _IMAGES,
    "memory": _AMOUNTS,
    "cpu": _CPU,
    "pods": _PODS,
    "storage_class": st.one_of(st.none(), _NAMES),
    "admin_secret": st.one_of(st.none(), _NAMES),
}
_PROVISIONER = {
    "namespace": _NAMESPACES,
    "provisioner": st.sampled_from(["example.test/local", "local", "a b", "A/b", ""]),
    "storage_class": _NAMES,
    "directory": _DIRECTORIES,
}
_BOOTSTRAP = {
    "name": _NAMES,
    "namespace": _NAMESPACES,
    "image": _IMAGES,
    "secrets": st.just(lambda: {"one": {"password": "password"}}),
    "labels": st.just({"a": "b"}),
    "component": _NAMES,
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
        self.kind(chart, "orders", **_fitting(tried, arguments, required))

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
    "endpoint": ENDPOINTS,
    "queue_env": _QUEUE_ENV,
}
SERVICES = _some({**_KINDS, **OPTIONS}, *_KINDS).map(_service)

_BY_THEMSELVES = {
    "grants": st.lists(_GRANTS, max_size=3),
    "name": st.one_of(st.none(), _NAMES),
    "namespace": st.one_of(st.none(), st.just("shop")),
}
_WORKER = {"kind": st.just(Worker), "queue_env": _QUEUE_ENV, **_BY_THEMSELVES}
_WORKERS = _some({**_WORKER, **_PODS_OF_A_WORKER}, *_WORKER).map(_service)
_TASKS = _some(
    {"kind": st.just(Task), **_BY_THEMSELVES, "schedule": st.one_of(st.none(), _SCHEDULES), **_PODS_OF_A_TASK},
    *("kind", *_BY_THEMSELVES, "schedule"),
).map(_service)


def _defined(cls: Callable[..., object], arguments: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Define]:
    return arguments.map(lambda passed: lambda chart: cls(chart, "one", **passed))


def _of_a_database(cls: Callable[..., object], arguments: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Define]:
    return arguments.map(lambda passed: lambda chart: cls(chart, "one", database=_database(chart), **passed))


OTHERS = st.one_of(
    _WORKERS,
    _TASKS,
    _defined(ReplicatedDatabase, _some(_DATABASE, "members", "storage", "node_label")),
    _of_a_database(DatabaseBackup, _some(_DUMPS, "schedule", "keep")),
    _of_a_database(DatabaseMonitoring, _some({"prometheus_namespace": _NAMESPACES, "image": _IMAGES}, "prometheus_namespace")),
    _defined(RedisQueue, _some(_QUEUE, "endpoint", "lists", "storage", "bootstrap_image")),
    _defined(LocalPathProvisioner, _some(_PROVISIONER, *_PROVISIONER)),
    _defined(SecretsBootstrap, _some(_BOOTSTRAP, *_BOOTSTRAP)),
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
