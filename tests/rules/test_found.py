"""Each rule finds what it must, and lets pass what is mended."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
import yaml
from cdk8s import Yaml

from mgmtcluster import Endpoint, rules
from mgmtcluster.testing import Manifest, Manifests
from tests.rules.found import problems

GOOD: Sequence[Manifest] = (
    {"kind": "Namespace", "metadata": {"name": "shop"}},
    {
        "kind": "Deployment",
        "metadata": {"namespace": "shop", "name": "orders"},
        "spec": {
            "template": {
                "metadata": {"labels": {"app.kubernetes.io/name": "orders"}},
                "spec": {
                    "containers": [
                        {
                            "name": "orders",
                            "image": "example.test/orders:1",
                            "ports": [{"containerPort": 8080, "name": "http"}],
                            "env": [{"name": "SELF", "value": "http://orders.shop.svc.cluster.local:8080"}],
                            "resources": {"requests": {"cpu": "50m"}},
                        }
                    ]
                },
            }
        },
    },
    {
        "kind": "Service",
        "metadata": {"namespace": "shop", "name": "orders"},
        "spec": {
            "type": "NodePort",
            "selector": {"app.kubernetes.io/name": "orders"},
            "ports": [{"port": 8080, "targetPort": 8080, "nodePort": 30400}],
        },
    },
    {
        "kind": "StatefulSet",
        "metadata": {"namespace": "shop", "name": "db"},
        "spec": {
            "replicas": 2,
            "template": {
                "metadata": {"labels": {"app.kubernetes.io/name": "db"}},
                "spec": {
                    "initContainers": [{"name": "wait", "image": "example.test/wait:1"}],
                    "containers": [
                        {"name": "db", "image": "example.test/db:1", "ports": [{"containerPort": 5432, "name": "sql"}]}
                    ],
                },
            },
        },
    },
    {
        "kind": "Service",
        "metadata": {"namespace": "shop", "name": "db-1"},
        "spec": {"selector": {"statefulset.kubernetes.io/pod-name": "db-1"}, "ports": [{"port": 5432, "targetPort": "sql"}]},
    },
    {"kind": "ConfigMap", "metadata": {"namespace": "shop", "name": "config"}, "data": {"host": "orders.shop.svc"}},
)
NAMESPACE, DEPLOYMENT, SERVICE, STATEFUL_SET, MEMBER, CONFIG_MAP = range(6)

#: Where in a manifest something is: the number of the object, then keys.
At = Sequence[Any]
CONTAINER = (DEPLOYMENT, "spec", "template", "spec", "containers", 0)
PORT = (SERVICE, "spec", "ports", 0)


def put(value: object, *at: Any) -> list[Manifest]:
    """The good manifests with one value changed, or left out if it is None."""
    objects: list[Any] = deepcopy([*GOOD])
    inner: Any = objects
    for key in at[:-1]:
        inner = inner[key]
    if value is None:
        del inner[at[-1]]
    else:
        inner[at[-1]] = value
    return objects


def test_nothing_is_wrong_with_good_manifests() -> None:
    """So that a problem below is that of the one change alone."""
    assert problems(GOOD) == []


BAD = {
    "an object twice": ([*GOOD, GOOD[CONFIG_MAP]], "ConfigMap/shop/config: is declared 2 times"),
    "a name with a capital letter": (
        put("Config", CONFIG_MAP, "metadata", "name"),
        "metadata.name: 'Config' is not an object name",
    ),
    "a Service that begins with a digit": (put("1-orders", MEMBER, "metadata", "name"), "'1-orders' is not a Service name"),
    "no name at all": (put(None, CONFIG_MAP, "metadata", "name"), "metadata.name: '' is not an object name"),
    "a workload's name with a dot": (put("or.ders", DEPLOYMENT, "metadata", "name"), "'or.ders' is not a DNS label"),
    "a namespace that is not declared": (put("shoop", CONFIG_MAP, "metadata", "namespace"), "shoop is not declared"),
    "no namespace": (put(None, CONFIG_MAP, "metadata", "namespace"), "metadata.namespace: is missing"),
    "a namespace of what has none": (put("shop", NAMESPACE, "metadata", "namespace"), "Namespace has none; leave it out"),
    "a node port below the range": (
        put(29999, *PORT, "nodePort"),
        "29999 is not in 30000-32767",
    ),
    "a node port above the range": (
        put(32768, *PORT, "nodePort"),
        "32768 is not in 30000-32767",
    ),
    "a node port twice": (
        put([{"port": 5432, "targetPort": "sql", "nodePort": 30400}], MEMBER, "spec", "ports"),
        "Service/shop/orders, Service/shop/db-1: nodePort: 30400 is given to each",
    ),
    "a selector that selects nothing": (
        put({"app": "orders"}, SERVICE, "spec", "selector"),
        "Service/shop/orders: spec.selector: {'app': 'orders'} selects no pod",
    ),
    "a workload that selects other pods": (
        put({"matchLabels": {"app": "orders"}}, DEPLOYMENT, "spec", "selector"),
        "Deployment/shop/orders: spec.selector: {'app': 'orders'} selects none of its own pods",
    ),
    "a member that there is not": (
        put({"statefulset.kubernetes.io/pod-name": "db-2"}, MEMBER, "spec", "selector"),
        "selects no pod",
    ),
    "a target port nobody listens on": (put(8081, *PORT, "targetPort"), "no container listens on 8081"),
    "a target port by a name nobody has": (put("web", *PORT, "targetPort"), "no container listens on web"),
    "an address of no Service": (
        put("http://order.shop.svc.cluster.local:8080", *CONTAINER, "env", 0, "value"),
        "Deployment/shop/orders: env.SELF: order.shop.svc.cluster.local:8080 is no Service that is declared",
    ),
    "an address in another namespace": (
        put("orders.shoop.svc", CONFIG_MAP, "data", "host"),
        "data.host: orders.shoop.svc is no Service",
    ),
    "an address on a port nobody has": (
        put("http://orders.shop.svc:80/", *CONTAINER, "env", 0, "value"),
        "orders.shop.svc:80: the Service has no such port; write one of [8080]",
    ),
    "an address in an argument": (put(["--host=order.shop.svc"], *CONTAINER, "args"), "args: order.shop.svc is no Service"),
    "an image without a tag": (put("example.test/orders", *CONTAINER, "image"), "'example.test/orders' has no tag"),
    "the latest image": (put("example.test/orders:latest", *CONTAINER, "image"), "has a tag that moves"),
    "no image": (put(None, *CONTAINER, "image"), "container orders: image: '' is not an image"),
    "an init container without a tag": (
        put("example.test/wait", STATEFUL_SET, "spec", "template", "spec", "initContainers", 0, "image"),
        "container wait: image: 'example.test/wait' has no tag",
    ),
    "a Secret": (
        [*GOOD, {"kind": "Secret", "metadata": {"namespace": "shop", "name": "token"}, "data": {}}],
        "Secret/shop/token: a Secret would stand in a file",
    ),
    "a null": (
        [*put("", CONFIG_MAP, "data", "host")[:5], {**GOOD[CONFIG_MAP], "data": {"host": None}}],
        "data.host: has no value",
    ),
    **{
        f"U+{ord(character):04X}": (
            put(f"a{character}b", *CONTAINER, "env", 0, "value"),
            f"shop/orders: spec.template.spec.containers[0].env[0].value: holds U+{ord(character):04X}, which YAML loses",
        )
        for character in "\x7f\x80\x85\x9f\u2028\u2029\ufffe\uffff"
    },
}


@pytest.mark.parametrize(("objects", "expected"), BAD.values(), ids=BAD.keys())
def test_a_rule_finds(objects: list[Manifest], expected: str) -> None:
    """One problem for one change, in one line that names the object."""
    [problem] = [each for each in problems(objects) if expected in each]
    assert "\n" not in problem


@pytest.mark.parametrize("character", "\t\n\r\x00\x1b~\xa0\ufeff\ufffd\U0001ffff")
def test_any_other_character_is_kept(character: str) -> None:
    """As YAML that cdk8s writes is read."""
    text = f"a{character}b: {character}"
    objects = put(text, *CONTAINER, "env", 0, "value")
    assert problems(objects) == []
    [*_, written] = yaml.safe_load_all(Yaml.stringify({"text": text}))
    assert written == {"text": text}


def test_an_app_without_namespaces_leaves_them_to_somebody_else() -> None:
    """Another team's app may be installed into a namespace that is there."""
    assert problems(GOOD[1:]) == []


def test_the_api_server_and_neighbours_may_be_addressed() -> None:
    """The API server's Service is in every cluster; others are named in ``beside``."""
    to_api = put("https://kubernetes.default.svc", *CONTAINER, "env", 0, "value")
    assert problems(to_api) == []
    to_neighbour = put("http://till.bank.svc.cluster.local:80", *CONTAINER, "env", 0, "value")
    assert problems(to_neighbour)
    assert rules.check(to_neighbour, rules.general(beside=[Endpoint("till", "bank", 80)])) == []
    assert rules.check(to_neighbour, rules.general(beside=[Endpoint("till", "bank", 81)]))


def test_the_platform_passes_every_rule(objects: Manifests) -> None:
    """None finds anything in what is installed."""
    assert problems(objects) == []


@pytest.mark.parametrize(
    ("kind", "below"),
    [("Job", ["spec"]), ("DaemonSet", ["spec"]), ("ReplicaSet", ["spec"]), ("CronJob", ["spec", "jobTemplate", "spec"])],
)
def test_pods_of_every_kind_are_looked_at(kind: str, below: list[str]) -> None:
    """An untagged image is found in whatever makes pods."""
    found: Manifest = {
        "template": {"metadata": {"labels": {}}, "spec": {"containers": [{"name": "a", "image": "example.test/a"}]}}
    }
    for key in reversed(below):
        found = {key: found}
    manifest = {"kind": kind, "metadata": {"namespace": "shop", "name": "nightly"}, **found}
    assert any("has no tag" in each for each in problems([*GOOD, manifest]))


def test_every_rule_of_the_module_is_a_general_one() -> None:
    """None is written and then forgotten: a function of objects is in the list, or makes a rule."""
    names = {rule.func.__name__ for rule in rules.general() if isinstance(rule, partial)} | {
        "addresses_by_endpoint",
        "files_hold_one_object",
        "hardened",
        "users_left_out",
    }
    found = {
        name
        for name, value in vars(rules).items()
        if getattr(value, "__annotations__", {}).get("return") == Iterator[str] and not name.startswith("_")
    }
    assert found == names


def test_a_secret_that_kubernetes_fills_passes() -> None:
    """The token of a ServiceAccount is not in the file; one with data in it is."""
    manifest = {
        "kind": "Secret",
        "metadata": {"namespace": "shop", "name": "token"},
        "type": "kubernetes.io/service-account-token",
    }
    assert problems([*GOOD, manifest]) == []
    assert problems([*GOOD, {**manifest, "stringData": {"token": "x"}}])


def test_names_of_roles_may_have_a_colon() -> None:
    """As Kubernetes' own have."""
    manifest = {"kind": "ClusterRole", "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "system:orders"}}
    assert problems([manifest]) == []


def test_kinds_of_two_groups_may_share_a_name() -> None:
    """A Service of Knative is no Service of Kubernetes'."""
    manifest = {"kind": "Service", "apiVersion": "serving.knative.dev/v1", "metadata": {"namespace": "shop", "name": "orders"}}
    assert problems([*GOOD, {**manifest, "spec": {}}]) == []
