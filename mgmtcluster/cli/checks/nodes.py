"""Nodes: how many, how large, which of them take which pods, and what is left on them."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from mgmtcluster import catalog
from mgmtcluster.cli.checks.amounts import amount_of, of_pod, summed
from mgmtcluster.cli.checks.row import Row, counted, listed
from mgmtcluster.cli.checks.scheduling import is_usable, labels_of, selects, takes, untolerated
from mgmtcluster.cli.checks.view import View, is_ours
from mgmtcluster.manifests import Object, name_of, pod_template

_WORKERS: Final = 3

#: What three of them must have, in bytes, and how people say it.
_SIZES: Final = {"memory": (8e9, "8 GB of memory"), "ephemeral-storage": (40e9, "40 GB of disk")}

#: The firmware and the kernel keep some memory, and a file system some of its disk, from what was bought.
_VISIBLE: Final = 0.92

_JOIN: Final = "kubeadm token create --print-join-command"
_GIB: Final = 1024**3


def workers(view: View) -> Iterator[Row]:
    """There are three workers, and three that are large enough."""
    tainted = _tainted(view)
    found = f"{counted(len(view.workers), 'node')} {'is' if len(view.workers) == 1 else 'are'} Ready and take pods"
    kept_away = [f"{name} ({', '.join(taints)})" for name, taints in tainted.items()]
    beside = f"; not tolerated: {listed(kept_away)}" if kept_away else ""
    missing = _WORKERS - len(view.workers)
    if missing > 0:
        fix = [f"{_JOIN}   # and run what it prints on {missing} more"]
        fix += [
            f"settings.yaml: pods: {{tolerations: [{_toleration(taint)}]}}" for taint in dict.fromkeys(chain(*tainted.values()))
        ]
        fix += [f"kubectl taint nodes {name} {taint}-   # removes it" for name, taints in tainted.items() for taint in taints]
        yield Row("workers", "fail", f"{found}; {_WORKERS} are needed{beside}", fix)
    else:
        yield Row("workers", "ok", f"{found}{beside}")
    for resource, (least, words) in _SIZES.items():
        yield _size(view.workers, resource, least, words)


def _size(nodes: Sequence[Object], resource: str, least: float, words: str) -> Row:
    sizes = {node["metadata"]["name"]: (node.get("status") or {}).get("capacity", {}).get(resource) for node in nodes}
    untold = sorted(name for name, size in sizes.items() if size is None)
    enough = [name for name, size in sizes.items() if size and amount_of(size) >= least * _VISIBLE]
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


def _tainted(view: View) -> dict[str, list[str]]:
    """The taints that keep every pod of the platform off a node, by its name."""
    specs = [template["spec"] for _, template in view.expected.templates]
    others = [node for node in view.objects["Node"] if is_usable(node) and node not in view.workers]
    common = {
        node["metadata"]["name"]: [
            taint for taint in untolerated(node, {}) if all(taint in untolerated(node, spec) for spec in specs)
        ]
        for node in others
    }
    return {name: taints for name, taints in sorted(common.items()) if taints}


def _toleration(taint: str) -> str:
    """The toleration, as the settings write it, of a taint as kubectl writes it."""
    name, _, effect = taint.rpartition(":")
    key, _, value = name.partition("=")
    return f"{{key: {key}, value: {value}, effect: {effect}}}" if value else f"{{key: {key}, operator: Exists, effect: {effect}}}"


def placement(view: View) -> Iterator[Row]:
    """For every pod there is a node that it selects, and whose taints it tolerates. Members of databases have a row each."""
    members = [f"StatefulSet/{database.namespace}/{database.name}" for database in catalog.DATABASES]
    owners: dict[str, list[str]] = {}
    for owner, template in view.expected.templates:
        if name_of(owner) not in members and not any(takes(node, template["spec"]) for node in view.workers):
            owners.setdefault(_why_nowhere(view, template["spec"]), []).append(name_of(owner))
    for why, names in owners.items():
        look = "kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints,LABELS:.metadata.labels"
        fix = [f"{look}   # then settings.yaml: pods: {{node_selector: …, tolerations: …}}"]
        yield Row("placement", "fail", f"no node takes pods of {listed(names)}: {why}", fix)
    if not owners:
        yield Row("placement", "ok", "for every pod there is a node that takes it")


def _why_nowhere(view: View, spec: Object) -> str:
    selected = [node for node in view.objects["Node"] if is_usable(node) and selects(spec, labels_of(node))]
    taints = sorted({taint for node in selected for taint in untolerated(node, spec)})
    if taints:
        return f"they do not tolerate {listed(taints)}"
    wanted = [f"{key}={value}" for key, value in sorted((spec.get("nodeSelector") or {}).items())]
    return f"no node that is Ready has {listed(wanted)}" if wanted else "no node is Ready"


def labels(view: View) -> Iterator[Row]:
    """For each member of a database there is a labelled node that takes it."""
    specs = {name_of(owner): template["spec"] for owner, template in view.expected.templates}
    for database in catalog.DATABASES:
        settings = view.expected.settings.database(database)
        key, _, value = settings.node_label.partition("=")
        spec = specs.get(f"StatefulSet/{database.namespace}/{database.name}", {})
        labelled = [node for node in view.objects["Node"] if takes(node, spec) and labels_of(node).get(key) == value]
        check = f"labels {database.name}"
        found = f"{counted(len(labelled), 'worker')} with {settings.node_label}, for {counted(settings.members, 'member')}"
        if len(labelled) >= settings.members:
            yield Row(check, "ok", found)
            continue
        others = sorted(
            node["metadata"]["name"]
            for node in view.objects["Node"]
            if node not in labelled and takes(_with_label(node, key, value), spec)
        )
        chosen = others[: settings.members - len(labelled)] or ["NODE"]
        yield Row(check, "fail", found, [f"kubectl label node {' '.join(chosen)} {settings.node_label}"])


def _with_label(node: Object, key: str, value: str) -> Object:
    return {**node, "metadata": {**node["metadata"], "labels": {**labels_of(node), key: value}}}


def room(view: View) -> Iterator[Row]:
    """The workers have room for the sum of all requests, beside what others run on them."""
    names = {node["metadata"]["name"] for node in view.workers}
    free = summed((node.get("status") or {}).get("allocatable") or {} for node in view.workers)
    others = [pod for pod in view.objects["Pod"] if pod["spec"].get("nodeName") in names and not is_ours(pod)]
    taken = summed(of_pod(pod["spec"], "requests") for pod in others)
    asked = summed(
        of_pod((pod_template(workload) or {})["spec"], "requests")
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


CHECKS: Final = (workers, placement, labels, room)
