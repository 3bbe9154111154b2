"""Waiting for what becomes true by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

#: Long enough for a slow machine; nothing waits longer than it must.
DEADLINE_SECONDS = 120.0

Found = TypeVar("Found")


def within(
    look: Callable[[], Found | None], seconds: float = DEADLINE_SECONDS, missing: Callable[[], object] = lambda: ""
) -> Found:
    """What a look finds, as soon as it finds anything.

    Args:
        look: returns something false as long as there is nothing.
        seconds: the deadline.
        missing: what the failure says of why there is nothing. Default: nothing.
    """
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain {missing()}"
        time.sleep(0.1)
    return found
