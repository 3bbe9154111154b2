"""What an app asks of Node.js: each call costs about a millisecond, so their number is what a synth costs."""

from collections import Counter
from typing import Any

import pytest
from cdk8s import App, Chart
from jsii._kernel.providers.process import _NodeProcess

from mgmtcluster import Endpoint, rules
from tests.constructs.made_up import web_service


def calls(monkeypatch: pytest.MonkeyPatch, services: int) -> Counter[str]:
    """The calls of an app with so many services, by the property or method that they ask for, or the class that they make."""
    asked: Counter[str] = Counter()
    send = _NodeProcess.send

    def counted(self: _NodeProcess, request: Any, response_type: Any) -> Any:
        names = (getattr(request, name, None) for name in ("property", "method", "fqn"))
        asked[next(filter(None, names), "answer")] += 1
        return send(self, request, response_type)

    with monkeypatch.context() as patched:
        patched.setattr(_NodeProcess, "send", counted)
        app = App()
        chart = Chart(app, "test", namespace="shop")
        for number in range(services):
            web_service(chart, f"service-{number}", endpoint=Endpoint(f"service-{number}", "shop", 8080))
        rules.enforce(app)
        app.synth_yaml()
    return asked


def test_one_more_service_takes_no_more_calls_than_it_has_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is made and handed over once; beside that, there are the construct and its default child."""
    few, many = calls(monkeypatch, 1), calls(monkeypatch, 3)
    objects = 5
    assert many - few == Counter(
        {
            "cdk8s.ApiObject": 2 * objects,
            "answer": 2 * objects,
            "constructs.Construct": 2,
            "node": 2,
            "defaultChild": 2,
        }
    )


def test_a_synth_asks_for_all_constructs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules, edges and facts of the cluster are taken from one answer."""
    assert calls(monkeypatch, 3)["findAll"] == 1
