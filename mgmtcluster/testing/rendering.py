"""Manifests from constructs, and YAML from manifests, as a synth writes both."""

from collections.abc import Mapping, Sequence
from typing import Any

from cdk8s import App, Chart, Yaml

from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.testing.manifests import Manifests, load


def render(scope: App | Chart) -> Manifests:
    """The objects of an app or a chart, as a synth of the whole app writes them.

    What the app validates is validated: after ``rules.enforce(app)``, its rules.

    Raises:
        RuntimeError: a validation fails, as in ``app.synth()``; it has a line for each problem.
        InvalidInput: the chart is not part of an app.
    """
    app = scope.node.root
    if not isinstance(app, App):
        raise InvalidInput([f"{scope.node.path}: render: is not part of an app; write Chart(App(), …)"])
    everything = load(app.synth_yaml())
    charts = [each for each in scope.node.find_all() if isinstance(each, Chart)]
    if len(charts) == len(app.charts):
        return everything
    wanted = {_key(manifest) for chart in charts for manifest in chart.to_json()}
    return Manifests(each for each in everything if _key(each) in wanted)


def as_yaml(manifests: Sequence[Mapping[str, Any]]) -> str:
    """The text that cdk8s writes for these manifests."""
    return str(Yaml.stringify(*manifests))


def _key(manifest: Mapping[str, Any]) -> tuple[str | None, ...]:
    metadata = manifest.get("metadata") or {}
    return manifest["apiVersion"], manifest["kind"], metadata.get("namespace"), metadata.get("name")
