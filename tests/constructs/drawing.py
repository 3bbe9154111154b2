"""How Hypothesis makes arguments: what is required, and of the rest as much as is accepted beside it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from hypothesis import strategies as st

from mgmtcluster import InvalidInput

#: By class: the arguments that Hypothesis draws for it.
DRAWN: dict[Callable[..., Any], set[str]] = {}


def made(cls: Callable[..., Any], *required: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of a class: with what is required, and with some of the rest that the class accepts beside it."""
    DRAWN.setdefault(cls, set()).update({*required, *arguments})

    def value(passed: Mapping[str, Any]) -> Any:
        try:
            return cls(**fitting(cls, passed, required))
        except InvalidInput:
            return None

    return some(arguments, *required).map(value).filter(bool)


def some(arguments: Mapping[str, st.SearchStrategy[Any]], *required: str, most: int = 8) -> st.SearchStrategy[dict[str, Any]]:
    """Some of these arguments, in any order: Hypothesis by itself leaves nearly all out that may be left out."""
    rest = [name for name in arguments if name not in required]
    some = st.permutations(rest).flatmap(lambda names: st.integers(len(rest) // 3, len(rest)).map(lambda count: names[:count]))
    return some.flatmap(lambda names: st.fixed_dictionaries({name: arguments[name] for name in (*required, *names[:most])}))


def fitting(make: Callable[..., object], passed: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    """These arguments without those that are refused beside the ones before them.

    Raises:
        InvalidInput: those that are required are refused.
    """
    taken = {name: passed[name] for name in required}
    make(**taken)
    for name in (name for name in passed if name not in required):
        with suppress(InvalidInput):
            make(**taken, **{name: passed[name]})
            taken[name] = passed[name]
    return taken
