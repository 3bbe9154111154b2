"""Names that nothing has: what may be meant, or what there is."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

#: More names than a line of an error should list.
_MANY: Final = 10

#: A misspelling differs in so many letters at most, and in a third of them at most.
_MISSPELT: Final = 2


def unknown_name(noun: str, name: str, known: Sequence[str], *, listed_in: str | None = None) -> str:
    """The words for a name that nothing has: the known one that it is a misspelling of, else which are known.

    Args:
        noun: what the name should be of, with its article: ``a setting``.
        name: the unknown name.
        known: the known ones.
        listed_in: the page that lists them, where they are many.
    """
    allowed = f"one of those in {listed_in}" if listed_in and len(known) > _MANY else f"one of {', '.join(known)}"
    return f"is not {noun}; write {_nearest(name, known) or allowed}"


def _nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that differs from this one in two letters at most, whatever its case and its separators."""
    differences = {other: _differences(_folded(name), _folded(other)) for other in known}
    nearest = min(differences, key=differences.__getitem__, default="")
    return nearest if nearest and differences[nearest] <= min(_MISSPELT, len(name) / 3) else None


def _folded(name: str) -> str:
    return re.sub("[-_. ]", "", name).lower()


def _differences(one: str, other: str) -> int:
    """How many letters have to be added, removed or replaced."""
    same = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return max(len(one), len(other)) - sum(block.size for block in same)
