"""The table of where everything answers: ``python -m tools.services_reference`` prints docs/services.md."""

from typing import Final

from mgmtcluster.cli import expected
from mgmtcluster.cli.services import markdown_lines, rows_of

_HEADING: Final = """# Services

Where everything answers: `mgmtcluster services --markdown` prints this table, and
[`mgmtcluster services --cluster`](command-line.md) says which of them answer on a cluster. `NODE` is the address of any node,
or `node_address` of the settings.
"""


def page() -> str:
    """The page of the platform by default."""
    return "\n".join([_HEADING, *markdown_lines([*rows_of(expected.load(None))]), ""])


if __name__ == "__main__":
    print(page(), end="")
