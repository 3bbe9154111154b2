"""What the API server would say to an installation: each object, and one pod of each template, sent in a dry run."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mgmtcluster.cli.expected import Expected
from mgmtcluster.cli.resources import POD, Kind
from mgmtcluster.manifests import Object, name_of

if TYPE_CHECKING:
    from mgmtcluster.cli.api import Cluster

#: Who makes pods of a template, where it is not the object that has the template.
_MAKERS: Final = {"Deployment": ("apps/v1", "ReplicaSet"), "CronJob": ("batch/v1", "Job")}

#: Where the provisioner keeps the template of its helper pods.
_HELPER_POD: Final = "helperPod.yaml"

#: What a refusal begins with: the object's name, which is another one each time.
_NAME: Final = re.compile(r'^\S+ "[^"]*" is (?=forbidden|invalid)')


@dataclass(frozen=True)
class Attempt:
    """An object to send.

    Attributes:
        name: what a row calls it.
        manifest: the object.
        is_there: whether one of its name is there, which would be changed.
    """

    name: str
    manifest: Object
    is_there: bool = False

    @property
    def namespace(self) -> str | None:
        """Its namespace; None for an object without one."""
        namespace: str | None = self.manifest["metadata"].get("namespace")
        return namespace

    @property
    def right(self) -> Mapping[str, str]:
        """The right that it takes, as ``Cluster.may`` takes it."""
        kind = Kind.of(self.manifest)
        right = {"verb": "patch" if self.is_there else "create", "group": kind.group, "resource": kind.plural}
        return right | ({"namespace": self.namespace} if self.namespace else {})


@dataclass(frozen=True)
class Trial:
    """What came of all attempts.

    Attributes:
        admitted: how many the server would take.
        refused: the names of the others, by the server's words.
        missing: how many could not be sent, because their namespace is not there, by namespace.
        not_allowed: how many the user may not send, by the right that it takes.
    """

    admitted: int = 0
    refused: Mapping[str, Sequence[str]] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    not_allowed: Mapping[str, int] = field(default_factory=dict)


def attempts(expected: Expected, there: Mapping[str, Object]) -> Iterator[Attempt]:
    """Yield every object that is to be installed, the first claim of each claim template, and one pod of each pod template.

    Args:
        expected: what is to be installed.
        there: the objects of its kinds that are there already, and claims, by name.
    """
    for manifest in expected.objects:
        yield Attempt(name_of(manifest), manifest, name_of(manifest) in there)
        for claimed in manifest.get("spec", {}).get("volumeClaimTemplates") or ():
            claim = _claim(manifest, claimed)
            if name_of(claim) not in there:
                yield Attempt(name_of(claim), claim)
        if template := helper_pod(manifest):
            yield Attempt(f"a helper pod of {name_of(manifest)}", _pod(manifest, template, there))
    for owner, template in expected.templates:
        yield Attempt(f"a pod of {name_of(owner)}", _pod(owner, template, there))


def helper_pod(manifest: Object) -> Object | None:
    """The pod with which the provisioner makes a directory, where this is its configuration."""
    text = (manifest.get("data") or {}).get(_HELPER_POD)
    pod: Object | None = json.loads(text) if text else None
    return pod


def _claim(owner: Object, template: Object) -> Object:
    metadata = {**template["metadata"], "name": _claim_name(owner, template), "namespace": owner["metadata"]["namespace"]}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": template["spec"]}


def _claim_name(owner: Object, template: Object) -> str:
    return f"{template['metadata']['name']}-{owner['metadata']['name']}-0"


def _pod(owner: Object, template: Object, there: Mapping[str, Object]) -> Object:
    """A pod of a template, as its controller would make it, under a name that no other has."""
    namespace, owner_name = owner["metadata"]["namespace"], owner["metadata"]["name"]
    spec: dict[str, Any] = {**template["spec"]}
    if f"ServiceAccount/{namespace}/{spec.get('serviceAccountName')}" not in there:
        spec["serviceAccountName"] = "default"
    claims = owner.get("spec", {}).get("volumeClaimTemplates") or ()
    volumes = [
        {"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": _claim_name(owner, claim)}} for claim in claims
    ]
    spec["volumes"] = [*(spec.get("volumes") or ()), *volumes]
    metadata = {**(template.get("metadata") or {}), "name": f"{owner_name[:50]}-preflight", "namespace": namespace}
    if owner["kind"] != "ConfigMap":
        api_version, kind = _MAKERS.get(owner["kind"], (owner["apiVersion"], owner["kind"]))
        uid = "00000000-0000-0000-0000-000000000000"
        metadata["ownerReferences"] = [
            {"apiVersion": api_version, "kind": kind, "name": owner_name, "uid": uid, "controller": True}
        ]
    return {"apiVersion": POD.api_version, "kind": POD.name, "metadata": metadata, "spec": spec}


def try_all(cluster: "Cluster", wanted: Sequence[Attempt], namespaces: Sequence[str]) -> Trial:
    """Send everything that can be sent, in dry runs: nothing is made or changed.

    Args:
        cluster: where.
        wanted: what to send.
        namespaces: those that are there.
    """
    missing: dict[str, int] = {}
    not_allowed: dict[str, int] = {}
    refused: dict[str, list[str]] = {}
    rights = list({json.dumps(attempt.right): attempt.right for attempt in wanted}.values())
    denied = [right for right, allowed in zip(rights, cluster.may_all(rights), strict=True) if not allowed]
    sent = []
    for attempt in wanted:
        namespace = attempt.namespace
        if namespace and namespace not in namespaces:
            missing[namespace] = missing.get(namespace, 0) + 1
        elif attempt.right in denied:
            words = f"{attempt.right['verb']} {attempt.right['resource']}" + (f" in {namespace}" if namespace else "")
            not_allowed[words] = not_allowed.get(words, 0) + 1
        else:
            sent.append(attempt)
    answers = cluster.dry_runs([(attempt.manifest, attempt.is_there) for attempt in sent])
    for attempt, words_against in zip(sent, answers, strict=True):
        if words_against:
            refused.setdefault(_NAME.sub("", words_against), []).append(attempt.name)
    return Trial(len(sent) - sum(map(len, refused.values())), refused, missing, not_allowed)
