"""Bad input: how it is collected and said."""

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from reprlib import Repr
from typing import NoReturn

import pydantic
from pydantic_core import ErrorDetails


class InvalidInput(ValueError):
    """One or more settings or arguments that cannot be used.

    Attributes:
        problems: one line each: where, what was given, what is allowed, what to write.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(_on_one_line(problem) for problem in problems)
        super().__init__("\n".join(self.problems))


def _on_one_line(text: str) -> str:
    """The text with what breaks a line, or a terminal, written out."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Print what is wrong with the input, a line a problem and no stack trace, and exit 1; warnings are a line each too.

    Any other error passes through: it is a defect of the program, and its trace is wanted.
    """
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _one_line_warning
            yield
    except InvalidInput as error:
        _fail(error.problems)
    except RuntimeError as error:
        # cdk8s reports failed validations (the rules) as a RuntimeError that jsii made of a JavaScript error.
        problems = [line.strip() for line in str(error).splitlines() if line.startswith("  [")]
        if not problems:
            raise
        _fail(problems)


def _one_line_warning(message: Warning | str, *_: object, **__: object) -> None:
    print(f"mgmtcluster: warning: {message}", file=sys.stderr)


def _fail(problems: Iterable[str]) -> NoReturn:
    for problem in problems:
        print(f"mgmtcluster: {problem}", file=sys.stderr)
    raise SystemExit(1)


_SHORTENED = Repr()
_SHORTENED.maxstring = _SHORTENED.maxother = 60
_SHORTENED.maxlevel = 2

_WANTED = {
    "int_type": "is no whole number; write one, such as 3",
    "int_from_float": "is no whole number; write one, such as 3",
    "bool_type": "is neither true nor false; write one of them",
    "bool_parsing": "is neither true nor false; write one of them",
    "string_type": "is no text; write it in quotes",
    "dict_type": "is no mapping; write KEY: VALUE pairs",
    "mapping_type": "is no mapping; write KEY: VALUE pairs",
    "model_type": "is no mapping; write KEY: VALUE pairs",
    "model_attributes_type": "is no mapping; write KEY: VALUE pairs",
    "list_type": "is no list; write [ … ]",
    "tuple_type": "is no list; write [ … ]",
    "none_required": "must be left out",
}


def wording(error: ErrorDetails) -> str:
    """What pydantic found, said as the rest of this project says it: what was given, what to write instead."""
    given = error["input"]
    kind = error["type"]
    context = error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "missing":
        return "is missing; write it"
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"at least {context['ge']}" if kind == "greater_than_equal" else f"at most {context['le']}"
        return f"{_short(given)} is out of range; write {bound}"
    if kind == "literal_error":
        return f"{_short(given)} is not allowed; write {context['expected']}"
    if kind in _WANTED:
        return f"{_short(given)} {_WANTED[kind]}"
    if kind.startswith("is_instance_of"):
        return f"{_short(given)} is no {context['class']}; pass one"
    return f"{_short(given)}: {error['msg'][:1].lower()}{error['msg'][1:]}"


def _short(value: object) -> str:
    """The value as Python writes it, cut where it is long; a nested one is not written out first."""
    return _SHORTENED.repr(value)


def problems_of(error: pydantic.ValidationError) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Each problem of a failed validation as the path to the value and its wording, a path once."""
    seen: set[tuple[int | str, ...]] = set()
    for details in error.errors():
        if details["loc"] not in seen:
            seen.add(details["loc"])
            yield details["loc"], wording(details)
