"""The nodes' machines: operating systems, architectures, and whether their CPUs run MongoDB."""

from collections.abc import Iterator
from typing import Final

from mgmtcluster import catalog
from mgmtcluster.cli.checks.row import Row, listed
from mgmtcluster.cli.checks.scheduling import labels_of
from mgmtcluster.cli.checks.view import View
from mgmtcluster.manifests import Object

#: What node-feature-discovery's labels begin with, and the one that a CPU with AVX has.
_DISCOVERED: Final = "feature.node.kubernetes.io/"
_AVX: Final = f"{_DISCOVERED}cpu-cpuid.AVX"


def operating_systems(view: View) -> Iterator[Row]:
    """Every node that takes pods of the platform runs Linux."""
    others = {_name(node): _told(node, "os", "operatingSystem") for node in view.workers}
    others = {name: system for name, system in sorted(others.items()) if system not in (None, "linux")}
    if others:
        fix = [f"kubectl taint nodes {name} os={system}:NoSchedule" for name, system in others.items()]
        found = listed([f"{name} ({system})" for name, system in others.items()])
        yield Row("operating systems", "fail", f"Linux pods of the platform may go to {found}", fix)
    else:
        yield Row("operating systems", "ok", "every worker runs Linux")


def architectures(view: View) -> Iterator[Row]:
    """Every node that takes pods of the platform has the same CPUs: those that most images are for."""
    nodes: dict[str, list[str]] = {}
    for node in view.workers:
        nodes.setdefault(_told(node, "arch", "architecture") or "amd64", []).append(_name(node))
    if not {*nodes} - {"amd64"}:
        yield Row("architectures", "ok", "amd64 on every worker")
        return
    fix = ["docker buildx imagetools inspect IMAGE   # of every image: its platforms; where one is missing, cordon such nodes"]
    found = "; ".join(f"{name}: {listed(sorted(of_it))}" for name, of_it in sorted(nodes.items()))
    yield Row("architectures", "warn", f"{found}. Only images for all of them start everywhere, which nodes do not tell", fix)


def _told(node: Object, label: str, field: str) -> str | None:
    """What a node is, by its label, which the scheduler reads, or else by its status; None where it does not tell."""
    by_label = labels_of(node).get(f"kubernetes.io/{label}")
    return by_label or ((node.get("status") or {}).get("nodeInfo") or {}).get(field)


def avx(view: View) -> Iterator[Row]:
    """MongoDB needs AVX; Kubernetes does not tell, unless node-feature-discovery runs on the nodes of the databases."""
    wanted = [view.expected.settings.database(database).node_label.partition("=") for database in catalog.DATABASES]
    labelled = [node for node in view.objects["Node"] if any(labels_of(node).get(key) == value for key, _, value in wanted)]
    intel = [node for node in labelled if _told(node, "arch", "architecture") != "arm64"]
    told = [node for node in intel if any(label.startswith(_DISCOVERED) for label in labels_of(node))]
    without = sorted(_name(node) for node in told if _AVX not in labels_of(node))
    untold = sorted(_name(node) for node in labelled if node not in told)
    if without:
        fix = ["label other nodes instead: the CPU is too old, or its virtual machine does not show AVX (CPU type host)"]
        yield Row("avx", "fail", f"MongoDB needs AVX, which node-feature-discovery does not find on {listed(without)}", fix)
    elif told and not untold:
        yield Row("avx", "ok", "node-feature-discovery finds AVX on every node of a database")
    else:
        look = "grep --count --max-count=1 -E 'avx|dcpop' /proc/cpuinfo"
        fix = [f"{look}   # on each node of a database: 1 where MongoDB runs"]
        found = "cannot be told from here: MongoDB needs CPUs with AVX, or on arm64 of ARMv8.2-A"
        if told:
            found = f"node-feature-discovery finds AVX on all others, and tells nothing of {listed(untold)}"
        yield Row("avx", "warn", found, fix)


def _name(node: Object) -> str:
    return str(node["metadata"]["name"])


CHECKS: Final = (operating_systems, architectures, avx)
