"""Arguments checked against their annotations in Python, before jsii sees them."""

import dataclasses
import functools
import inspect
import operator
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

import pydantic

from mgmtcluster.kinds.errors import InvalidInput, problems_of, shortened
from mgmtcluster.kinds.spelling import unknown_name

if TYPE_CHECKING:
    from constructs import Construct

_Self = TypeVar("_Self", bound="Construct")
_Arguments = ParamSpec("_Arguments")
_Method = TypeVar("_Method", bound=Callable[..., Any])
# What checks a value is built when the first one is checked: most options are never passed.
_CONFIG = pydantic.ConfigDict(strict=True, arbitrary_types_allowed=True, defer_build=True)

#: What every ``__init__`` of a construct has, and cdk8s checks.
_NOT_CHECKED = ("self", "scope", "id", "return")


def checked(
    init: "Callable[Concatenate[_Self, Construct, str, _Arguments], None]",
) -> "Callable[Concatenate[_Self, Construct, str, _Arguments], None]":
    """Check the keyword arguments of a construct's ``__init__(self, scope, id, *, …)`` against their annotations.

    Raises:
        InvalidInput: every argument that does not fit, with the construct's path.
    """
    signature = inspect.signature(init)

    @functools.wraps(init)
    def wrapper(self: _Self, scope: "Construct", id: str, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
        signature.bind(self, scope, id, *args, **kwargs)  # raises Python's own TypeError for a missing argument
        if problems := _problems(init, kwargs):
            where = f"{scope.node.path}/{id}".lstrip("/")  # asks Node.js, so only for an error
            raise InvalidInput(f"{where}: {problem}" for problem in problems)
        try:
            init(self, scope, id, *args, **kwargs)
        except InvalidInput:
            # A refused construct is no part of the app: a second try finds its id free, and its names.
            if scope.node.try_find_child(id) is self:
                scope.node.try_remove_child(id)
            raise
        except RuntimeError as error:
            if "already a Construct with name" not in str(error):
                raise
            where = f"{scope.node.path}/{id}".lstrip("/")
            raise InvalidInput([f"{where}: id: {id!r} is that of another construct here; write another one"]) from None

    return cast("Callable[Concatenate[_Self, Construct, str, _Arguments], None]", wrapper)


def checked_method(method: _Method) -> _Method:
    """Check the arguments of a construct's method against their annotations.

    Raises:
        InvalidInput: every argument that does not fit, with the construct's path and the method's name.
    """
    signature = inspect.signature(method)

    @functools.wraps(method)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        passed = signature.bind(self, *args, **kwargs).arguments
        if problems := _problems(method, {name: value for name, value in passed.items() if name not in _NOT_CHECKED}):
            raise InvalidInput(f"{self.node.path}: {method.__name__}: {problem}" for problem in problems)
        return method(self, *args, **kwargs)

    return cast(_Method, wrapper)


def check_fields(self: Any, *, where: str) -> None:
    """Check the fields of a dataclass against their annotations; to be called from ``__post_init__``.

    Raises:
        InvalidInput: every field that does not fit, after ``where``.
    """
    check_arguments(type(self), vars(self), where=where)


def check_arguments(annotated: Callable[..., Any], values: Mapping[str, Any], *, where: str) -> None:
    """Check values against the annotations of the function that takes them, or of the class that has them as fields.

    Raises:
        InvalidInput: every value that does not fit, after ``where``.
    """
    if problems := _problems(annotated, values):
        raise InvalidInput(f"{where}: {problem}" for problem in problems)


def _problems(annotated: Callable[..., Any], values: Mapping[str, Any]) -> list[str]:
    """Every value that does not fit its annotation in a class or a function, as ``name: what is wrong``."""
    adapters = _adapters(annotated)
    problems = [f"{name}: {unknown_name('an argument', name, [*adapters])}" for name in values if name not in adapters]
    for name, adapter in adapters.items():
        try:
            if name in values:
                adapter.validate_python(values[name])
        except pydantic.ValidationError as error:
            problems += problems_of(error, within=name)
    return problems


@functools.cache
def _adapters(annotated: Callable[..., Any]) -> Mapping[str, pydantic.TypeAdapter[Any]]:
    """What checks the values of a class or a function, by their names."""
    adapters: dict[str, pydantic.TypeAdapter[Any]] = {}
    for name, hint in typing.get_type_hints(annotated, include_extras=True).items():
        if typing.get_origin(hint) is typing.Unpack:  # **options: Unpack[ServiceOptions]
            adapters |= _adapters(typing.get_args(hint)[0])
        elif name not in _NOT_CHECKED:
            adapters[name] = _adapter(hint)
    return adapters


def _adapter(hint: Any) -> pydantic.TypeAdapter[Any]:
    try:
        return _adapter_of(hint)
    except TypeError:  # it holds what cannot be a key
        return _adapter_of.__wrapped__(hint)


@functools.cache
def _adapter_of(hint: Any) -> pydantic.TypeAdapter[Any]:
    """What checks values of this annotation, once for all that have it."""
    return pydantic.TypeAdapter(_by_instance(hint), config=_CONFIG)


def _by_instance(hint: Any) -> Any:
    """The annotation with dataclasses, and unions of plain classes, checked by ``isinstance``.

    A dataclass checked its own fields when it was made; pydantic's own check of a union reports a failure per member.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return _instance_of(hint)
    if origin is types.UnionType and all(isinstance(argument, type) for argument in arguments):
        return _instance_of(*arguments)
    if origin is typing.Annotated:  # pydantic ignores metadata that it does not know
        inner, *metadata = arguments
        return typing.Annotated[_by_instance(inner), *metadata]
    if origin is None or origin is typing.Literal:
        return hint
    replaced = tuple(_by_instance(argument) for argument in arguments)
    return functools.reduce(operator.or_, replaced) if origin is types.UnionType else origin[replaced]


def _instance_of(*classes: Any) -> Any:
    *others, last = ("None" if cls is types.NoneType else cls.__name__ for cls in classes)
    expected = f"{', '.join(others)} or {last}" if others else last

    def check(value: object) -> object:
        if not isinstance(value, classes) or (isinstance(value, bool) and bool not in classes):
            raise ValueError(f"expected {expected}, got {shortened(value)}")
        return value

    return typing.Annotated[Any, pydantic.PlainValidator(check)]


def unique(items: Sequence[str]) -> Sequence[str]:
    """No item is listed twice."""
    twice = sorted({item for item in items if items.count(item) > 1})
    if twice:
        raise ValueError(f"{twice[0]!r} is listed twice; remove one")
    return items
