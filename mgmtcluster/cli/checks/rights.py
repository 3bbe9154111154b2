"""Rights that an apply needs, asked of the API server: kubectl's own verbs, and the rights that Roles give."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

from mgmtcluster.cli.expected import Expected
from mgmtcluster.cli.resources import Kind
from mgmtcluster.manifests import Object, name_of

#: A right, as ``Cluster.may`` takes it.
Right = Mapping[str, str]

#: Whether the user has these rights, in their order.
MayAll = Callable[[Sequence[Right]], Sequence[bool]]

_APPLY: Final = ("get", "create", "patch")

#: With both, a user may write Roles and bindings that give rights which the user does not have.
_GIVE_ANYTHING: Final = ("escalate", "bind")


def denied(may_all: MayAll, expected: Expected, there: Mapping[str, Object]) -> list[str]:
    """Return the rights that an apply needs and the user does not have, in words.

    Args:
        may_all: answers which rights the user has.
        expected: what is to be applied.
        there: the objects of its kinds that are there already, by name.
    """
    applied = [_right(verb, kind.group, kind.plural, namespace) for kind, namespace in expected.kinds for verb in _APPLY]
    # Kubernetes lets nobody give more rights than they have, except by a Role that gives the same already.
    roles = [role for role in expected.of_kind("Role", "ClusterRole") if role["rules"] != _rules(there.get(name_of(role)))]
    handed_on = [right for role in _beyond(may_all, roles) for right in _rights_of(role)]
    return [
        *(_words(right) for right in _refused(may_all, applied)),
        *dict.fromkeys(f"give others the right to {_words(right)}" for right in _refused(may_all, handed_on)),
    ]


def _refused(may_all: MayAll, rights: Sequence[Right]) -> list[Right]:
    return [right for right, allowed in zip(rights, may_all(rights), strict=True) if not allowed]


def _beyond(may_all: MayAll, roles: Sequence[Object]) -> list[Object]:
    """The Roles that the user may write, and bind, only with every right that they give."""
    asked = [
        (name_of(role), _right(verb, kind.group, kind.plural, metadata.get("namespace"), name=metadata["name"]))
        for role in roles
        for kind, metadata in [(Kind.of(role), role["metadata"])]
        for verb in _GIVE_ANYTHING
    ]
    answers = zip(asked, may_all([right for _, right in asked]), strict=True)
    bound = {name for (name, _), allowed in answers if not allowed}
    return [role for role in roles if name_of(role) in bound]


def _rights_of(role: Object) -> Iterator[Right]:
    """Every right that a Role gives, one by one."""
    for rule in role["rules"]:
        for group, resource, verb in product(rule["apiGroups"], rule["resources"], rule["verbs"]):
            plural, _, subresource = resource.partition("/")
            for name in rule.get("resourceNames") or ("",):
                yield _right(verb, group, plural, role["metadata"].get("namespace"), subresource=subresource, name=name)


def _rules(role: Object | None) -> Any:
    return (role or {}).get("rules")


def _right(verb: str, group: str, resource: str, namespace: str | None, **more: str) -> Right:
    right = {"verb": verb, "group": group, "resource": resource, "namespace": namespace or "", **more}
    return {key: value for key, value in right.items() if value}


def _words(right: Right) -> str:
    target = "/".join(right[key] for key in ("resource", "subresource", "name") if key in right)
    return f"{right['verb']} {target}" + (f" in {right['namespace']}" if "namespace" in right else "")
