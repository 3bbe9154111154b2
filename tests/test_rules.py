"""Each rule finds what it must, and lets pass what is mended."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cdk8s import ApiObject, ApiObjectMetadata, App, Chart, Include, JsonPatch
from cdk8s_plus_27 import k8s
from constructs import Construct

from mgmtcluster import Endpoint, InvalidInput, WebService, rules
from tests.rendering import Manifest, Manifests

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


def problems(objects: Sequence[Manifest]) -> list[str]:
    """What the general rules find."""
    return rules.check(objects, rules.general())


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
    "a node port below the range": (put(29999, *PORT, "nodePort"), "29999 is out of range"),
    "a node port above the range": (put(32768, *PORT, "nodePort"), "32768 is out of range"),
    "a node port twice": (
        put([{"port": 5432, "targetPort": "sql", "nodePort": 30400}], MEMBER, "spec", "ports"),
        "Service/shop/orders, Service/shop/db-1: nodePort: 30400 is given to each",
    ),
    "a selector that selects nothing": (
        put({"app": "orders"}, SERVICE, "spec", "selector"),
        "Service/shop/orders: spec.selector: {'app': 'orders'} selects no pod",
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
}


@pytest.mark.parametrize(("objects", "expected"), BAD.values(), ids=BAD.keys())
def test_a_rule_finds(objects: list[Manifest], expected: str) -> None:
    """One problem for one change, in one line that names the object."""
    [problem] = [each for each in problems(objects) if expected in each]
    assert "\n" not in problem


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
    }
    found = {
        name
        for name, value in vars(rules).items()
        if getattr(value, "__annotations__", {}).get("return") == Iterator[str] and not name.startswith("_")
    }
    assert found == names


HARD: Manifest = {
    "kind": "Deployment",
    "metadata": {"namespace": "shop", "name": "hard"},
    "spec": {
        "template": {
            "metadata": {"labels": {}},
            "spec": {
                "enableServiceLinks": False,
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}],
                "containers": [
                    {
                        "name": "hard",
                        "securityContext": {
                            "allowPrivilegeEscalation": False,
                            "capabilities": {"drop": ["ALL"]},
                            "privileged": False,
                            "readOnlyRootFilesystem": True,
                        },
                        "resources": {
                            "requests": {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "32Mi"},
                            "limits": {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "32Mi"},
                        },
                        "ports": [{"containerPort": 8080}],
                    }
                ],
            },
        }
    },
}

SOFT = {
    "a root user": ({"securityContext": {"runAsNonRoot": False}}, {}, "securityContext.runAsNonRoot: is False; write True"),
    "the host's network": ({"hostNetwork": True}, {}, "hostNetwork: is set; leave it out"),
    "variables of every Service": ({"enableServiceLinks": True}, {}, "enableServiceLinks: is not false"),
    "a sysctl": ({"securityContext": {"sysctls": []}}, {}, "securityContext.sysctls: is set"),
    "a directory of the node": ({"volumes": [{"name": "tmp", "hostPath": {}}]}, {}, "volume tmp: Pod Security's restricted"),
    "a volume without a limit": ({"volumes": [{"name": "tmp", "emptyDir": {}}]}, {}, "volume tmp: emptyDir has no sizeLimit"),
    "a root user of a container": (
        {},
        {"securityContext": {"runAsNonRoot": False}},
        "container hard: securityContext.runAsNonRoot: is False",
    ),
    "a file system that is written to": (
        {},
        {"securityContext": {"readOnlyRootFilesystem": False}},
        "container hard: securityContext.readOnlyRootFilesystem: is False; write True",
    ),
    "a capability": ({}, {"securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}, "securityContext.capabilities: is"),
    "another profile": ({}, {"securityContext": {"seccompProfile": {}}}, "securityContext.seccompProfile: is set"),
    "a port of the host": ({}, {"ports": [{"containerPort": 80, "hostPort": 80}]}, "ports: hostPort is set"),
    "a resource without a limit": (
        {},
        {"resources": {"limits": {"memory": "64Mi"}}},
        "resources: cpu has no request or no limit",
    ),
    "a limit below its request": (
        {},
        {"resources": {"limits": {"cpu": "10m", "memory": "64Mi", "ephemeral-storage": "32Mi"}}},
        "resources: the limit of cpu is less than its request; write at least 50m",
    ),
}


def test_a_hardened_pod_passes() -> None:
    """So that a problem below is that of the one change alone."""
    assert [*rules.hardened([HARD])] == []


@pytest.mark.parametrize(("pod", "container", "expected"), SOFT.values(), ids=SOFT.keys())
def test_a_soft_pod_is_found(pod: Manifest, container: Manifest, expected: str) -> None:
    """Every control, in the pod and in its containers."""
    manifest = deepcopy(HARD)
    spec = manifest["spec"]["template"]["spec"]
    for target, changes in ((spec, pod), (spec["containers"][0], container)):
        for key, value in changes.items():
            target[key] = {**target[key], **value} if isinstance(value, dict) and key in target else value
    assert any(expected in problem for problem in rules.hardened([manifest])), [*rules.hardened([manifest])]


def test_pods_of_the_library_are_checked_and_those_of_others_on_request() -> None:
    """An object of somebody else's that is softer is theirs to answer for."""
    app = App()
    chart = Chart(app, "test", namespace="shop")
    soft = ApiObject(chart, "soft", api_version="v1", kind="Pod", metadata=ApiObjectMetadata(name="soft"))
    soft.add_json_patch(JsonPatch.add("/spec", {"containers": [{"name": "soft", "image": "example.test/soft:1"}]}))
    service = WebService(chart, "orders", image="example.test/orders:1", endpoint=Endpoint("orders", "shop", 80))
    rules.enforce(app)
    app.synth_yaml()
    service.deployment.add_json_patch(JsonPatch.remove("/spec/template/spec/securityContext/runAsNonRoot"))
    with pytest.raises(RuntimeError, match=r"Deployment/shop/orders: securityContext\.runAsNonRoot: is None; write True"):
        app.synth_yaml()
    assert any("Pod/shop/soft" in problem for problem in rules.hardened(rules.objects_of(chart)))


def chart_with(app: App, *manifests: Callable[[Chart], object]) -> Chart:
    """A chart with these objects."""
    chart = Chart(app, "test", namespace="shop")
    for define in manifests:
        define(chart)
    return chart


def secret(chart: Chart) -> object:
    """An object that a rule refuses."""
    return ApiObject(chart, "secret", api_version="v1", kind="Secret", metadata=ApiObjectMetadata(name="token"))


def test_an_app_of_ones_own_enforces_the_rules_in_one_line() -> None:
    """A synth fails with every problem, before anything is written."""
    app = App()
    chart_with(app, secret)
    rules.enforce(app, lambda objects: [f"{len(objects)} is too few"])
    with pytest.raises(RuntimeError, match=r"Secret/shop/token: a Secret would stand(.|\n)*1 is too few"):
        app.synth_yaml()


def test_rules_may_be_enforced_on_one_chart() -> None:
    """Where an app has charts of others too."""
    app = App()
    rules.enforce(chart_with(app, secret))
    with pytest.raises(RuntimeError, match="Secret/shop/token"):
        app.synth_yaml()


def test_rules_are_checked_anew_at_every_synth() -> None:
    """A mistake that is made after the first synth is found by the second."""
    app = App()
    chart = chart_with(app)
    rules.enforce(app)
    app.synth_yaml()
    secret(chart)
    with pytest.raises(RuntimeError, match="Secret/shop/token"):
        app.synth_yaml()


def found_in(app: App) -> list[str]:
    """What the enforced rules of an app say, without the paths that cdk8s puts before it."""
    try:
        app.synth_yaml()
    except RuntimeError as error:
        return [line.partition("] ")[2] for line in str(error).splitlines() if line.startswith("  [")]
    return []


def declare(scope: Construct, kind: str, name: str, *, api_version: str = "v1", **fields: Any) -> ApiObject:
    """An object of somebody else's."""
    declared = ApiObject(scope, f"{kind}-{name}", api_version=api_version, kind=kind, metadata=ApiObjectMetadata(name=name))
    for field, value in fields.items():
        declared.add_json_patch(JsonPatch.add(f"/{field}", value))
    return declared


def test_nested_charts_are_read() -> None:
    """A chart within a construct or within another chart: what is in it is written, and so it is checked, and known."""
    app = App()
    outer = Chart(app, "outer", namespace="shop")
    secret(Chart(outer, "inner", namespace="shop"))
    till = WebService(
        Chart(Construct(outer, "part"), "deep", namespace="shop"),
        "till",
        image="example.test/till:1",
        endpoint=Endpoint("till", "shop", 8081),
    )
    env = {"TILL": till.endpoint.url}
    WebService(outer, "orders", image="example.test/app:1", endpoint=Endpoint("orders", "shop", 80), env=env)
    rules.enforce(app)
    [problem] = found_in(app)
    assert problem.startswith("Secret/shop/token: a Secret would stand in a file")


CLUSTER_KINDS = [
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("networking.k8s.io/v1", "IngressClass"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
    ("apiregistration.k8s.io/v1", "APIService"),
    ("gateway.networking.k8s.io/v1", "GatewayClass"),
    ("cert-manager.io/v1", "ClusterIssuer"),
    ("v1", "Namespace"),
]
DEFINITION = {"group": "example.test", "names": {"kind": "Widget"}, "scope": "Namespaced"}


@pytest.mark.parametrize(("api_version", "kind"), CLUSTER_KINDS)
def test_a_kind_without_a_namespace_has_none(api_version: str, kind: str) -> None:
    """In a chart without a namespace nothing is missing; in one with a namespace, cdk8s writes it and a server drops it."""
    for namespace in (None, "shop"):
        app = App()
        chart = Chart(app, "test", namespace=namespace)
        declare(chart, kind, "one", api_version=api_version, spec=DEFINITION)
        rules.enforce(app)
        assert found_in(app) == [], namespace


@pytest.mark.parametrize(("api_version", "kind"), CLUSTER_KINDS[:5])
def test_a_namespace_that_somebody_wrote_is_found(api_version: str, kind: str) -> None:
    """Another one than the chart's."""
    manifest = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "one", "namespace": "shop"}, "spec": DEFINITION}
    assert problems([manifest]) == [f"{kind}/shop/one: metadata.namespace: {kind} has none; leave it out"]


@pytest.mark.parametrize(
    ("scope", "namespace", "expected"),
    [
        ("Namespaced", None, "Widget/one: metadata.namespace: is missing; write it"),
        ("Namespaced", "shop", None),
        ("Cluster", None, None),
        ("Cluster", "shop", "Widget/shop/one: metadata.namespace: Widget has none; leave it out"),
    ],
)
def test_a_definition_tells_the_scope_of_its_kind(scope: str, namespace: str | None, expected: str | None) -> None:
    """Where the app brings it."""
    definition = {"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1", "metadata": {"name": "widgets"}}
    widget = {"kind": "Widget", "apiVersion": "example.test/v1", "metadata": {"name": "one", "namespace": namespace}}
    if namespace is None:
        del widget["metadata"]["namespace"]  # type: ignore[attr-defined]
    found = problems([{**definition, "spec": {**DEFINITION, "scope": scope}}, widget])
    assert found == ([expected] if expected else [])


def test_namespaces_made_elsewhere_are_named() -> None:
    """An app that makes one namespace may use another."""
    app = App()
    declare(Chart(app, "one"), "Namespace", "shop")
    declare(Chart(app, "two", namespace="monitoring"), "ConfigMap", "dashboards")
    rules.enforce(app)
    assert found_in(app) == [
        "ConfigMap/monitoring/dashboards: metadata.namespace: monitoring is not declared; "
        "write one of shop, or enforce(…, namespaces=['monitoring'])"
    ]
    app = App()
    declare(Chart(app, "one"), "Namespace", "shop")
    declare(Chart(app, "two", namespace="monitoring"), "ConfigMap", "dashboards")
    rules.enforce(app, namespaces=["monitoring"])
    assert found_in(app) == []


def test_a_rule_may_be_left_out() -> None:
    """That one alone; what is no rule is refused."""
    app = App()
    chart_with(app, secret, lambda chart: declare(chart, "Role", "a/b", api_version="rbac.authorization.k8s.io/v1"))
    rules.enforce(app, without=[rules.no_secrets])
    assert found_in(app) == ["Role/shop/a/b: metadata.name: 'a/b' is not an object name; write one without / and %"]
    with pytest.raises(InvalidInput, match=r"enforce: without: .* is not a rule that is checked; write one of unique_objects, "):
        rules.enforce(App(), without=[rules.check])


def test_hardening_may_be_left_out() -> None:
    """As every other rule."""
    app = App()
    service = WebService(
        Chart(app, "test", namespace="shop"), "orders", image="example.test/app:1", endpoint=Endpoint("orders", "shop", 80)
    )
    service.deployment.add_json_patch(JsonPatch.remove("/spec/template/spec/securityContext/runAsNonRoot"))
    rules.enforce(app, without=[rules.hardened])
    assert found_in(app) == []


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


def test_a_null_that_is_written_is_found() -> None:
    """Node.js writes it, but does not hand it to Python: a patch of a typed object with what its type does not know."""
    app = App()
    pod = k8s.PodSpec(containers=[k8s.Container(name="a", image="example.test/a:1")])
    template = k8s.PodTemplateSpec(spec=pod)
    spec = k8s.DeploymentSpec(selector=k8s.LabelSelector(), template=template)
    chart = Chart(app, "test", namespace="shop")
    deployment = k8s.KubeDeployment(chart, "one", metadata=k8s.ObjectMeta(name="one"), spec=spec)
    deployment.add_json_patch(JsonPatch.add("/spec/template/spec/containers/0/resources", {"limits": {"cpu": "8"}}))
    rules.enforce(app)
    expected = (
        "Deployment/shop/one: spec.template.spec.containers[0].resources.limits.cpu: has no value; write one or leave it out"
    )
    assert found_in(app) == [expected]


def test_of_what_is_included_only_nulls_are_found(tmp_path: Path) -> None:
    """An empty map that the source wrote stays; a text with the word in it is a text."""
    manifest = """
apiVersion: v1
kind: Pod
metadata: {name: one, namespace: shop}
spec:
  containers:
  - {name: one, image: "example.test/one:1", resources: {}, args: ["a: null", "x"]}
  volumes: [{name: tmp, emptyDir: {}}]
status: {}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two, namespace: shop}
data:
  text: |
    key: null
  other: "null"
"""
    (tmp_path / "included.yaml").write_text(manifest)
    app = App()
    Include(Chart(app, "test"), "included", url=str(tmp_path / "included.yaml"))
    rules.enforce(app)
    assert found_in(app) == []
    (tmp_path / "included.yaml").write_text(manifest.replace('"a: null"', "null"))
    app = App()
    Include(Chart(app, "test"), "included", url=str(tmp_path / "included.yaml"))
    rules.enforce(app)
    assert found_in(app) == ["Pod/shop/one: spec.containers[0].args[0]: has no value; write one or leave it out"]
