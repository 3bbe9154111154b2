"""Every task of docs/constructs.md does what it says."""

import re
from typing import Any

import cdk8s
import cdk8s_plus_27
import pytest
from cdk8s import App, Chart

import mgmtcluster
from mgmtcluster import rules, testing
from tools.constructs_reference import TASKS

BLOCKS = re.findall(r"^### (.+?)\n\n```python\n(.*?)^```$", TASKS.read_text(), re.MULTILINE | re.DOTALL)

#: What a reader imports.
NAMES: dict[str, Any] = {name: getattr(module, name) for module in (cdk8s, testing, mgmtcluster) for name in module.__all__} | {
    "kplus": cdk8s_plus_27,
    "k8s": cdk8s_plus_27.k8s,
}


def test_every_task_has_a_block() -> None:
    """No heading without one."""
    assert [task for task, _ in BLOCKS] == re.findall(r"^### (.+)$", TASKS.read_text(), re.MULTILINE)


@pytest.mark.parametrize(("task", "block"), BLOCKS, ids=[task for task, _ in BLOCKS])
def test_a_task_is_rendered(task: str, block: str) -> None:
    """The rules find nothing in it, and the schemas of Kubernetes know all of it."""
    app = App()
    chart = Chart(app, "shop", namespace="shop", disable_resource_name_hashes=True)
    if "rules.enforce" not in block:
        rules.enforce(app)
    exec(compile(block, task, "exec"), {**NAMES, "self": chart})
    manifests = testing.render(chart)
    assert len(manifests) > 4
    testing.assert_admitted(manifests)
