"""Whatever the constructs and the rules accept, a real API server accepts: it is asked in dry runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from cdk8s import App
from hypothesis import HealthCheck, Phase, given, settings
from kubernetes import client, config

from mgmtcluster import Context, InvalidInput, Monitoring, Settings, rules
from mgmtcluster.rules.scope import CLUSTER_SCOPED
from tests.constructs.anything import CONTEXTS, OTHERS, SERVICES, of_accepted, synthesized
from tests.constructs.made_up import Define
from tests.examples import EXAMPLES, example
from tests.rig import crds
from tests.rig.kube import Json, Kubectl

_NAMESPACE = "anything"
_MANY = settings(max_examples=100, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])


class Judge:
    """The API server, asked whether it would create objects."""

    def __init__(self) -> None:
        configuration = client.Configuration()
        config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        self._client = client.ApiClient(configuration)

    def refuses(self, manifest: Json) -> str | None:
        """What the server says against creating this object, in a namespace of these tests."""
        namespaced = manifest["kind"] not in CLUSTER_SCOPED
        manifest = {**manifest, "metadata": {**manifest["metadata"], **({"namespace": _NAMESPACE} if namespaced else {})}}
        within = f"/namespaces/{_NAMESPACE}" if namespaced else ""
        group = _group(manifest["apiVersion"])
        plural = self._plurals(group)[manifest["kind"]]
        path = f"{group}{within}/{plural}?dryRun=All&fieldValidation=Strict"
        status, content = self._ask("POST", path, manifest)
        return None if status == 201 else f"{manifest['kind']} {manifest['metadata']['name']}: {status} {content}"

    @cache  # noqa: B019 - there is one judge
    def _plurals(self, group: str) -> dict[str, str]:
        _, content = self._ask("GET", group)
        return {found["kind"]: found["name"] for found in json.loads(content)["resources"] if "/" not in found["name"]}

    def _ask(self, method: str, path: str, body: Json | None = None) -> tuple[int, str]:
        pool = self._client.rest_client.pool_manager
        url = f"{self._client.configuration.host}{path}"
        answer = pool.request(method, url, body=json.dumps(body) if body else None, headers={"Content-Type": "application/json"})
        return answer.status, answer.data.decode()


def _group(api_version: str) -> str:
    return f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"


@pytest.fixture(scope="module")
def judge(kubectl: Kubectl) -> Iterator[Judge]:
    """The server with the kinds of Prometheus' operator, and a namespace to ask about."""
    made = [crds.definition_of(kind) for kind in crds.MONITORING]
    made.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}})
    kubectl.apply(*made)
    kubectl.until("their kinds to be served", lambda: all(f'"{kind}"' in _served(kubectl) for kind in crds.MONITORING))
    yield Judge()
    kubectl.remove(*made)


def _served(kubectl: Kubectl) -> str:
    """What the server says that it has of Prometheus' operator, which it does a moment after it has the definitions."""
    return kubectl.run("get", "--raw=/apis/monitoring.coreos.com/v1").stdout


def accepted(define: Define, context: Context) -> list[dict[str, Any]]:
    """The objects that this library would write; none where it refuses."""
    try:
        return synthesized(of_accepted(define), context)
    except (InvalidInput, RuntimeError):  # tests/constructs/test_anything.py looks at what is said
        return []


@pytest.mark.filterwarnings("ignore:.*may be a user of the nodes too")
@settings(_MANY, max_examples=60)  # each is tried once for each of its options
@given(define=SERVICES, context=CONTEXTS)
def test_a_service_that_is_rendered_is_admitted(define: Define, context: Context, judge: Judge) -> None:
    """Every object of it."""
    assert [refusal for manifest in accepted(define, context) if (refusal := judge.refuses(manifest))] == []


@_MANY
@given(define=OTHERS, context=CONTEXTS)
def test_every_other_construct_that_is_rendered_is_admitted(define: Define, context: Context, judge: Judge) -> None:
    """Every object of it."""
    assert [refusal for manifest in accepted(define, context) if (refusal := judge.refuses(manifest))] == []


def test_the_monitoring_of_the_databases_is_admitted(judge: Judge) -> None:
    """Every ServiceMonitor and PrometheusRule."""
    app = App()
    Monitoring(app, settings=Settings.of({"monitoring": True}))
    objects: list[Json] = [{**each} for each in rules.objects_of(app)]
    assert {each["kind"] for each in objects} == {*crds.MONITORING}
    assert [refusal for manifest in objects if (refusal := judge.refuses(manifest))] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_admitted(name: str, judge: Judge) -> None:
    """Every object of it."""
    app = example(name)
    objects = [manifest for chart in app.charts for manifest in chart.to_json()]
    assert len(objects) > 10
    assert [refusal for manifest in objects if (refusal := judge.refuses(manifest))] == []


def test_the_judge_refuses_what_is_wrong(judge: Judge) -> None:
    """So that the tests above can fail: a value, a field, a reference within the object, and a kind of an operator."""
    right: Json = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "one"}, "spec": {"ports": [{"port": 80}]}}
    assert judge.refuses(right) is None
    wrongs: list[Json] = [{"ports": [{"port": 0}]}, {"ports": [{"port": 80}], "clusterIp": "None"}, {"ports": []}]
    for wrong in wrongs:
        assert judge.refuses({**right, "spec": wrong}), wrong
    monitor: Json = {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "one"}}
    assert judge.refuses({**monitor, "spec": {"selector": {}, "endpoints": [{"port": "web"}]}}) is None
    assert judge.refuses({**monitor, "spec": {"selector": {}, "endpoints": [{"port": 80}]}})


def test_the_server_has_no_other_kinds_without_a_namespace(kubectl: Kubectl) -> None:
    """The rules' list of kinds of the cluster's own is the server's."""
    served = kubectl("api-resources", "--no-headers", "--namespaced=false").splitlines()
    kinds = {line.split()[-1] for line in served}
    assert kinds <= CLUSTER_SCOPED
    namespaced = kubectl("api-resources", "--no-headers", "--namespaced=true").splitlines()
    assert not {line.split()[-1] for line in namespaced} & CLUSTER_SCOPED
