"""What the rules say of a chart that a test defines."""

from typing import Any

import pytest
from cdk8s import App, Chart

from mgmtcluster import rules
from mgmtcluster.testing import Manifests, load
from tests.constructs.made_up import Define


def refused(define: Define, **arguments: Any) -> list[str]:
    """What the rules say of a chart, without the path that cdk8s puts before it."""
    app = App()
    define(Chart(app, "test", namespace="shop", disable_resource_name_hashes=True))
    rules.enforce(app, **arguments)
    with pytest.raises(RuntimeError) as error:
        app.synth_yaml()
    return [line.partition("] ")[2] for line in str(error.value).splitlines() if line.startswith("  [")]


def passes(define: Define, **arguments: Any) -> Manifests:
    """The objects of a chart that the rules find nothing in."""
    app = App()
    define(Chart(app, "test", namespace="shop", disable_resource_name_hashes=True))
    rules.enforce(app, **arguments)
    return load(app.synth_yaml())
