"""Arguments checked against their annotations in Python, before jsii sees them."""

import dataclasses
import functools
import inspect
import operator
import types
import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

import pydantic

from mgmtcluster.kinds.errors import InvalidInput, problems_of

if TYPE_CHECKING:
    from constructs import Construct

_Self = TypeVar("_Self", bound="Construct")
_Arguments = ParamSpec("_Arguments")
_Method = TypeVar("_Method", bound=Callable[..., Any])
_CONFIG = pydantic.ConfigDict(strict=True, arbitrary_types_allowed=True)


def checked(
    init: "Callable[Concatenate[_Self, Construct, str, _Arguments], None]",
) -> "Callable[Concatenate[_Self, Construct, str, _Arguments], None]":
    """Check the keyword arguments of a construct's ``__init__(self, scope, id, *, …)`` against their annotations.

    Raises:
        InvalidInput: every argument that does not fit, each with the construct's path.
    """
    adapters = functools.cache(lambda: _adapters(init))
    signature = inspect.signature(init)

    @functools.wraps(init)
    def wrapper(self: _Self, scope: "Construct", id: str, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
        where = f"{scope.node.path}/{id}".lstrip("/")
        signature.bind(self, scope, id, *args, **kwargs)  # its TypeError is Python's own and says it all
        unknown = [
            f"{where}: {name}: is no argument; write one of {', '.join(adapters())}" for name in kwargs if name not in adapters()
        ]
        problems = [*unknown, *_problems(where, adapters(), kwargs)]
        if problems:
            raise InvalidInput(problems)
        try:
            init(self, scope, id, *args, **kwargs)
        except InvalidInput:
            # A refused construct is no part of the app: a second try finds its id free, and its names.
            if scope.node.try_find_child(id) is self:
                scope.node.try_remove_child(id)
            raise

    return cast("Callable[Concatenate[_Self, Construct, str, _Arguments], None]", wrapper)


def checked_method(method: _Method) -> _Method:
    """Check the arguments of a construct's method against their annotations.

    Raises:
        InvalidInput: every argument that does not fit, each with the construct's path and the method's name.
    """
    adapters = functools.cache(lambda: _adapters(method))
    signature = inspect.signature(method)

    @functools.wraps(method)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        passed = signature.bind(self, *args, **kwargs).arguments
        problems = _problems(f"{self.node.path}: {method.__name__}", adapters(), passed)
        if problems:
            raise InvalidInput(problems)
        return method(self, *args, **kwargs)

    return cast(_Method, wrapper)


def check_fields(self: Any, *, where: str) -> None:
    """Check the fields of a dataclass against their annotations; to be called from ``__post_init__``.

    Raises:
        InvalidInput: every field that does not fit, after ``where``.
    """
    problems = _problems(where, _field_adapters(self.__class__), vars(self))
    if problems:
        raise InvalidInput(problems)


@functools.cache
def _field_adapters(cls: Callable[..., Any]) -> Mapping[str, pydantic.TypeAdapter[Any]]:
    return _adapters(cls)


def _adapters(annotated: Any) -> Mapping[str, pydantic.TypeAdapter[Any]]:
    hints = typing.get_type_hints(annotated, include_extras=True)
    for name, hint in tuple(hints.items()):
        if typing.get_origin(hint) is typing.Unpack:
            del hints[name]
            hints |= typing.get_type_hints(typing.get_args(hint)[0], include_extras=True)
    return {
        name: pydantic.TypeAdapter(_by_instance(hint), config=_CONFIG)
        for name, hint in hints.items()
        if name not in ("self", "scope", "id", "return")
    }


def _by_instance(hint: Any) -> Any:
    """The annotation with dataclasses, and unions of plain classes, checked by ``isinstance``.

    A dataclass checked its own fields when it was made; a union's own check would report each member's failure.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return _instance_of(hint)
    if origin is types.UnionType and all(isinstance(argument, type) for argument in arguments):
        return _instance_of(*arguments)
    if origin is typing.Annotated:
        return typing.Annotated[(_by_instance(arguments[0]), *hint.__metadata__)]
    if origin is None or origin is typing.Literal:
        return hint
    replaced = tuple(_by_instance(argument) for argument in arguments)
    return functools.reduce(operator.or_, replaced) if origin is types.UnionType else origin[replaced]


def _instance_of(*classes: Any) -> Any:
    names = " or ".join("None" if cls is types.NoneType else cls.__name__ for cls in classes)

    def check(value: object) -> object:
        if not isinstance(value, classes) or (isinstance(value, bool) and bool not in classes):
            raise ValueError(f"{value!r} is no {names}; pass one")
        return value

    return typing.Annotated[Any, pydantic.PlainValidator(check)]


def _problems(where: str, adapters: Mapping[str, pydantic.TypeAdapter[Any]], given: Mapping[str, Any]) -> list[str]:
    found = []
    for name, adapter in adapters.items():
        if name not in given:
            continue
        try:
            adapter.validate_python(given[name])
        except pydantic.ValidationError as error:
            found += [f"{where}: {_dotted(name, path)}: {text}" for path, text in problems_of(error)]
    return found


def _dotted(name: str, path: tuple[int | str, ...]) -> str:
    return ".".join([name, *(str(part) for part in path)])
