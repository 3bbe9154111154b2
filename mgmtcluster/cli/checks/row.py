"""What a check says."""

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Row:
    """One thing that was looked at.

    Attributes:
        check: what: a word that stays the same.
        verdict: ok; warn: it can be installed, with less than it promises; fail: it cannot, or must not.
        found: what was found.
        fix: commands that mend it, or where no command can, what to write.
    """

    check: str
    verdict: Verdict
    found: str
    fix: list[str] = field(default_factory=list)


def listed(names: list[str], *, most: int = 6) -> str:
    """Names in a row, the first few of many."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
