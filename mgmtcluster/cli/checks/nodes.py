"""Nodes: how many, how large, with which labels, and what is left on them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from kubernetes.utils.quantity import parse_quantity

from mgmtcluster import catalog
from mgmtcluster.cli.checks.row import Row, counted, listed
from mgmtcluster.cli.checks.view import View, is_ours
from mgmtcluster.manifests import Object, pod_template

_WORKERS: Final = 3

#: What three of them must have, in bytes, and how people say it.
_SIZES: Final = {"memory": (8e9, "8 GB of memory"), "ephemeral-storage": (40e9, "40 GB of disk")}

#: The firmware and the kernel keep some memory, and a file system some of its disk, from what was bought.
_VISIBLE: Final = 0.92

_JOIN: Final = "kubeadm token create --print-join-command"
_GIB: Final = 1024**3


def workers(view: View) -> Iterator[Row]:
    """There are three workers, and three that are large enough."""
    found = f"{counted(len(view.workers), 'node')} {'is' if len(view.workers) == 1 else 'are'} Ready and take pods"
    missing = _WORKERS - len(view.workers)
    if missing > 0:
        fix = [f"{_JOIN}   # and run what it prints on {missing} more"]
        yield Row("workers", "fail", f"{found}; {_WORKERS} are needed", fix)
    else:
        yield Row("workers", "ok", found)
    for resource, (least, words) in _SIZES.items():
        yield _size(view.workers, resource, least, words)


def _size(nodes: Sequence[Object], resource: str, least: float, words: str) -> Row:
    sizes = {node["metadata"]["name"]: (node.get("status") or {}).get("capacity", {}).get(resource) for node in nodes}
    untold = sorted(name for name, size in sizes.items() if size is None)
    enough = [name for name, size in sizes.items() if size and _amount(size) >= least * _VISIBLE]
    small = sorted({*sizes} - {*untold, *enough})
    check = "disk" if resource == "ephemeral-storage" else resource
    found = f"{counted(len(enough), 'worker')} {'has' if len(enough) == 1 else 'have'} {words}"
    found += f"; too small: {listed(small)}" if small else ""
    if len(enough) >= _WORKERS:
        return Row(check, "ok", found)
    if untold:
        fix = [f"ssh {untold[0]} {'df -h /var/lib' if check == 'disk' else 'free -g'}   # and the others"]
        return Row(check, "warn", f"{found}; not told by the nodes: {listed(untold)}", fix)
    return Row(check, "fail", f"{found}; {_WORKERS} are needed", [f"{_JOIN}   # and run what it prints on a node with {words}"])


def labels(view: View) -> Iterator[Row]:
    """For each member of a database there is a labelled node."""
    for database in catalog.DATABASES:
        settings = view.expected.settings.database(database)
        key, _, value = settings.node_label.partition("=")
        labelled = [node for node in view.workers if (node["metadata"].get("labels") or {}).get(key) == value]
        check = f"labels {database.name}"
        found = f"{counted(len(labelled), 'worker')} with {settings.node_label}, for {counted(settings.members, 'member')}"
        if len(labelled) >= settings.members:
            yield Row(check, "ok", found)
            continue
        others = sorted(node["metadata"]["name"] for node in view.workers if node not in labelled)
        chosen = others[: settings.members - len(labelled)] or ["NODE"]
        yield Row(check, "fail", found, [f"kubectl label node {' '.join(chosen)} {settings.node_label}"])


def room(view: View) -> Iterator[Row]:
    """The workers have room for the sum of all requests, beside what others run on them."""
    names = {node["metadata"]["name"] for node in view.workers}
    free = _sum((node.get("status") or {}).get("allocatable") or {} for node in view.workers)
    others = [pod for pod in view.objects["Pod"] if pod["spec"].get("nodeName") in names and not is_ours(pod)]
    taken = _sum(_requests(pod["spec"]) for pod in others)
    asked = _sum(
        _requests((pod_template(workload) or {})["spec"])
        for workload in view.expected.of_kind("Deployment", "StatefulSet")
        for _ in range(workload["spec"]["replicas"])
    )
    for resource, unit, words in (("cpu", 1, "CPUs"), ("memory", _GIB, "GiB of memory")):
        wanted, left = asked.get(resource, 0), free.get(resource, 0) - taken.get(resource, 0)
        found = f"{wanted / unit:.1f} {words} are asked for, {left / unit:.1f} are left on the workers"
        if wanted <= left:
            yield Row(f"room {resource}", "ok", found)
        else:
            yield Row(f"room {resource}", "fail", found, [f"{_JOIN}   # and run what it prints on more nodes"])


def _requests(spec: Object) -> Mapping[str, float]:
    """What the scheduler counts for a pod: its containers together, or one that runs before them, if that asks for more."""
    before = spec.get("initContainers") or ()
    beside = [container for container in before if container.get("restartPolicy") == "Always"]
    together = _sum(_request(container) for container in (*spec["containers"], *beside))
    for container in before:
        for resource, amount in _sum([_request(container)]).items():
            together[resource] = max(together.get(resource, 0), amount)
    return together


def _request(container: Object) -> Mapping[str, str]:
    requests: Mapping[str, str] = (container.get("resources") or {}).get("requests") or {}
    return requests


def _sum(requests: Iterable[Mapping[str, str | float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for request in requests:
        for resource in ("cpu", "memory"):
            if resource in request:
                total[resource] = total.get(resource, 0) + _amount(request[resource])
    return total


def _amount(quantity: str | float) -> float:
    return float(parse_quantity(quantity))  # type: ignore[no-untyped-call]


def avx(view: View) -> Iterator[Row]:
    """MongoDB needs AVX; Kubernetes does not tell, unless node-feature-discovery runs."""
    label = "feature.node.kubernetes.io/cpu-cpuid.AVX"
    told = [node for node in view.workers if label in (node["metadata"].get("labels") or {})]
    if view.workers and len(told) == len(view.workers):
        yield Row("avx", "ok", "node-feature-discovery finds AVX on every worker")
    else:
        fix = ["grep --count --max-count=1 avx /proc/cpuinfo   # on each node of a database: 1 where it has AVX"]
        yield Row("avx", "warn", "cannot be told from here: MongoDB needs CPUs with AVX", fix)


CHECKS: Final = (workers, labels, room, avx)
