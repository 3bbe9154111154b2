"""The nodes' machines: what they run, and which CPUs they have."""

from __future__ import annotations

from typing import Any

import pytest

from mgmtcluster.cli.checks import machines

from .views import expecting, node, the_row, view, workload

FEATURES = "feature.node.kubernetes.io/"
AVX = {f"{FEATURES}cpu-cpuid.AVX": "true"}
OLD = {f"{FEATURES}cpu-cpuid.SSE4A": "true"}


def of(system: str, arch: str, name: str = "other", **changes: Any) -> dict[str, Any]:
    """A node with this operating system and these CPUs."""
    return node(name, labels={"kubernetes.io/os": system, "kubernetes.io/arch": arch}, **changes)


LINUX = [of("linux", "amd64", f"node-{number}") for number in (1, 2, 3)]


def test_linux_on_amd64() -> None:
    """Nothing is to be said of it."""
    assert the_row(machines.operating_systems, view(*LINUX)).verdict == "ok"
    row = the_row(machines.architectures, view(*LINUX))
    assert (row.verdict, row.found) == ("ok", "amd64 on every worker")


def test_a_node_with_windows() -> None:
    """A taint keeps Linux pods off it; so does a node selector."""
    row = the_row(machines.operating_systems, view(*LINUX, of("windows", "amd64")))
    assert (row.verdict, row.found) == ("fail", "Linux pods of the platform may go to other (windows)")
    assert row.fix == ["kubectl taint nodes other os=windows:NoSchedule"]
    tainted = of("windows", "amd64", spec={"taints": [{"key": "os", "value": "windows", "effect": "NoSchedule"}]})
    assert the_row(machines.operating_systems, view(*LINUX, tainted)).verdict == "ok"
    selecting = expecting(workload("Deployment", "web", "shop", pod={"nodeSelector": {"kubernetes.io/os": "linux"}}))
    assert the_row(machines.operating_systems, view(*LINUX, of("windows", "amd64"), expected=selecting)).verdict == "ok"


def test_nodes_with_other_cpus() -> None:
    """Images must be for all of them: by the label, or where there is none by the status."""
    by_status = node("other") | {"spec": {}}
    by_status["status"]["nodeInfo"] = {"architecture": "arm64", "operatingSystem": "linux"}
    for other in (of("linux", "arm64"), by_status):
        row = the_row(machines.architectures, view(*LINUX, other))
        assert row.verdict == "warn"
        assert row.found.startswith("amd64: node-1, node-2, node-3; arm64: other. Only images for all of them")
    assert the_row(machines.architectures, view(of("linux", "arm64"))).verdict == "warn"


def test_other_cpus_where_no_pod_goes() -> None:
    """They are none of the platform's."""
    selecting = expecting(workload("Deployment", "web", "shop", pod={"nodeSelector": {"kubernetes.io/arch": "amd64"}}))
    assert the_row(machines.architectures, view(*LINUX, of("linux", "arm64"), expected=selecting)).verdict == "ok"


def member(name: str, *features: dict[str, str], arch: str = "amd64") -> dict[str, Any]:
    """A node of a database, with what node-feature-discovery found."""
    labels = {"registry": "yes", "kubernetes.io/arch": arch}
    for more in features:
        labels |= more
    return node(name, labels=labels)


def test_avx_on_every_node_of_a_database() -> None:
    """Other nodes do not matter."""
    row = the_row(machines.avx, view(member("a", AVX), member("b", OLD, AVX), node("c"), node("d", labels=OLD)))
    assert (row.verdict, row.found) == ("ok", "node-feature-discovery finds AVX on every node of a database")


def test_nodes_without_avx() -> None:
    """They are named, whatever is known of the others."""
    row = the_row(machines.avx, view(member("c", OLD), member("b", OLD), member("a", AVX), member("d")))
    assert (row.verdict, row.found) == ("fail", "MongoDB needs AVX, which node-feature-discovery does not find on b, c")


@pytest.mark.parametrize(
    "there", [[], [member("a")], [node("a", labels=AVX)], [member("a"), node("b", labels=OLD)], [member("a", OLD, arch="arm64")]]
)
def test_nothing_tells_of_avx(there: list[dict[str, Any]]) -> None:
    """No node of a database has a label of node-feature-discovery that says something of it."""
    row = the_row(machines.avx, view(*there))
    assert row.verdict == "warn"
    assert row.found.startswith("cannot be told from here: MongoDB needs CPUs with AVX")
    assert row.fix[0].startswith("grep --count --max-count=1 -E 'avx|dcpop' /proc/cpuinfo   # on each node")


def test_a_node_of_a_database_that_is_not_discovered() -> None:
    """It is named; of the others all is known."""
    row = the_row(machines.avx, view(member("a", AVX), member("b")))
    assert (row.verdict, row.found) == ("warn", "node-feature-discovery finds AVX on all others, and tells nothing of b")


def test_the_nodes_of_a_database_are_those_of_the_settings() -> None:
    """Whatever its label is."""
    expected = expecting(settings={"metrics_database": {"node_label": "disk=fast"}})
    seen = view(node("a", labels={"disk": "fast", **OLD}), expected=expected)
    assert the_row(machines.avx, seen).verdict == "fail"
