"""The console script ``mgmtcluster``: it looks at a cluster and changes nothing.

Its libraries are the extra ``mgmtcluster[cli]``, which the rest of the package does without.
"""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

#: Modules of the extra.
_LIBRARIES: Final = ("kubernetes", "platformdirs", "rich", "typer", "yaml")

#: The exit code that shells report for a command that Ctrl-C ended.
_INTERRUPTED: Final = 130

_SHOW_CURSOR: Final = b"\x1b[?25h"


def main() -> None:
    """Run the console script. Exits 0 when all is well, 1 when something is not, 2 when it could not look.

    Ctrl-C ends the process with exit code 130.
    """
    with _interruptible():
        try:
            from mgmtcluster.cli.commands import run

            run()
        except ModuleNotFoundError as error:
            library = (error.name or "").partition(".")[0]
            if library not in _LIBRARIES:
                raise
            print(f"mgmtcluster: {library} is not installed; write: pip install 'mgmtcluster[cli]'", file=sys.stderr)
            raise SystemExit(2) from None
        finally:
            gc.freeze()  # Python looks for garbage once more when it ends: there is nothing to look through now


@contextmanager
def _interruptible() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # whoever started this handles Ctrl-C itself
        yield
        return
    signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end(_signal: int, _frame: FrameType | None) -> None:
    """End at once: an orderly end waits for answers that are on their way, and Node.js complains about its own Ctrl-C."""
    for stream in (1, 2):
        if os.isatty(stream):  # the line that moves there hides the cursor, and may be unfinished
            os.write(stream, _SHOW_CURSOR + b"\r\n")
            break
    os.write(2, b"mgmtcluster: interrupted; nothing was changed, and the cluster goes on\n")
    os._exit(_INTERRUPTED)
