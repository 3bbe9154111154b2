"""What pods are given is merged from general to special, and holds no key that somebody else owns."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgmtcluster import InvalidInput, Pods
from mgmtcluster.kinds.keys import owner_of
from mgmtcluster.kinds.pods import raised_requests
from mgmtcluster.kinds.quantities import quantity_value

_MAPPINGS = st.dictionaries(st.sampled_from(["a", "b", "example.test/c"]), st.sampled_from(["", "x", "y"]))
_TOLERATIONS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"key": st.sampled_from(["a", "b"]), "operator": st.just("Exists")}),
        st.fixed_dictionaries({"key": st.just("a"), "value": st.sampled_from(["x", "y"]), "effect": st.just("NoSchedule")}),
        st.fixed_dictionaries({"operator": st.just("Exists")}),
    ),
    max_size=3,
)
PODS = st.builds(
    Pods,
    labels=_MAPPINGS,
    annotations=_MAPPINGS,
    node_selector=_MAPPINGS,
    tolerations=_TOLERATIONS,
    priority_class=st.sampled_from([None, "low", "high"]),
    image_pull_policy=st.sampled_from([None, "Always", "Never"]),
    max_limit_request_ratio=st.dictionaries(st.sampled_from(["cpu", "memory"]), st.sampled_from(["1", "2500m", "5"])),
)


def comparable(pods: Pods) -> dict[str, Any]:
    """Its fields, with every sequence as a list."""
    return vars(pods) | {"tolerations": [*pods.tolerations]}


@given(PODS, PODS, PODS)
def test_levels_may_be_merged_in_any_grouping(one: Pods, two: Pods, three: Pods) -> None:
    """A chart over an app, a service over both: it does not matter which two are merged first."""
    assert comparable(three.over(two).over(one)) == comparable(three.over(two.over(one)))


@given(PODS)
def test_nothing_over_something_is_the_same(pods: Pods) -> None:
    """On either side."""
    assert comparable(pods.over(Pods())) == comparable(Pods().over(pods))
    once = pods.over(pods)
    assert comparable(once.over(pods)) == comparable(once)


@given(PODS, PODS)
def test_what_is_special_stands_and_nothing_general_is_lost_without_it(special: Pods, general: Pods) -> None:
    """Mappings key by key, tolerations one by one, single values where they are set."""
    merged = special.over(general)
    for name in ("labels", "annotations", "node_selector", "max_limit_request_ratio"):
        above, below, found = (getattr(pods, name) for pods in (special, general, merged))
        assert found.keys() == above.keys() | below.keys()
        assert all(value == above.get(key, below.get(key)) for key, value in found.items())
    for name in ("priority_class", "image_pull_policy"):
        assert getattr(merged, name) == (getattr(special, name) or getattr(general, name))
    assert all(toleration in merged.tolerations for toleration in (*general.tolerations, *special.tolerations))
    assert len(merged.tolerations) <= len(general.tolerations) + len(special.tolerations)


_MILLIS = st.integers(min_value=1, max_value=10**5)


@given(_MILLIS, _MILLIS, st.sampled_from(["1", "2500m", "3", "5", "7", "10"]))
def test_a_request_is_raised_as_little_as_its_ratio_allows(request: int, limit: int, ratio: str) -> None:
    """And never lowered."""
    raised = raised_requests({"cpu": f"{request}m"}, {"cpu": f"{limit}m"}, {"cpu": ratio})["cpu"]
    millis, most = round(quantity_value(raised) * 1000), quantity_value(ratio)
    assert limit <= millis * most + 1e-6
    assert millis == request or (request < millis and limit > (millis - 1) * most)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"labels": {"app.kubernetes.io/name": "x"}}, "'app.kubernetes.io/name' belongs to this project"),
        ({"labels": {"app.kubernetes.io/instance": "x"}}, "'app.kubernetes.io/instance' belongs to this project"),
        ({"labels": {"pod-template-hash": "x"}}, "belongs to Kubernetes' controller of Deployments"),
        ({"annotations": {"argocd.argoproj.io/sync-wave": "1"}}, "'argocd.argoproj.io/sync-wave' belongs to Argo CD"),
        ({"annotations": {"checksum/config": "1"}}, "'checksum/config' belongs to this project"),
        ({"labels": {"node.kubernetes.io/x": "1"}}, "'node.kubernetes.io/x' belongs to Kubernetes"),
        ({"labels": {"a b": "1"}}, "'a b' is not the key of a label"),
        ({"labels": {"a": "x y"}}, "'x y' is not the value of a label"),
        ({"labels": {"a": 1}}, "expected text, got 1"),
        ({"node_selector": {"a": "x" * 64}}, "is not the value of a label"),
        ({"priority_class": "High"}, "'High' is not an object name"),
        ({"max_limit_request_ratio": {"cpu": "0.5"}}, "'0.5' is less than 1, and no limit is below its request; write 1 or"),
        ({"max_limit_request_ratio": {"gpu": "5"}}, "write 'cpu' or 'memory'"),
        ({"image_pull_policy": "always"}, "'always' is not allowed; write 'Always', 'IfNotPresent' or 'Never'"),
        ({"tolerations": [{"operater": "Exists"}]}, "'operater' is not a field of a toleration; write operator"),
        ({"tolerations": [{"operator": "In", "key": "a"}]}, "operator: 'In' is not allowed; write Equal or Exists"),
        ({"tolerations": [{"key": "a", "effect": "Never"}]}, "effect: 'Never' is not allowed; write NoSchedule"),
        ({"tolerations": [{"value": "x"}]}, "has no key; write one, or operator: Exists"),
        ({"tolerations": [{"key": "a b"}]}, "'a b' is not the key of a label"),
        ({"tolerations": [{"key": 1}]}, "key: expected text, got 1"),
        ({"tolerations": [{"key": "a", "value": "x y"}]}, "'x y' is not the value of a label"),
        ({"tolerations": [{"key": "a", "operator": "Exists", "value": "x"}]}, "value: 'x' is not read with operator: Exists"),
        ({"tolerations": [{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 5}]}, "is for effect: NoExecute alone"),
        ({"tolerations": [{"key": "a", "effect": "NoExecute", "tolerationSeconds": "5"}]}, "expected a whole number, got '5'"),
    ],
)
def test_what_kubernetes_or_an_owner_would_not_take_is_refused(fields: dict[str, Any], words: str) -> None:
    """In a line that says what to write."""
    with pytest.raises(InvalidInput, match="Pods: ") as error:
        Pods(**fields)
    [problem] = error.value.problems
    assert words in problem


@pytest.mark.parametrize(
    "key",
    [
        *("team", "example.test/team", "sidecar.istio.io/inject", "linkerd.io/inject", "kueue.x-k8s.io/queue-name"),
        *("cluster-autoscaler.kubernetes.io/safe-to-evict", "kubernetes.io/egress-bandwidth", "prometheus.io/scrape"),
    ],
)
def test_what_documentation_gives_to_users_is_free(key: str) -> None:
    """Of Kubernetes' own domains too."""
    assert owner_of(key) is None
    assert Pods(labels={key: "x"}, annotations={key: "x"})


@pytest.mark.parametrize(
    "toleration",
    [
        {"operator": "Exists"},
        {"key": "a"},
        {"key": "a", "operator": "Equal", "value": "x", "effect": "NoExecute", "tolerationSeconds": 0},
        {"key": "a", "operator": "Exists", "effect": "PreferNoSchedule", "value": None},
    ],
)
def test_a_toleration_is_taken_as_kubernetes_writes_it(toleration: dict[str, Any]) -> None:
    """Every form of it."""
    assert Pods(tolerations=[toleration]).tolerations == [toleration]
