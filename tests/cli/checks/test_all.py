"""All checks together."""

from __future__ import annotations

import re
from pathlib import Path

from mgmtcluster.cli import checks

from .views import expecting, item, node, pod, view, workload


def test_a_check_is_a_function_that_is_in_the_list() -> None:
    """Every public function of these modules that takes a view and yields rows."""
    found = set()
    for file in Path(checks.__file__).parent.glob("*.py"):
        found |= {*re.findall(r"^def ([a-z]\w*)\(view: View\) -> Iterator\[Row\]:$", file.read_text(), re.MULTILINE)}
    assert found == {check.__name__ for check in checks.ALL}
    assert len(found) == len(checks.ALL)


def test_rows_of_a_check_keep_its_name() -> None:
    """On a cluster with nothing, and on one with something of everything."""
    something = [
        *(node(f"node-{number}") for number in range(3)),
        pod("web", "shop"),
        item("Namespace", "shop"),
        workload("Deployment", "web", "shop"),
        workload("DaemonSet", "cilium", "kube-system"),
    ]
    names = [
        [row.check for check in checks.ALL for row in check(view(*there, expected=expecting()))] for there in ([], something)
    ]
    assert names[0] == names[1]
    assert len({*names[0]}) == len(names[0])
