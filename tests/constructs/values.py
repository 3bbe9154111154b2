"""Values of the constructs' options as Hypothesis makes them: what fits, what nearly does, and what does not."""

from collections.abc import Callable
from contextlib import suppress

from hypothesis import strategies as st

from mgmtcluster import (
    Address,
    ApiRights,
    Autoscale,
    Claim,
    Client,
    ConfigFile,
    ConfigKey,
    ConfigRef,
    Endpoint,
    ExecProbe,
    HttpProbe,
    Init,
    InvalidInput,
    Metrics,
    Outside,
    Peer,
    PodField,
    Pods,
    Resources,
    SecretFiles,
    SecretKey,
    SecretRef,
    Sidecar,
    TcpProbe,
)
from tests.constructs.drawing import made

ANY_TEXT = st.text(max_size=70)
NAMES = st.one_of(
    st.sampled_from(
        ["orders", "a", "web", "web-x", "wait-for-database", "root", "keyfile", "x" * 63, "x" * 40, "1st", "a.b", "A"]
    ),
    st.from_regex(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True),
)
NAMESPACES = st.sampled_from(["shop"] * 12 + ["bank", "A"])
PORTS = st.one_of(st.integers(1, 65535), st.sampled_from([0, 65536, -1, 80]))
DIRECTORIES = st.one_of(
    st.sampled_from(["/tmp", "/x/y", "/y", "/app/cache_", "/app/.", "/A", "/a_b", "/a-b", "/", "tmp", "/a:b", "/" + "x" * 70]),
    st.from_regex(r"(/[A-Za-z0-9._-]{1,20}){1,6}", fullmatch=True),
)
_SCHEMES = st.sampled_from(["http", "https", "elasticsearch", "mongodb+srv", "HTTP", "", "a-b", "x" * 64, "h2c"])
_ENV_NAMES = st.sampled_from(
    ["A", "B", "C_1", "PATH", "HOME", "URL", "NODE_IP", "DATABASE_PASSWORD", "REDIS_HOST", "1A", "a_b", "_", "A.B", ""]
)
AMOUNTS = st.one_of(
    st.sampled_from(
        ["0", "1", "50m", "0.5", "0.0001", "1.5Gi", "1Gi", "1e3", "64Mi", "1Ei", "2Ei", "999999999999999", "-1", "x"]
    ),
    st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,3})?(m|k|M|G|Ki|Mi|Gi)?", fullmatch=True),
)
SIZES = st.one_of(st.sampled_from(["1Gi", "10Gi", "1.5Ti", "1500M"]), AMOUNTS)
_SECONDS = st.one_of(st.integers(-1, 400), st.just(2**31))
IMAGES = st.sampled_from(
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
CIDRS = st.sampled_from(["10.0.0.0/8", "0.0.0.0/0", "10.244.0.0/16", "2001:db8::/32", "::/0", "10.0.0.1/8", "192.0.2.7", "x"])
KEYS = st.one_of(st.sampled_from(["example.test/note", "a", "a b", "/a", "A.B/c", "x" * 64]), ANY_TEXT)


_PEERS = made(
    Peer,
    "namespace",
    namespace=NAMESPACES,
    name=NAMES,
    labels=st.dictionaries(KEYS, st.sampled_from(["x", "", "a b"]), max_size=2),
)
ENDPOINTS = made(
    Endpoint,
    *("service", "namespace", "port"),
    service=NAMES,
    namespace=NAMESPACES,
    port=PORTS,
    node_port=st.one_of(st.none(), st.integers(29999, 32768)),
    scheme=_SCHEMES,
    pods=st.one_of(st.none(), _PEERS),
    target_port=st.one_of(st.none(), PORTS),
    protocol=st.sampled_from(["TCP", "TCP", "UDP", "SCTP", "ICMP"]),
    pod=st.sampled_from([*([None] * 6), "orders-0", "A"]),
)
_TIMES = {"period_seconds": _SECONDS, "failure_threshold": _SECONDS, "timeout_seconds": _SECONDS}
_PROBES = st.one_of(
    made(TcpProbe, port=PORTS, **_TIMES),
    made(
        HttpProbe,
        "path",
        path=st.sampled_from(["/", "/a?b=c", "x", "", "/a b", "/ü"]),
        port=PORTS,
        scheme=st.sampled_from(["HTTP", "HTTPS", "https"]),
        **_TIMES,
    ),
    made(ExecProbe, "command", command=st.one_of(st.lists(ANY_TEXT, max_size=3), st.just("true")), **_TIMES),
)
_RESOURCES = made(
    Resources,
    cpu=AMOUNTS,
    memory=AMOUNTS,
    ephemeral_storage=AMOUNTS,
    cpu_limit=AMOUNTS,
    memory_limit=AMOUNTS,
    ephemeral_storage_limit=AMOUNTS,
    gpu=st.tuples(st.sampled_from(["nvidia.com/gpu", "a.b/C.d", "gpu", "a/b c", "kubernetes.io/x"]), st.integers(0, 3)),
)
_SECRET_KEYS = made(SecretKey, "name", "key", name=st.one_of(NAMES, ANY_TEXT), key=st.sampled_from(["a", "A.b", "..", "a b", ""]))
_FIELDS = st.sampled_from(
    ["status.podIP", "metadata.labels['a']", "metadata.annotations['a.b/C']", "metadata.labels", "spec.x", "metadata.labels['']"]
)
_SOURCES = st.one_of(
    made(ConfigKey, "name", "key", name=NAMES, key=st.sampled_from(["a", "..", "a b", ""])),
    made(PodField, "path", path=_FIELDS),
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
_ENV = st.dictionaries(_ENV_NAMES, st.one_of(ANY_TEXT, ANY_TEXT, _ADDRESSES.filter(bool), _SOURCES), max_size=3)
_FILES = st.dictionaries(
    DIRECTORIES,
    st.one_of(
        ANY_TEXT,
        made(ConfigFile, "name", "key", name=NAMES, key=st.sampled_from(["a", "..", ".", "..a", "a b", ""])),
        made(SecretFiles, "name", name=NAMES),
    ),
    max_size=3,
)
_ACCESS = st.sampled_from(["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod", "x"])
_CLAIMS = st.dictionaries(
    DIRECTORIES, made(Claim, "size", size=SIZES, storage_class=st.one_of(st.none(), NAMES), access=_ACCESS), max_size=2
)
_CONTAINER = {
    "command": st.lists(ANY_TEXT, min_size=1, max_size=2),
    "args": st.lists(ANY_TEXT, min_size=1, max_size=2),
    "env": _ENV,
    "env_from": st.lists(
        st.one_of(made(SecretRef, "name", name=NAMES), made(ConfigRef, "name", name=NAMES)), min_size=1, max_size=2
    ),
    "files": _FILES,
    "writes": st.lists(DIRECTORIES, min_size=1, max_size=3),
    "claims": _CLAIMS,
    "resources": _RESOURCES,
}
_BESIDE = {**_CONTAINER, "api_token": st.booleans()}
_RANGES = st.lists(st.tuples(PORTS, PORTS), max_size=2)
_OUTSIDE = made(Outside, "ports", "reason", ports=_RANGES, reason=st.just("news"), cidrs=st.lists(CIDRS, max_size=2))
_SIDECARS = made(
    Sidecar,
    *("name", "image", "readiness", "liveness"),
    name=NAMES,
    image=IMAGES,
    readiness=_PROBES,
    liveness=_PROBES,
    startup=st.one_of(st.none(), _PROBES),
    database_env=st.one_of(st.none(), _ENV_NAMES),
    endpoints=st.lists(ENDPOINTS, max_size=1),
    **_BESIDE,
)
_INITS = made(
    Init,
    *("name", "image"),
    name=NAMES,
    image=IMAGES,
    restart_policy=st.sampled_from([None, None, "Always", "Never"]),
    startup=st.one_of(st.none(), st.none(), _PROBES),
    readiness=st.one_of(st.none(), st.none(), _PROBES),
    liveness=st.one_of(st.none(), st.none(), _PROBES),
    endpoints=st.lists(ENDPOINTS, max_size=1),
    **_BESIDE,
)
LABELS = st.dictionaries(KEYS, st.sampled_from(["x", "", "a b"]), max_size=2)
_ASKING = {"why": st.just("asks"), "port": st.one_of(st.none(), st.none(), PORTS)}


def _client_at(cidr: str, why: str = "", port: int | None = None) -> Client:
    return Client.cidrs(cidr, why=why, port=port)


_CLIENTS = st.one_of(
    made(Client.pods, "namespace", namespace=NAMESPACES, name=NAMES, **_ASKING),
    made(Client.pods, "namespace", namespace=NAMESPACES, labels=LABELS, **_ASKING),
    made(Client.namespace, "namespace", namespace=NAMESPACES, **_ASKING),
    made(_client_at, "cidr", cidr=CIDRS, **_ASKING),
)
_RIGHTS = made(
    ApiRights,
    *("verbs", "resources"),
    verbs=st.lists(st.sampled_from(["get", "list", "*", ""]), max_size=2),
    resources=st.lists(st.sampled_from(["pods", "pods/log", "*", "a b"]), max_size=2),
    groups=st.lists(st.sampled_from(["", "apps", "*", "A"]), max_size=2),
    names=st.lists(NAMES, max_size=1),
)
_METRICS = made(
    Metrics,
    "port",
    port=PORTS,
    path=st.sampled_from(["/metrics", "m"]),
    prometheus_namespace=NAMESPACES,
    service_monitor=st.booleans(),
)
_AUTOSCALE = made(Autoscale, "min", "max", min=st.integers(0, 5), max=st.integers(0, 101), cpu_percent=st.integers(0, 200))
_TOLERATIONS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "key": KEYS,
            "operator": st.sampled_from(["Equal", "Exists", "In"]),
            "value": st.sampled_from(["x", "", "a b"]),
            "effect": st.sampled_from(["NoSchedule", "NoExecute", "", "Never"]),
            "tolerationSeconds": _SECONDS,
        },
    ),
    max_size=2,
)
PODS = made(
    Pods,
    labels=LABELS,
    annotations=LABELS,
    node_selector=LABELS,
    tolerations=_TOLERATIONS,
    priority_class=st.sampled_from([None, "high", "High"]),
    image_pull_policy=st.sampled_from([None, "Always", "never"]),
    max_limit_request_ratio=st.dictionaries(st.sampled_from(["cpu", "memory", "x"]), st.sampled_from([1, 4, 0]), max_size=2),
)
_SERVICE_TYPES = st.sampled_from(["LoadBalancer", "LoadBalancer", "LoadBalancer", "ClusterIP", "NodePort", "ExternalName"])
PODS_OF_A_TASK = {
    "pods": PODS,
    **_CONTAINER,
    "init": st.lists(_INITS, min_size=1, max_size=2),
    "outside": st.lists(_OUTSIDE, min_size=1, max_size=2),
    "user": st.sampled_from([0, 1, 999, 10001, 2**31 - 1, 2**31]),
    "api_rights": st.lists(_RIGHTS, min_size=1, max_size=2),
    "grace_period_seconds": st.integers(-1, 90000),
    "share_process_namespace": st.sampled_from([None, True, False]),
    "waits_for_database": st.booleans(),
    "component": NAMES,
}
PODS_OF_A_WORKER = {
    **PODS_OF_A_TASK,
    "replicas": st.integers(0, 101),
    "readiness": _PROBES,
    "liveness": _PROBES,
    "startup": _PROBES,
    "sidecars": st.lists(_SIDECARS, min_size=1, max_size=2),
    "metrics": _METRICS,
    "autoscale": _AUTOSCALE,
}
OPTIONS = {
    **PODS_OF_A_WORKER,
    "aliases": st.lists(NAMES, min_size=1, max_size=2),
    "other_endpoints": st.lists(ENDPOINTS, min_size=1, max_size=2),
    "probe_port": PORTS,
    "clients": st.lists(_CLIENTS, min_size=1, max_size=2),
    "service_type": _SERVICE_TYPES,
    "load_balancer_class": st.sampled_from([None, "example.test/inner", "inner", "a b"]),
    "load_balancer_source_ranges": st.lists(CIDRS, min_size=1, max_size=2),
    "service_annotations": st.dictionaries(KEYS, ANY_TEXT, max_size=2),
}
