"""What a service's own container may be told, its sidecars and init containers may be told too."""

from typing import Any

import pytest

from mgmtcluster import (
    Client,
    ConfigFile,
    ConfigKey,
    ConfigRef,
    Endpoint,
    ExecProbe,
    HttpProbe,
    Init,
    InvalidInput,
    Peer,
    PodField,
    Resources,
    SecretFiles,
    SecretKey,
    SecretRef,
    TcpProbe,
)
from mgmtcluster.testing import Manifest, Manifests, Pod, may_connect
from tests.constructs.made_up import TILL, orders, sidecar
from tests.rendering import pod_spec

#: What every container may be told, and what becomes of it.
TOLD: dict[str, Any] = {
    "command": ["node"],
    "args": ["server.js"],
    "env": {
        "POD_IP": PodField("status.podIP"),
        "TEAM": PodField("metadata.labels['example.test/team']"),
        "MODE": ConfigKey("web", "mode"),
        "TOKEN": SecretKey("web", "token"),
    },
    "env_from": [SecretRef("web-extra"), ConfigRef("web")],
    "files": {"/app/web.yaml": ConfigFile("web", key="web.yaml"), "/certs": SecretFiles("web-tls"), "/app/motd": "hello"},
    "resources": Resources(gpu=("nvidia.com/gpu", 1)),
}


def init(**arguments: Any) -> Init:
    """An init container with as little as can be said, and what is given."""
    return Init(**{"name": "migrate", "image": "example.test/migrate:1", **arguments})


def deployment(objects: Manifests, name: str = "orders") -> Manifest:
    """The Deployment of a service."""
    return objects.one("Deployment", "shop", name)


PLACES: dict[str, dict[str, Any]] = {
    "orders": TOLD,
    "helper": {"sidecars": [sidecar(**TOLD)]},
    "migrate": {"init": [init(**TOLD)]},
}


@pytest.mark.parametrize("name", PLACES)
def test_every_container_takes_the_same_options(name: str) -> None:
    """The main one, a sidecar, an init container."""
    objects = orders(**PLACES[name])
    spec = pod_spec(deployment(objects))
    [container] = [each for each in [*spec.get("initContainers", ()), *spec["containers"]] if each["name"] == name]
    assert (container["command"], container["args"]) == (["node"], ["server.js"])
    assert [each.get("valueFrom") for each in container["env"]] == [
        {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}},
        {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.labels['example.test/team']"}},
        {"configMapKeyRef": {"name": "web", "key": "mode"}},
        {"secretKeyRef": {"name": "web", "key": "token"}},
    ]
    assert container["envFrom"] == [{"secretRef": {"name": "web-extra"}}, {"configMapRef": {"name": "web"}}]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == container["resources"]["requests"]["nvidia.com/gpu"] == "1"
    mounts = {each["mountPath"]: each for each in container["volumeMounts"]}
    volumes = {each["name"]: each for each in spec["volumes"]}
    file, certificates, text = (mounts[path] for path in ("/app/web.yaml", "/certs", "/app/motd"))
    assert (volumes[file["name"]]["configMap"]["name"], file["subPath"]) == ("web", "web.yaml")
    assert volumes[certificates["name"]]["secret"] == {"secretName": "web-tls", "defaultMode": 0o440}
    [made] = objects.of_kind("ConfigMap")
    assert volumes[text["name"]]["configMap"]["name"] == made["metadata"]["name"] == "orders-files"
    assert made["data"] == {text["subPath"]: "hello"}
    assert all(mount["readOnly"] for mount in (file, certificates, text))


def test_a_changed_text_replaces_the_pods() -> None:
    """Its checksum is an annotation of them; without texts there is none."""
    first, second = (deployment(orders(files={"/motd": text}))["spec"]["template"]["metadata"] for text in ("hello", "bye"))
    assert first["annotations"].keys() == {"checksum/files"}
    assert first["annotations"] != second["annotations"]
    assert "annotations" not in deployment(orders())["spec"]["template"]["metadata"]


def test_texts_of_two_containers_are_two() -> None:
    """At the same path."""
    objects = orders(files={"/motd": "one"}, sidecars=[sidecar(files={"/motd": "two"})])
    [made] = objects.of_kind("ConfigMap")
    texts = {
        each["name"]: made["data"][mount["subPath"]]
        for each in pod_spec(deployment(objects))["containers"]
        for mount in each["volumeMounts"]
        if mount["mountPath"] == "/motd"
    }
    assert texts == {"orders": "one", "helper": "two"}


def test_probes_may_be_told() -> None:
    """Of HTTPS too; the default of the startup probe is replaced."""
    container = orders(startup=HttpProbe(path="/ready", scheme="HTTPS")).container("shop", "orders")
    assert container["startupProbe"]["httpGet"] == {"path": "/ready", "port": 8080, "scheme": "HTTPS"}
    assert "scheme" not in orders(startup=HttpProbe(path="/ready")).container("shop", "orders")["startupProbe"]["httpGet"]
    helper = orders(sidecars=[sidecar(startup=ExecProbe(command=["up"]))]).container("shop", "orders", "helper")
    assert helper["startupProbe"]["exec"] == {"command": ["up"]}


def test_what_pods_get_to_end_may_be_told() -> None:
    """And whether their containers see each other's processes."""
    spec = pod_spec(deployment(orders(grace_period_seconds=60, share_process_namespace=False)))
    assert (spec["terminationGracePeriodSeconds"], "shareProcessNamespace" in spec) == (60, False)
    assert pod_spec(deployment(orders()))["shareProcessNamespace"] is True
    assert "shareProcessNamespace" not in pod_spec(deployment(orders(sidecars=[sidecar()])))
    assert pod_spec(deployment(orders(sidecars=[sidecar()], share_process_namespace=True)))["shareProcessNamespace"] is True


def test_a_sidecar_may_answer_at_a_port_of_the_service() -> None:
    """Its own container declares the port, and its probes ask it."""
    exporter = sidecar(endpoints=[Endpoint("till", "shop", 9100, target_port=9101)], readiness=HttpProbe(path="/"))
    objects = orders(endpoint=TILL, sidecars=[exporter])
    assert [port["targetPort"] for port in objects.one("Service", "shop", "till")["spec"]["ports"]] == [8081, 9101]
    main, helper = pod_spec(deployment(objects, "till"))["containers"]
    assert [port["containerPort"] for port in main["ports"]] == [8081]
    assert [port["containerPort"] for port in helper["ports"]] == [9101]
    assert helper["readinessProbe"]["httpGet"]["port"] == 9101


def test_an_init_container_that_stays_may_answer_at_a_port_of_the_service() -> None:
    """As a sidecar may."""
    at = Endpoint("till", "shop", 443, target_port=8443)
    proxy = init(name="proxy", restart_policy="Always", endpoints=[at], startup=TcpProbe())
    clients = [Client.namespace("a", port=443)]
    objects = orders(endpoint=TILL, init=[proxy], clients=clients)
    assert [port["targetPort"] for port in objects.one("Service", "shop", "till")["spec"]["ports"]] == [8081, 8443]
    spec = pod_spec(deployment(objects, "till"))
    [staying] = spec["initContainers"]
    assert [port["containerPort"] for port in staying["ports"]] == [8443]
    assert staying["startupProbe"]["tcpSocket"]["port"] == 8443
    assert [port["containerPort"] for port in spec["containers"][0]["ports"]] == [8081]
    assert may_connect(objects, Pod("a"), Peer("shop", "till"), 8443)


def test_an_init_container_that_stays_is_a_sidecar_that_starts_first() -> None:
    """It has probes and drains; one that ends has none, and containers do not see each other's processes."""
    proxy = init(name="proxy", restart_policy="Always", startup=ExecProbe(command=["up"]))
    spec = pod_spec(deployment(orders(init=[init(), proxy])))
    ending, staying = spec["initContainers"]
    assert (staying["restartPolicy"], staying["startupProbe"]["exec"]["command"]) == ("Always", ["up"])
    assert "lifecycle" in staying
    assert not {"restartPolicy", "startupProbe", "lifecycle"} & ending.keys()
    assert "shareProcessNamespace" not in spec


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a file twice": (
        {"files": {"/tmp": SecretFiles("web")}},
        "files: /tmp is mounted twice; write another path, or writes=[…] without it",
    ),
    "a file within a Secret": (
        {"files": {"/certs": SecretFiles("web"), "/certs/ca": ConfigFile("web", "ca")}},
        "files./certs/ca: is within /certs, which is a Secret's alone; write a path outside it",
    ),
    "a file within a file": (
        {"files": {"/app": "x", "/app/motd": ConfigFile("web", "motd")}},
        "files./app/motd: is within /app, which is a file; write a path outside it",
    ),
    "a directory within a file": (
        {"files": {"/app": "x"}, "writes": ["/app/cache"]},
        "writes./app/cache: is within /app, which is a file; write a path outside it",
    ),
    "a port of what ends": (
        {"init": [init(endpoints=[Endpoint("orders", "shop", 9000)])]},
        "init.migrate.endpoints: an init container ends; leave it out, or write restart_policy='Always'",
    ),
    "other pods at its own endpoint": (
        {"endpoint": Endpoint("till", "shop", 80, pods=Peer("shop", "other"))},
        "endpoint: pods: shop/other answer at it, and its own pods do; leave it out",
    ),
    "texts that are too long": (
        {"files": {"/a": "ä" * 2**19, "/b": "x"}},
        "files: the texts of all files are more than 1 MiB, and a ConfigMap holds no more; write less, or use a volume",
    ),
    "two texts that would be one": (
        {"files": {"/a_b": "x", "/a-b": "y"}},
        "files: /a-b and /a_b of orders would be one volume; write another directory, or leave one out",
    ),
    "an address by hand in a text": (
        {"files": {"/a": "url: http://till.shop.svc:8081"}},
        "files./a: 'till.shop.svc:8081' is an address written by hand; pass Endpoint(…).url or .host in env",
    ),
    "an address by hand in an init container": (
        {"init": [init(env={"A": "till.shop.svc"})]},
        "init.migrate.env.A: 'till.shop.svc' is an address written by hand; pass Endpoint(…).url or .host",
    ),
    "an init container's image without tag": (
        {"init": [init(image="migrate")]},
        "init.migrate.image: 'migrate' has no tag; write NAME:TAG or NAME@sha256:DIGEST",
    ),
    "an init container named as the service": (
        {"init": [init(name="orders")]},
        "init.orders: two containers of the pod have this name; write another one",
    ),
    "a probe of what ends": (
        {"init": [init(readiness=ExecProbe(command=["x"]))]},
        "init.migrate.readiness: an init container ends; leave it out, or write restart_policy='Always'",
    ),
    "an end before it is known": (
        {"grace_period_seconds": 10},
        "grace_period_seconds: 10 is over before its Services know that the pod goes; write more than 10",
    ),
    "a port of another Service in a sidecar": (
        {"sidecars": [sidecar(endpoints=[TILL])]},
        "sidecars.helper.endpoints: shop/till:8081 is another Service; write one of orders",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_together_is_refused(name: str) -> None:
    """In one line, with where."""
    arguments, problem = BAD[name]
    with pytest.raises(InvalidInput) as error:
        orders(**arguments)
    assert error.value.problems == (f"test/orders: {problem}",)


_LOWER_CASE: Any = "https"
WRONG: dict[str, tuple[Any, str]] = {
    "a field that pods do not have": (
        lambda: PodField("status.phase"),
        "PodField: path: 'status.phase' is not a field of a pod; write one of metadata.name, ",
    ),
    "a device without its vendor": (
        lambda: Resources(gpu=("gpu", 1)),
        "Resources: gpu.0: 'gpu' is not the resource of a device; write VENDOR/NAME, as in nvidia.com/gpu",
    ),
    "no device": (lambda: Resources(gpu=("nvidia.com/gpu", 0)), "Resources: gpu.1: 0 is out of range; write at least 1"),
    "a Secret that is no name": (
        lambda: SecretRef("My Secret"),
        "SecretRef 'My Secret': name: 'My Secret' is not an object",
    ),
    "a key that is none": (lambda: ConfigFile("web", key="a b"), "ConfigFile 'web': key: 'a b' is not a key of a Secret; write"),
    "another scheme": (
        lambda: HttpProbe(path="/", scheme=_LOWER_CASE),
        "HttpProbe: scheme: 'https' is not allowed; write",
    ),
    "a policy that is none": (
        lambda: init(restart_policy="Never"),
        "Init 'migrate': restart_policy: 'Never' is not allowed; write",
    ),
    "a source that is none": (
        lambda: orders(files={"/a": SecretKey("web", "a")}),
        "test/orders: files./a: expected str, ConfigFile or SecretFiles, got SecretKey(",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_value_that_is_none_is_refused_where_it_is_made(name: str) -> None:
    """In one line."""
    make, problem = WRONG[name]
    with pytest.raises(InvalidInput) as error:
        make()
    [said] = error.value.problems
    assert said.startswith(problem)
