"""The reference of settings.yaml, from the models that check it: ``python -m tools.settings_reference`` prints it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from mgmtcluster.settings import Settings

_HEADING: Final = """# Settings

Every field of [`settings.yaml`](../settings.yaml), from the models that check it; written by `make docs`. Each may be left
out where it has a default. A file with mistakes is refused with a line for each, and `dist/` stays as it was. Kinds of text
are explained at the end.
"""

_WORDS: Final = {str: "text", int: "whole number", bool: "`true` or `false`"}


def page() -> str:
    """The page: a table for each model, in the order in which they are met, and one of the checks on text."""
    models: dict[type[BaseModel], str] = {Settings: ""}
    lines = [_HEADING]
    for model in _met(Settings, "", models):
        title = f"`{models[model]}`" if models[model] else "The file"
        lines += [
            f"## {title}",
            "",
            _first_line(model),
            "",
            "| field | what it may be | default | meaning |",
            "| --- | --- | --- | --- |",
        ]
        lines += [*(_row(name, field) for name, field in model.model_fields.items()), ""]
    lines += ["## Kinds of text", "", "| kind | is |", "| --- | --- |"]
    checks = {_name(check): _first_line(check).replace("``", "`") for model in models for check in _checks(model)}
    return "\n".join([*lines, *(f"| {kind} | {meaning} |" for kind, meaning in sorted(checks.items())), ""])


def _first_line(documented: object) -> str:
    return (documented.__doc__ or "").splitlines()[0]


def _met(model: type[BaseModel], path: str, models: dict[type[BaseModel], str]) -> Iterator[type[BaseModel]]:
    """This model and those inside it, each once with the first path that leads to it."""
    yield model
    for name, field in model.model_fields.items():
        for inner in _models(field.annotation):
            if inner not in models:
                models[inner] = f"{path}{name}{'.NAME' if get_origin(field.annotation) is dict else ''}"
                yield from _met(inner, f"{models[inner]}.", models)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _checks(annotated: Any) -> Iterator[Callable[..., Any]]:
    """Every function that checks a value of a model, or of an annotation."""
    if isinstance(annotated, type) and issubclass(annotated, BaseModel):
        for field in annotated.model_fields.values():
            yield from (check.func for check in field.metadata if isinstance(check, AfterValidator))
            yield from _checks(field.annotation)
    elif isinstance(annotated, AfterValidator):
        yield annotated.func
    for argument in get_args(annotated):
        yield from _checks(argument)


def _row(name: str, field: FieldInfo) -> str:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    choices = extra.get("enum")
    kind = (
        ", ".join(f"`{choice}`" for choice in choices) if isinstance(choices, list) else _kind(field.annotation, field.metadata)
    )
    return f"| `{field.alias or name}` | {kind} | {_default(field)} | {field.description or ''} |"


def _kind(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """What a value may be: its type, or the kind of text that the checks on it make of it."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _kind(inner, [*more, *metadata])
    if type(None) in get_args(annotation):
        return " or ".join(
            [*(_kind(argument, metadata) for argument in get_args(annotation) if argument is not type(None)), "`null`"]
        )
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(_kind(argument) for argument in get_args(annotation))
    limits = [*_limits(metadata)]
    if get_origin(annotation) is list:
        return ", ".join([f"list of: {_kind(*get_args(annotation))}", *limits])
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(annotation))
    if get_origin(annotation) is Mapping and limits:
        return ", ".join(limits)
    if get_origin(annotation) in (dict, Mapping):
        return "mapping of: {} to {}".format(*map(_kind, get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping, see below"
    return ", ".join(limits) if annotation is str and limits else " ".join([_WORDS[annotation], *limits])


def _limits(metadata: Sequence[Any]) -> Iterator[str]:
    for limit in metadata:
        if isinstance(limit, Ge):
            yield f"≥ {limit.ge}"
        elif isinstance(limit, Le):
            yield f"≤ {limit.le}"
        elif isinstance(limit, AfterValidator):
            yield _name(limit.func)
        elif isinstance(limit, FieldInfo):
            yield from _limits(limit.metadata)


def _name(check: Callable[..., Any]) -> str:
    return check.__name__.strip("_").replace("_", " ")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return "its fields' own" if isinstance(field.default, BaseModel) else f"`{json.dumps(to_jsonable_python(field.default))}`"


if __name__ == "__main__":
    print(page(), end="")
