"""Who answers where: an address and a node port belong to one construct of an app."""

from collections.abc import Iterable

from constructs import Construct

from mgmtcluster._registry import registry_of
from mgmtcluster.addresses import Endpoint
from mgmtcluster.errors import InvalidInput


def claim(scope: Construct, *, namespace: str, services: Iterable[str], endpoints: Iterable[Endpoint] = ()) -> None:
    """Take these names of Services in a namespace, and the node ports of these endpoints, for a construct.

    Raises:
        InvalidInput: another construct of the app has one of them.
    """
    path, owners = scope.node.path, registry_of(scope).owners
    asked = {f"Service {namespace}/{service}": "write another name" for service in services}
    asked |= {f"node port {each.node_port}": "write another one" for each in endpoints if each.node_port}
    problems = [
        f"{path}: endpoint: {what} is taken by {owners[what]}; {write}" for what, write in asked.items() if what in owners
    ]
    if problems:
        raise InvalidInput(problems)
    owners.update(dict.fromkeys(asked, path))
