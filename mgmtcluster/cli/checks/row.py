"""What a check says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Row:
    """One line of the result.

    Attributes:
        check: the name of the check, which stays the same.
        verdict: ok; warn: the platform can be installed, with less than it promises; fail: it cannot, or must not.
        found: what the check found.
        fix: commands that mend it, or where no command can, what to write.
    """

    check: str
    verdict: Verdict
    found: str
    fix: list[str] = field(default_factory=list)


def listed(names: Sequence[str], *, most: int = 6) -> str:
    """Return names in a row, the first few of many."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 pod``, ``2 pods``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
