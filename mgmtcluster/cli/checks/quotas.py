"""Quotas: whether everything together fits, of which the server says nothing while each object is tried alone."""

from collections.abc import Iterator, Mapping
from typing import Final

from mgmtcluster.cli.checks.amounts import Amounts, amount_of, of_pod, summed
from mgmtcluster.cli.checks.claims import wanted_claims
from mgmtcluster.cli.checks.row import Row, listed
from mgmtcluster.cli.checks.trial import helper_pod
from mgmtcluster.cli.checks.view import View
from mgmtcluster.cli.resources import Kind
from mgmtcluster.manifests import Object

_MIB: Final = 1024**2

#: Types of Services that have a port on every node for each of theirs.
_ON_NODES: Final = ("NodePort", "LoadBalancer")

#: What Kubernetes makes in every namespace: the ServiceAccount `default`, and the certificate of its own CA.
_OF_KUBERNETES: Final = {"configmaps": 1, "count/configmaps": 1, "count/serviceaccounts": 1}


def quotas(view: View) -> Iterator[Row]:
    """Everything of a namespace fits its ResourceQuotas, and one pod more, so that Deployments can roll."""
    if view.told.quotas is None:
        fix = ["kubectl get resourcequotas --all-namespaces   # ask who may list them"]
        yield Row("quotas", "warn", "cannot be told from here: you may not list ResourceQuotas", fix)
        return
    ours = [quota for quota in view.told.quotas if quota["metadata"]["namespace"] in view.expected.namespaces]
    scoped = [_name(quota) for quota in ours if quota["spec"].get("scopes") or quota["spec"].get("scopeSelector")]
    compared = [quota for quota in ours if _name(quota) not in scoped]
    asked = {namespace: asked_in(view, namespace) for namespace in view.expected.namespaces}
    small = {_name(quota): words for quota in compared if (words := [*_too_small(quota, asked)])}
    for name, words in small.items():
        fix = ["ask who administers the cluster for a larger quota; or ask for less in settings.yaml, then make synth"]
        yield Row("quotas", "fail", f"{name}: {'; '.join(words)}", fix)
    if scoped:
        fix = ["kubectl describe resourcequotas --all-namespaces   # compare it yourself"]
        yield Row("quotas", "warn", f"not compared, since it is for some pods alone: {listed(scoped)}", fix)
    if not small and not scoped:
        there = f"the platform fits {listed([*map(_name, compared)])}" if compared else "none is in the platform's namespaces"
        yield Row("quotas", "ok", there)


def _name(quota: Object) -> str:
    return f"{quota['metadata']['namespace']}/{quota['metadata']['name']}"


def _too_small(quota: Object, asked: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for resource, allowed in (quota["spec"].get("hard") or {}).items():
        wanted = asked[quota["metadata"]["namespace"]].get(resource, 0)
        if wanted > amount_of(allowed):
            yield f"{resource} is {allowed}, and {_text(resource, wanted)} is asked for"


def _text(resource: str, amount: float) -> str:
    return f"{amount / _MIB:g}Mi" if resource.endswith(("memory", "storage")) else f"{amount:g}"


def asked_in(view: View, namespace: str) -> dict[str, float]:
    """What everything of a namespace asks for together, by the names that quotas have for it."""
    parts: list[Amounts] = []
    rolled: dict[str, float] = {}
    for owner, template in view.expected.templates:
        if owner["metadata"]["namespace"] == namespace:
            pod = _pod(template["spec"])
            parts += [pod] * owner["spec"].get("replicas", 1)
            if owner["kind"] == "Deployment":
                rolled |= {resource: max(amount, rolled.get(resource, 0)) for resource, amount in pod.items()}
    for claim in wanted_claims(view):
        if claim.name.partition("/")[0] == namespace:
            parts.append({"persistentvolumeclaims": 1, "count/persistentvolumeclaims": 1, "requests.storage": claim.storage})
    for manifest in view.expected.objects:
        if manifest["metadata"].get("namespace") == namespace:
            parts += [*_counted(manifest)]
    return summed([*parts, rolled, _OF_KUBERNETES])


def _pod(spec: Object) -> dict[str, float]:
    requests, limits = of_pod(spec, "requests"), of_pod(spec, "limits")
    named = {f"requests.{resource}": amount for resource, amount in requests.items()}
    named |= {f"limits.{resource}": amount for resource, amount in limits.items()}
    return {**requests, **named, "pods": 1, "count/pods": 1}


def _counted(manifest: Object) -> Iterator[Amounts]:
    """An object, as quotas count it, and the pods that it makes meanwhile; claims are counted elsewhere."""
    kind = Kind.of(manifest)
    if kind.name != "PersistentVolumeClaim":
        yield {f"count/{kind.plural}.{kind.group}".rstrip("."): 1} | ({} if kind.group else {kind.plural: 1})
    if kind.name == "Service":
        service_type = manifest["spec"].get("type")
        on_nodes = len(manifest["spec"].get("ports") or ()) if service_type in _ON_NODES else 0
        yield {"services.nodeports": on_nodes, "services.loadbalancers": int(service_type == "LoadBalancer")}
    if helper := helper_pod(manifest):
        yield _pod(helper["spec"])


CHECKS: Final = (quotas,)
