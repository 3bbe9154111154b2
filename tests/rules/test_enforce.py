"""An app of one's own enforces the rules: on which charts, in which namespaces, without which of them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cdk8s import ApiObject, ApiObjectMetadata, App, Chart, Include, JsonPatch
from cdk8s_plus_27 import k8s
from constructs import Construct

from mgmtcluster import Endpoint, InvalidInput, WebService, rules
from tests.rules.found import declare, found_in


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


def test_rules_are_checked_where_the_app_is_asked_for_its_problems() -> None:
    """By constructs themselves, without a synth, and at every time."""
    app = App()
    chart_with(app, secret)
    rules.enforce(app)
    for _ in range(2):
        [problem] = app.node.validate()
        assert problem.startswith("Secret/shop/token: a Secret would stand")


def include(text: str, folder: Path) -> App:
    """An app that includes these manifests, which it did not make."""
    file = folder / "theirs.yaml"
    file.write_text(text)
    app = App()
    Include(Chart(app, "test", namespace="shop"), "theirs", url=str(file))
    rules.enforce(app)
    return app


@pytest.mark.parametrize("kind", ["List", "SecretList"])
def test_a_list_hides_nothing(kind: str, tmp_path: Path) -> None:
    """The server takes it apart, and so would apply a Secret that no rule has seen."""
    [problem] = found_in(include(f"{{apiVersion: v1, kind: {kind}, items: [{{apiVersion: v1, kind: Secret}}]}}", tmp_path))
    assert problem.startswith(f"{kind}/shop/")
    assert problem.endswith("is a list, and what is in it would be written unchecked; declare each object by itself")


@pytest.mark.parametrize(
    "text",
    [
        "{apiVersion: v1, kind: Service, metadata: {name: theirs}}",
        "{apiVersion: theirs.test/v1, kind: CronJob, metadata: {name: theirs}, spec: {schedule: daily}}",
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: theirs}}",
    ],
)
def test_an_object_that_lacks_what_others_have_is_read(text: str, tmp_path: Path) -> None:
    """The rules end in no exception of Python's."""
    app = include(text, tmp_path)
    assert found_in(app) == []
    assert "name: theirs" in app.synth_yaml()
