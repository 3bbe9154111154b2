"""Python does not wait for an answer of Node.js that it knows; what Node.js has to say is heard all the same."""

from collections.abc import Mapping
from tempfile import gettempdir
from typing import Any

import pytest
from cdk8s import ApiObject, App, Chart
from constructs import Construct
from jsii._kernel.types import LoadRequest

from mgmtcluster import InvalidInput
from mgmtcluster.constructs.parts.objects import Manifest, k8s
from mgmtcluster.nodejs import asking
from tests.constructs.made_up import web_service

EMPTY = k8s.KubeConfigMapProps(metadata=k8s.ObjectMeta(name="empty"))


@pytest.fixture
def chart() -> Chart:
    """A chart that asks for its parts in the usual way."""
    return Chart(App(), "test", namespace="shop")


def unread() -> list[Mapping[str, Any]]:
    """The answers that are known and not read yet."""
    return list(asking._state.unread)


def test_manifests_are_made_without_waiting(chart: Chart) -> None:
    """Each has the number that follows; whatever else is asked reads what was left."""
    scope = Construct(chart, "scope")
    manifests = [Manifest(scope, f"config-{number}", EMPTY) for number in range(4)]
    assert len(unread()) == 2  # the first one asks where it is, and the second one for a number
    assert [child.node.id for child in scope.node.children] == ["config-0", "config-1", "config-2", "config-3"]
    assert scope.node.children == manifests
    assert unread() == []


def test_more_answers_than_a_pipe_holds(chart: Chart) -> None:
    """Neither program waits for the other to read."""
    scope = Construct(chart, "scope")
    for number in range(2000):
        Manifest(scope, f"config-{number}", EMPTY)
        assert len(unread()) <= 64
    assert len(scope.node.children) == 2000


def test_a_default_child_is_known_at_once(chart: Chart) -> None:
    """A service is its Deployment to whoever asks for that."""
    service = web_service(chart)
    assert {"ok": {}} in unread()
    assert service.node.default_child is service.deployment


def test_a_mistake_of_others_is_told_at_once(chart: Chart) -> None:
    """Only what is made here is known to have none."""
    ApiObject(chart, "config", api_version="v1", kind="ConfigMap")
    with pytest.raises(RuntimeError, match=r"^There is already a Construct with name 'config'"):
        ApiObject(chart, "config", api_version="v1", kind="ConfigMap")


def test_a_mistake_that_was_not_expected_is_told_with_the_next_question(chart: Chart) -> None:
    """And the questions after it have their own answers."""
    scope = Construct(chart, "scope")
    for name in ("first", "config", "config", "another"):
        Manifest(scope, name, EMPTY)
    with pytest.raises(RuntimeError, match=r"^There is already a Construct with name 'config'"):
        _ = scope.node
    assert chart.namespace == "shop"


def test_other_numbers_than_expected_are_not_taken(chart: Chart, monkeypatch: pytest.MonkeyPatch) -> None:
    """One object would be taken for another."""
    scope = Construct(chart, "scope")
    monkeypatch.setattr(asking._state, "number", 1)
    with pytest.raises(RuntimeError, match=r"not .*cdk8s\.ApiObject@2.*: mgmtcluster does not know this version of jsii"):
        Manifest(scope, "config", EMPTY)


class Own(Chart):
    """A chart that Node.js asks for its namespace while an object that has none is made in it."""

    @property
    def namespace(self) -> str:
        """Another one than it was given."""
        return "other"


def test_a_class_that_is_asked_on_the_way_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would be asked in the middle of the next question."""
    monkeypatch.setattr(asking._state, "calls_back", False)
    scope = Construct(Own(App(), "test", namespace="shop"), "scope")
    for number in range(4):
        manifest = Manifest(scope, f"config-{number}", EMPTY)
        assert unread() == []
        assert manifest.metadata.namespace == "other"


def test_a_library_that_may_be_gone_soon_is_waited_for() -> None:
    """Python unpacks a library from an archive into a temporary file, and removes that after the answer."""
    assert asking._known_answer(LoadRequest("cdk8s", "2.0.0", f"{gettempdir()}/cdk8s.tgz")) is None
    assert asking._known_answer(LoadRequest("cdk8s", "2.0.0", "/usr/lib/cdk8s.tgz")) == {"ok": {"assembly": "cdk8s", "types": 0}}


def test_a_refused_construct_leaves_nothing_unread(chart: Chart) -> None:
    """What was made before it is there, and the next question has its own answer."""
    service = web_service(chart)
    assert unread()
    with pytest.raises(InvalidInput):
        web_service(chart, "second", replicas=-1)
    assert unread() == []
    assert chart.namespace == "shop"
    assert service.node.default_child is service.deployment


def test_numbers_that_do_not_count_up_are_waited_for(chart: Chart, monkeypatch: pytest.MonkeyPatch) -> None:
    """A jsii that numbers its objects in another way is asked as it always was."""
    monkeypatch.setattr(asking._state, "counts_up", False)
    monkeypatch.setattr(asking, "_number", lambda answer: id(answer))
    scope = Construct(chart, "scope")
    for number in range(4):
        Manifest(scope, f"config-{number}", EMPTY)
        assert unread() == []
