"""What the constructs of one app know of each other."""

from functools import cache
from typing import TYPE_CHECKING, cast

from constructs import Construct

if TYPE_CHECKING:
    from mgmtcluster.edges import Edge

_ID = "mgmtcluster-registry"


class Registry(Construct):
    """A construct without objects at the root of an app, where every other can find it.

    Attributes:
        edges: who talks to whom.
        owners: the path of the construct that has a Service's name or a node port.
    """

    def __init__(self, root: Construct) -> None:
        super().__init__(root, _ID)
        self.edges: set[Edge] = set()
        self.owners: dict[str, str] = {}


@cache  # finding it takes calls to the Node.js that runs cdk8s
def registry_of(scope: Construct) -> Registry:
    """The registry of the app that ``scope`` belongs to."""
    root = cast(Construct, scope.node.root)
    found = root.node.try_find_child(_ID)
    return cast(Registry, found) if found else Registry(root)
