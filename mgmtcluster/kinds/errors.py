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
    """Print one line for each problem of the input, without a stack trace, and exit 1. Each warning is one line too.

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

_LIST = "expected a list, got {value}; write [ … ]"
_MAPPING = "expected a mapping, got {value}; write KEY: VALUE pairs"

#: The words for each of pydantic's types of error: what was passed, what is allowed, what to write.
_WORDS = {
    "bool_type": "expected true or false, got {value}; write one of them",
    "callable_type": "expected a function, got {value}",
    "dict_type": _MAPPING,
    "greater_than_equal": "{value} is out of range; write at least {ge}",
    "int_type": "expected a whole number, got {value}; write one, such as 3",
    "invalid_key": "expected text as a key, got {value}; write it in quotes",
    "is_instance_of": "expected {class}, got {value}",
    "less_than_equal": "{value} is out of range; write at most {le}",
    "list_type": _LIST,
    "literal_error": "{value} is not allowed; write {expected}",
    "missing": "is missing; write it",
    "model_type": _MAPPING,
    "sequence_str": _LIST,
    "string_type": "expected text, got {value}; write it in quotes",
    "too_short": "{value} is too short; write at least {min_length} item",
    "too_long": "{value} is too long; write at most {max_length} items",
    "tuple_type": "expected a tuple, got {value}; write (…, …)",
    "value_error": "{error}",
}


def wording(error: ErrorDetails) -> str:
    """The words for an error that pydantic found."""
    words = _WORDS.get(error["type"], "{value} is refused: {message}")
    context = error.get("ctx", {})
    if context.get("class") == "Sequence":
        words = _LIST
    return words.format(value=shortened(error["input"]), message=error["msg"], **context)


def shortened(value: object) -> str:
    """The value as Python writes it, cut where it is long; a nested one is not written out first."""
    return _SHORTENED.repr(value)


def problems_of(error: pydantic.ValidationError, *, within: str = "") -> list[str]:
    """Each problem of a failed validation as ``path: words``.

    Args:
        error: what pydantic found.
        within: what the paths begin with. Default: nothing.
    """
    start = (within,) if within else ()
    found = error.errors()
    # A list whose items are refused has too few of them, which says nothing new.
    lists = {details["loc"][:-1] for details in found if details["loc"]}
    told = [details for details in found if details["type"] != "too_short" or details["loc"] not in lists]
    return [f"{_dotted((*start, *details['loc']))}: {wording(details)}" for details in told]


def _dotted(path: tuple[int | str, ...]) -> str:
    """The path as a line of an error names it: ``services.parser.env.A``."""
    return ".".join(str(part) for part in path if not str(part).startswith("["))
