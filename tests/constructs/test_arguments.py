"""What a construct cannot use is refused in Python, in one line that begins with its path."""

from typing import Any

import pytest
from cdk8s import Chart

from mgmtcluster import (
    Cluster,
    Context,
    Endpoint,
    LocalPathProvisioner,
    MetricsService,
    Outside,
    Pods,
    RedisQueue,
    RegistryService,
    set_context,
)
from tests.constructs.made_up import IMAGE, ORDERS, TILL, Define, database, refused, sidecar, web_service
from tests.rendering import render_chart


def service(**arguments: Any) -> Define:
    """A service with one argument changed."""
    return lambda chart: web_service(chart, **arguments)


def late_context(chart: Chart) -> None:
    """A context that is set after a service was made."""
    web_service(chart)
    set_context(chart, Context(node_address="nodes.example.test"))


def connecting_within(cidrs: list[str]) -> Define:
    """A service that connects outside, to a range that is the cluster's own."""

    def define(chart: Chart) -> None:
        set_context(chart, Context(cluster=Cluster(cidrs=cidrs)))
        web_service(chart, outside=[Outside(ports=((80, 80),), reason="one", cidrs=("10.244.7.0/24",))])

    return define


def members(**arguments: Any) -> Define:
    """A database with one argument changed."""
    return lambda chart: database(chart, **arguments)


def redis(**arguments: Any) -> Define:
    """A Redis with one argument changed."""
    complete: dict[str, Any] = {"endpoint": TILL, "lists": ["A"], "storage": "1Gi", "bootstrap_image": IMAGE, **arguments}
    return lambda chart: RedisQueue(chart, "queue", **complete)


def volumes(**arguments: Any) -> Define:
    """A provisioner with one argument changed."""
    complete = {
        "namespace": "shop",
        "provisioner": "test/local",
        "storage_class": "local",
        "directory": "/var/lib/x",
        **arguments,
    }
    return lambda chart: LocalPathProvisioner(chart, "volumes", **complete)


BAD = {
    "an image without tag": (
        service(image="example.test/app"),
        "test/orders: image: 'example.test/app' has no tag; write NAME:TAG",
    ),
    "the latest image": (
        service(image="example.test/app:latest"),
        "test/orders: image: 'example.test/app:latest' has a tag that moves",
    ),
    "an image that is a number": (service(image=1), "test/orders: image: expected text, got 1; write it in quotes"),
    "an endpoint that is text": (service(endpoint="orders"), "test/orders: endpoint: expected Endpoint, got 'orders'"),
    "an env name that is none": (service(env={"1A": "x"}), "test/orders: env.1A"),
    "an env value that is a number": (
        service(env={"A": 1}),
        "test/orders: env.A: expected str, Address, SecretKey, ConfigKey, PodField or GrantValue, got 1",
    ),
    "an address by hand": (
        service(env={"A": "http://till.shop.svc.cluster.local:8081/x"}),
        "test/orders: env.A: 'till.shop.svc.cluster.local:8081' is an address written by hand; pass Endpoint(…).url or .host",
    ),
    "a short address by hand": (
        service(env={"A": "till.shop.svc"}),
        "test/orders: env.A: 'till.shop.svc' is an address written by hand",
    ),
    "an address by hand in a sidecar": (
        service(sidecars=[sidecar(env={"A": "http://till.shop.svc:8081"})]),
        "test/orders: sidecars.helper.env.A: 'till.shop.svc:8081' is an address written by hand",
    ),
    "a sidecar's image without tag": (
        service(sidecars=[sidecar(image="helper")]),
        "test/orders: sidecars.helper.image: 'helper' has no tag",
    ),
    "two sidecars of one name": (service(sidecars=[sidecar(), sidecar()]), "test/orders: sidecars.helper: "),
    "a sidecar named as the service": (service(sidecars=[sidecar(name="orders")]), "test/orders: sidecars.orders: "),
    "a port of another Service": (
        service(other_endpoints=[TILL]),
        "test/orders: other_endpoints: shop/till:8081 is another Service",
    ),
    "a port twice": (
        service(other_endpoints=[Endpoint("orders", "shop", 8080)]),
        "test/orders: other_endpoints: port 8080 is given twice",
    ),
    "an alias that is no name": (service(aliases=["1st"]), "test/orders: aliases.0: '1st' is not a Service name"),
    "no replicas": (service(replicas=0), "test/orders: replicas: 0 is out of range; write at least 1"),
    "replicas as text": (service(replicas="2"), "test/orders: replicas: expected a whole number, got '2'"),
    "a probe port out of range": (
        service(probe_port=70000),
        "test/orders: probe_port: 70000 is out of range; write at most 65535",
    ),
    "a range of clients in a family that is not there": (
        service(service_type="LoadBalancer", load_balancer_source_ranges=["2001:db8::/32"]),
        "test/orders: load_balancer_source_ranges: '2001:db8::/32' is IPv6, and the cluster's ip_families are IPv4; write",
    ),
    "annotations of a Service that there is not": (
        service(endpoint=Endpoint("orders", "shop", 8080), service_annotations={"example.test/a": "b"}),
        "test/orders: service_annotations: no port is exposed; write node_port of the endpoint or service_type, or leave them",
    ),
    "a directory that is relative": (
        service(writes=["tmp"]),
        "test/orders: writes.0: 'tmp' is not an absolute directory; write one as in /tmp",
    ),
    "a directory twice": (service(writes=["/tmp", "/tmp"]), "test/orders: writes"),
    "a user that is root": (service(user=0), "test/orders: user: 0 "),
    "a Secret that is no name": (
        lambda _: Context(image_pull_secrets=["My Secret"]),
        "Context: image_pull_secrets.0: 'My Secret' is not an object",
    ),
    "a Secret that is listed twice": (
        lambda _: Context(image_pull_secrets=["mine", "mine"]),
        "Context: image_pull_secrets: 'mine' is listed twice; remove one",
    ),
    "an argument that there is not": (service(replica=2), "test/orders: replica: is not an argument; write replicas"),
    "waiting for no database": (service(waits_for_database=True), "test/orders: waits_for_database: there is no database"),
    "an address of nodes with a port": (
        lambda _: Context(node_address="10.0.0.7:80"),
        "Context: node_address: '10.0.0.7:80' is not an address",
    ),
    "a range that is none": (
        lambda _: Cluster(cidrs=["10.0.0.1/8"]),
        "Cluster: cidrs.0: '10.0.0.1/8' is not a CIDR",
    ),
    "a range outside that is the cluster's own": (
        connecting_within(["10.244.0.0/16"]),
        "test/orders: outside",
    ),
    "a context that comes late": (
        late_context,
        "test: set_context: comes after a construct below; call it before",
    ),
    "four members": (members(members=4), "test/db: members: 4 is not allowed; write 3, 5 or 7: the nearest is 5"),
    "one member": (members(members=1), "test/db: members: 1 loses every write with its disk"),
    "fewer to keep than members": (members(keep_running=3), "test/db: keep_running: 3 keeps nothing beyond members: 3"),
    "a size that is none": (members(storage="10Gb"), "test/db: storage: '10Gb' is not a Kubernetes quantity"),
    "a small volume": (members(storage="1Mi"), "test/db: storage: '1Mi' is smaller than 1Gi"),
    "a label that is none": (members(node_label="db"), "test/db: node_label: 'db' is not a label; write KEY=VALUE"),
    "a label of nodes that its pods may not run on": (
        members(node_label="db=yes", pods=Pods(node_selector={"db": "no"})),
        "test/db: node_label: 'db=yes' and db: 'no' in node_selector of its pods are on no node together; leave one of them out",
    ),
    "a database's name that is none": (members(name="DB"), "test/db: name: 'DB' is not a DNS label"),
    "an id that is no name": (lambda chart: database(chart, "Db"), "test/Db: name: 'Db' is not a Service name"),
    "a database that is no database": (
        lambda chart: RegistryService(chart, "orders", image=IMAGE, endpoint=ORDERS, database="db"),  # type: ignore[arg-type]
        "test/orders: database: expected Grant, got 'db'",
    ),
    "a database in another namespace": (
        lambda chart: RegistryService(
            chart, "orders", image=IMAGE, endpoint=ORDERS, database=database(chart, namespace="data").grant("orders", env="URL")
        ),
        "test/orders: database: is in the namespace data",
    ),
    "the connection overridden": (
        lambda chart: RegistryService(
            chart,
            "orders",
            image=IMAGE,
            endpoint=ORDERS,
            database=database(chart).grant("a", env="URL"),
            env={"URL": "mongodb://x"},
        ),
        "test/orders: env.URL: ",
    ),
    "a queue that is text": (
        lambda chart: MetricsService(
            chart,
            "orders",
            image=IMAGE,
            endpoint=ORDERS,
            database=database(chart).grant("a", env="URL"),
            queue="redis",  # type: ignore[arg-type]
        ),
        "test/orders: queue: expected Endpoint, got 'redis'",
    ),
    "a Redis' size that is none": (redis(storage="big"), "test/queue: storage: 'big' is not a Kubernetes quantity"),
    "a Redis' image without tag": (redis(image="redis"), "test/queue: image: 'redis' has no tag"),
    "a list with a space": (redis(lists=["a b"]), "test/queue: lists.0: 'a b' "),
    "a directory that is the root": (volumes(directory="/"), "test/volumes: directory: '/' is not an absolute directory"),
    "a helper without tag": (volumes(helper_image="busybox"), "test/volumes: helper_image: 'busybox' has no tag"),
}


@pytest.mark.parametrize(("define", "expected"), BAD.values(), ids=BAD.keys())
def test_an_argument_is_refused(define: Define, expected: str) -> None:
    """One line: the construct's path, the argument, what was given and what to write."""
    [problem] = refused(define)
    assert problem.startswith(expected)


def test_all_wrong_arguments_are_told_at_once() -> None:
    """Each in a line of its own."""
    assert len(refused(service(image="app", replicas="2", probe_port=0, nonsense=1))) == 4


def test_a_construct_without_a_namespace_says_so() -> None:
    """Neither it nor its chart has one."""
    assert refused(members(), namespace=None) == (
        "test/db: namespace: is missing, and the chart has none; write namespace=… on one of them",
    )


def metrics(**arguments: Any) -> Define:
    """A metrics service with one argument changed."""

    def define(chart: Chart) -> None:
        grant = database(chart).grant("a", env="URL")
        made = {"image": IMAGE, "endpoint": ORDERS, "database": grant, "queue": TILL, **arguments}
        MetricsService(chart, "orders", **made)

    return define


IN_EACH_OTHERS_WAY = {
    "two directories that are one volume": (
        service(endpoint=Endpoint("web", "shop", 80), writes=["/x/y"], sidecars=[sidecar(name="web-x", writes=["/y"])]),
        "test/orders: sidecars.web-x.writes: /y and /x/y of web would be one volume; write another directory",
    ),
    "a directory twice": (service(writes=["/tmp", "/tmp"]), "test/orders: writes: /tmp and /tmp of orders would be one volume"),
    "a sidecar with the name of the container that waits": (
        lambda chart: RegistryService(
            chart,
            "orders",
            image=IMAGE,
            endpoint=ORDERS,
            database=database(chart).grant("a", env="URL"),
            waits_for_database=True,
            sidecars=[sidecar(name="wait-for-database", writes=[])],
        ),
        "test/orders: sidecars.wait-for-database: two containers of the pod have this name; write another one",
    ),
    "a variable of the queue": (
        metrics(env={"REDIS_HOST": "elsewhere"}),
        "test/orders: env.REDIS_HOST: is set already; leave it out, or pass another queue_env",
    ),
    "the queue in the variable of the database": (
        metrics(queue_env="URL"),
        "test/orders: queue_env: 'URL': is set already; leave it out, or pass another queue_env",
    ),
    "the variable of the nodes' address in a sidecar": (
        service(sidecars=[sidecar(env={"NODE_IP": "10.0.0.1"})]),
        "test/orders: sidecars.helper.env.NODE_IP: is the address of the nodes",
    ),
    "an alias of its own name": (service(aliases=["orders"]), "test/orders: aliases: 'orders' is a Service of it already"),
    "an alias of the name of what is exposed": (
        service(aliases=["orders-external"], other_endpoints=[Endpoint("orders", "shop", 9090)]),
        "test/orders: aliases: 'orders-external' is a Service of it already",
    ),
    "a queue with a long name": (
        redis(endpoint=Endpoint("q" * 41, "shop", 6379)),
        f"test/queue: endpoint: '{'q' * 41}' is too long for names of Jobs; write at most 40 characters",
    ),
    "a provisioner's name that is none": (
        volumes(provisioner="my provisioner"),
        "test/volumes: provisioner: 'my provisioner' is not the key of a label",
    ),
    "every address as the cluster's own": (
        lambda _: Cluster(cidrs=["10.0.0.0/8", "::/0"]),
        "Cluster: cidrs: '::/0' is every address; write the cluster's own",
    ),
    "an annotation that is none": (
        lambda _: Context(annotations={"my note": "x"}),
        "Context: annotations.my note: 'my note' is not the key of a label",
    ),
}


@pytest.mark.parametrize(("define", "expected"), IN_EACH_OTHERS_WAY.values(), ids=IN_EACH_OTHERS_WAY.keys())
def test_names_in_each_others_way_are_refused(define: Define, expected: str) -> None:
    """A server would refuse them, or one would replace the other."""
    [problem] = refused(define)
    assert problem.startswith(expected)


def test_an_id_that_is_taken_is_refused_in_one_line() -> None:
    """The construct that has it stays."""

    def define(chart: Chart) -> None:
        web_service(chart)
        web_service(chart, endpoint=TILL)

    assert refused(define) == ("test/orders: id: 'orders' is that of another construct here; write another one",)


def test_pythons_own_mistakes_stay_pythons() -> None:
    """A required argument that is missing is a TypeError that names it."""
    with pytest.raises(TypeError, match="members"):
        render_chart(lambda chart: __import__("mgmtcluster").ReplicatedDatabase(chart, "db", storage="1Gi", node_label="a=b"))
