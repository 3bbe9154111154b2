"""What must hold over all objects of an app, checked at every synth.

A rule is a function of the objects, as mappings, to the problems it finds: one line each, naming the object. In an app of
your own: ``rules.enforce(app)``.
"""

from collections.abc import Callable, Iterable, Sequence

import jsii
from cdk8s import ApiObject
from constructs import Construct, IValidation

from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.parts.objects import Manifest
from mgmtcluster.constructs.parts.synthesis import current_synthesis
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.manifests import Object
from mgmtcluster.rules.network import addresses_resolve, node_ports, services_select_pods
from mgmtcluster.rules.objects import namespaces_exist, no_nulls, no_secrets, unique_objects, valid_names
from mgmtcluster.rules.pods import hardened, images_pinned

__all__ = [
    "Rule",
    "addresses_resolve",
    "check",
    "enforce",
    "general",
    "hardened",
    "images_pinned",
    "namespaces_exist",
    "no_nulls",
    "no_secrets",
    "node_ports",
    "objects_of",
    "services_select_pods",
    "unique_objects",
    "valid_names",
]

Rule = Callable[[Sequence[Object]], Iterable[str]]


def enforce(app: Construct, *more: Rule, beside: Sequence[Endpoint] = ()) -> None:
    """Make every synth of the app check the general rules and these, and fail before anything is written.

    The pods of this library's constructs must be ``hardened`` too.

    Args:
        app: the app, or one chart of it.
        more: further rules.
        beside: endpoints of Services that run in the same cluster and are installed by somebody else.
    """
    app.node.add_validation(_Rules(app, [*general(beside=beside), *more]))


def general(*, beside: Sequence[Endpoint] = ()) -> list[Rule]:
    """The rules that hold for every app; ``beside`` as in ``enforce``."""
    return [
        unique_objects,
        valid_names,
        namespaces_exist,
        node_ports,
        services_select_pods,
        lambda objects: addresses_resolve(objects, beside=beside),
        images_pinned,
        no_secrets,
        no_nulls,
    ]


def check(objects: Sequence[Object], rules: Iterable[Rule]) -> list[str]:
    """The problems that these rules find."""
    return [problem for rule in rules for problem in rule(objects)]


@jsii.implements(IValidation)
class _Rules:
    """The rules as cdk8s calls them."""

    def __init__(self, scope: Construct, rules: Sequence[Rule]) -> None:
        self._scope = scope
        self._rules = rules
        self._checked_in: object = None

    def validate(self) -> list[str]:
        # cdk8s validates a whole app anew for each of its charts: once in every call of the user's is enough.
        synthesis = current_synthesis()
        if synthesis is self._checked_in:
            return []
        self._checked_in = synthesis
        declared = _declared(self._scope)
        try:
            objects = [item.to_json() for item in declared]
        except InvalidInput as error:
            return list(error.problems)
        ours = [manifest for item, manifest in zip(declared, objects, strict=True) if isinstance(item, Manifest)]
        return [*check(objects, self._rules), *hardened(ours)]


def objects_of(scope: Construct) -> list[Object]:
    """All manifests below an app or a chart."""
    return [item.to_json() for item in _declared(scope)]


def _declared(scope: Construct) -> list[ApiObject]:
    return [item for item in scope.node.find_all() if isinstance(item, ApiObject)]
