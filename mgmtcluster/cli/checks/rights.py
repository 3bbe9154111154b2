"""What an apply needs the user to be allowed, asked of the API server: kubectl's own verbs, and the rights that Roles give."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

from mgmtcluster.cli.api import Cluster, Kind
from mgmtcluster.cli.expected import Expected
from mgmtcluster.manifests import Object, name_of

#: What is asked for, as `Cluster.may` takes it.
_Right = Mapping[str, str]

_APPLY: Final = ("get", "create", "patch")

#: With both, a user may write Roles and bindings that give what the user does not have.
_GIVE_ANYTHING: Final = ("escalate", "bind")


def denied(cluster: Cluster, expected: Expected, there: Mapping[str, Object]) -> list[str]:
    """What an apply needs and the user may not, in words.

    Args:
        cluster: who is asked.
        expected: what is to be applied.
        there: the objects of its kinds that are there already, by name.
    """
    applied = [_right(verb, kind.group, kind.plural, namespace) for kind, namespace in expected.kinds for verb in _APPLY]
    # Kubernetes lets nobody give more than they have, but for a Role that gives the same already.
    roles = [role for role in expected.of_kind("Role", "ClusterRole") if role["rules"] != _rules(there.get(name_of(role)))]
    given = [right for role in _beyond(cluster, roles) for right in _given(role)]
    return [
        *(_words(each) for each in _refused(cluster, applied)),
        *dict.fromkeys(f"give others the right to {_words(each)}" for each in _refused(cluster, given)),
    ]


def _refused(cluster: Cluster, rights: Sequence[_Right]) -> list[_Right]:
    return [right for right, allowed in zip(rights, cluster.may_all(rights), strict=True) if not allowed]


def _beyond(cluster: Cluster, roles: Sequence[Object]) -> list[Object]:
    """The Roles that the user may write, and bind, only with every right that they give."""
    free = [
        (name_of(role), _right(verb, kind.group, kind.plural, metadata.get("namespace"), name=metadata["name"]))
        for role in roles
        for kind, metadata in [(Kind.of(role), role["metadata"])]
        for verb in _GIVE_ANYTHING
    ]
    answers = zip(free, cluster.may_all([right for _, right in free]), strict=True)
    bound = {name for (name, _), allowed in answers if not allowed}
    return [role for role in roles if name_of(role) in bound]


def _given(role: Object) -> Iterator[_Right]:
    """Every right that a Role gives, one by one."""
    for rule in role["rules"]:
        for group, resource, verb in product(rule["apiGroups"], rule["resources"], rule["verbs"]):
            plural, _, subresource = resource.partition("/")
            for name in rule.get("resourceNames") or ("",):
                yield _right(verb, group, plural, role["metadata"].get("namespace"), subresource=subresource, name=name)


def _rules(role: Object | None) -> Any:
    return (role or {}).get("rules")


def _right(verb: str, group: str, resource: str, namespace: str | None, **more: str) -> _Right:
    right = {"verb": verb, "group": group, "resource": resource, "namespace": namespace or "", **more}
    return {key: value for key, value in right.items() if value}


def _words(right: _Right) -> str:
    what = "/".join(right[key] for key in ("resource", "subresource", "name") if key in right)
    return f"{right['verb']} {what}" + (f" in {right['namespace']}" if "namespace" in right else "")
