"""What commands print: for people on a terminal, as plain text elsewhere, or as JSON."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

_STYLES: Final = {"ok": "green", "warn": "yellow", "fail": "bold red"}

#: So wide that nothing is cut or broken where no terminal is: a file or another program reads it then.
_PLAIN_WIDTH: Final = 1000


def console() -> Console:
    """Return standard output: coloured on a terminal without ``NO_COLOR``, one line a row elsewhere."""
    made = Console(highlight=False)
    if not made.is_terminal:
        return Console(highlight=False, width=_PLAIN_WIDTH)
    # Bold text counts as coloured: NO_COLOR asks for plain text.
    return Console(highlight=False, color_system=None) if made.no_color else made


@contextmanager
def waiting() -> Iterator[None]:
    """Move a line on standard error meanwhile, where that is a terminal, and leave no trace of it."""
    with Console(stderr=True).status("Looking …"):
        yield


def table(*columns: str) -> Table:
    """Return a table without lines."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def add_rows(to: Table, rows: Iterable[Sequence[object]]) -> None:
    """Add rows of text; a verdict (ok, warn, fail) is coloured, and nothing in a text is markup."""
    for row in rows:
        to.add_row(*(Text(str(cell), style=_STYLES.get(str(cell), "")) for cell in row))


def print_json(value: Any) -> None:
    """Print one JSON document."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    print()
