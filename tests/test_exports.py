"""The public names are complete: what a public signature speaks of can be imported beside it."""

import ast
import inspect
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest

import mgmtcluster
from mgmtcluster import Settings, catalog, testing

ROOMS = (mgmtcluster, catalog, testing)


def signatures(node: ast.AST) -> Iterator[ast.expr]:
    """The annotations of a function, or of a class: its fields, its properties, its methods and how it is made."""
    if isinstance(node, ast.ClassDef):
        for item in node.body:
            name = getattr(item, "name", getattr(getattr(item, "target", None), "id", ""))
            if not name.startswith("_") or name == "__init__":
                yield from signatures(item)
    elif isinstance(node, ast.AnnAssign):
        yield node.annotation
    elif isinstance(node, ast.FunctionDef):
        arguments = [*node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        yield from (each.annotation for each in arguments if each and each.annotation)
        if node.returns:
            yield node.returns


def parts(annotation: ast.AST) -> Iterator[ast.AST]:
    """An annotation and all within it, but for what only describes it: ``Option(…)`` in ``Annotated``."""
    yield annotation
    for part in ast.iter_child_nodes(annotation):
        if not isinstance(part, ast.Call):
            yield from parts(part)


def types_in(public: Any) -> Iterator[tuple[str, Any]]:
    """The classes and unions of this package that its signature speaks of, by the names it has for them."""
    names = vars(sys.modules[public.__module__])
    [node] = ast.parse(inspect.cleandoc("\n" + inspect.getsource(public))).body
    for annotation in signatures(node):
        for part in parts(annotation):
            written = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None
            name = part.id if isinstance(part, ast.Name) else written
            found = names.get(name or "")
            if _is_a_type_of_ours(found):
                yield str(name), found


def _is_a_type_of_ours(found: Any) -> bool:
    if isinstance(found, type):
        return found.__module__.startswith("mgmtcluster")
    return isinstance(found, types.UnionType) or typing.get_origin(found) is typing.Literal


def public_things() -> list[Any]:
    """Every class and function that has a public name, but for the settings: who writes them writes YAML."""
    found = [getattr(room, name) for room in ROOMS for name in room.__all__]
    return [each for each in found if (inspect.isclass(each) and each is not Settings) or inspect.isfunction(each)]


@pytest.mark.parametrize("public", public_things(), ids=lambda public: f"{public.__module__}.{public.__name__}")
def test_a_type_of_a_public_signature_is_public(public: Any) -> None:
    """A team that writes a function around it can say what the function takes."""
    exported = [getattr(room, name) for room in ROOMS for name in room.__all__]
    missing = sorted({name for name, found in types_in(public) if not any(found is each for each in exported)})
    assert not missing, f"{public.__name__} speaks of {', '.join(missing)}"


def test_the_types_are_found() -> None:
    """Classes, unions and bases, wherever they stand."""
    assert {"Endpoint", "Grant", "ServiceOptions"} <= {name for name, _ in types_in(mgmtcluster.WebService)}
    assert {"Endpoint", "Probe"} <= {name for name, _ in types_in(mgmtcluster.Sidecar)}
