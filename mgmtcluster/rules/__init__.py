"""What must hold over all objects of an app, checked at every synth.

A rule is a function of the objects, as mappings, to the problems it finds: one line each, naming the object. In an app of
your own: ``rules.enforce(app)``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from inspect import signature
from typing import Any, Final

import jsii
from constructs import Construct, IValidation

from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.parts.context import cluster_of
from mgmtcluster.constructs.parts.declared import constructs_in, declared
from mgmtcluster.constructs.parts.objects import Manifest
from mgmtcluster.constructs.parts.synthesis import current_synthesis
from mgmtcluster.edges import Edge, same
from mgmtcluster.kinds.cluster import Cluster
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.manifests import Object
from mgmtcluster.rules.edges import addresses_by_endpoint, edges_lead_to_pods, routes_are_let_in
from mgmtcluster.rules.network import addresses_resolve, node_ports, services_select_pods
from mgmtcluster.rules.objects import (
    namespaces_exist,
    no_lists,
    no_nulls,
    no_secrets,
    texts_are_kept,
    unique_objects,
    valid_names,
)
from mgmtcluster.rules.pods import hardened, images_pinned, users_left_out, workloads_select_their_pods
from mgmtcluster.rules.written import files_hold_one_object, written

__all__ = [
    "Rule",
    "addresses_by_endpoint",
    "addresses_resolve",
    "check",
    "edges_lead_to_pods",
    "enforce",
    "general",
    "hardened",
    "images_pinned",
    "namespaces_exist",
    "no_lists",
    "no_nulls",
    "no_secrets",
    "node_ports",
    "objects_of",
    "routes_are_let_in",
    "services_select_pods",
    "texts_are_kept",
    "unique_objects",
    "users_left_out",
    "valid_names",
    "workloads_select_their_pods",
]

Rule = Callable[[Sequence[Object]], Iterable[str]]

#: A rule, or a function that is one once it knows more.
_AnyRule = Callable[..., Iterable[str]]


def enforce(
    app: Construct,
    *more: Rule,
    beside: Sequence[Endpoint] = (),
    namespaces: Sequence[str] = (),
    without: Sequence[_AnyRule] = (),
) -> None:
    """Make every synth of the app check the general rules and these, and fail before anything is written.

    The pods of this library's constructs must be ``hardened``, and hold ``addresses_by_endpoint``, too.

    Args:
        app: the app, or one chart of it.
        more: further rules.
        beside: endpoints of Services that run in the same cluster and are installed by somebody else.
        namespaces: names of namespaces that are made elsewhere, where the app makes others.
        without: rules of this module that are not checked, such as ``rules.no_secrets``.

    Raises:
        InvalidInput: what ``without`` names is no rule of this module.
    """
    unknown = [rule for rule in without if rule not in (*_GENERAL, *_OF_OURS)]
    if unknown:
        known = ", ".join(rule.__name__ for rule in (*_GENERAL, *_OF_OURS))
        raise InvalidInput(f"enforce: without: {rule!r} is not a rule that is checked; write one of {known}" for rule in unknown)
    app.node.add_validation(_Rules(same(app), more, beside=beside, namespaces=namespaces, without=without))


def general(
    *,
    beside: Sequence[Endpoint] = (),
    namespaces: Sequence[str] = (),
    edges: Sequence[Edge] = (),
    cluster: Cluster | None = None,
    without: Sequence[_AnyRule] = (),
) -> list[Rule]:
    """The rules that hold for every app; arguments as in ``enforce``, who talks to whom, and facts of the cluster."""
    known = {"beside": beside, "namespaces": namespaces, "edges": edges, "cluster": cluster}
    return _completed(_GENERAL, known, without)


_GENERAL: Final[Sequence[_AnyRule]] = (
    unique_objects,
    valid_names,
    namespaces_exist,
    node_ports,
    services_select_pods,
    addresses_resolve,
    edges_lead_to_pods,
    routes_are_let_in,
    workloads_select_their_pods,
    images_pinned,
    no_secrets,
    no_nulls,
    texts_are_kept,
    no_lists,
)

#: What holds for the objects of this library's constructs alone.
_OF_OURS: Final[Sequence[_AnyRule]] = (hardened, users_left_out, addresses_by_endpoint)


def check(objects: Sequence[Object], rules: Iterable[Rule]) -> list[str]:
    """The problems that these rules find."""
    return [problem for rule in rules for problem in rule(objects)]


@jsii.implements(IValidation)
class _Rules:
    """The rules as cdk8s calls them."""

    def __init__(
        self,
        scope: Construct,
        more: Sequence[Rule],
        *,
        beside: Sequence[Endpoint],
        namespaces: Sequence[str],
        without: Sequence[_AnyRule],
    ) -> None:
        self._scope = scope
        self._more = more
        self._beside = beside
        self._namespaces = namespaces
        self._without = without
        self._checked_in: object = None

    def validate(self) -> list[str]:
        # cdk8s validates a whole app anew for each of its charts: once in every call of the user's is enough.
        synthesis = current_synthesis()
        if synthesis is not None and synthesis is self._checked_in:
            return []
        self._checked_in = synthesis
        try:
            return self._problems()
        except InvalidInput as error:
            return list(error.problems)

    def _problems(self) -> list[str]:
        constructs = constructs_in(self._scope)
        below = written(self._scope)
        objects = [manifest for _, manifest in below]
        ours = [manifest for item, manifest in below if isinstance(item, Manifest)]
        app = declared(self._scope)
        known = {
            "beside": self._beside,
            "namespaces": self._namespaces,
            "edges": app.edges_from(constructs),
            "services": [*app.services.values()],
            "cluster": cluster_of(self._scope, constructs),
        }
        general_problems = check(objects, [*_completed(_GENERAL, known, self._without), *self._more])
        files = files_hold_one_object(self._scope, below)
        return [*files, *general_problems, *check(ours, _completed(_OF_OURS, known, self._without))]


def _completed(rules: Sequence[_AnyRule], known: Mapping[str, Any], without: Sequence[_AnyRule]) -> list[Rule]:
    """The rules that are checked, each with what it asks for of what is known."""
    return [
        partial(rule, **{name: value for name, value in known.items() if name in signature(rule).parameters})
        for rule in rules
        if rule not in without
    ]


def objects_of(scope: Construct) -> list[Object]:
    """All manifests below an app or a chart."""
    return [manifest for _, manifest in written(scope)]
