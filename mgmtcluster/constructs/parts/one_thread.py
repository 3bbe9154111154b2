"""One thread of one process asks Node.js: jsii reads the next answer for whoever asks, which may be another's."""

import os
import threading
from typing import Any, Final

from jsii._kernel.providers.process import _NodeProcess

from mgmtcluster.kinds.errors import InvalidInput

_send: Final = _NodeProcess.send
_asking: list[tuple[int, threading.Thread]] = []


def _send_from_one_thread(self: _NodeProcess, request: Any, response_type: Any) -> Any:
    asking = (os.getpid(), threading.current_thread())
    if not _asking or (_asking[0][0] == asking[0] and not _asking[0][1].is_alive()):
        _asking[:] = [asking]
    elif _asking[0] != asking:
        of = f"thread {_asking[0][1].name!r}" + (
            " of the process that this one was forked from" if _asking[0][0] != asking[0] else ""
        )
        raise InvalidInput(
            [f"thread {asking[1].name!r}: cdk8s is used by {of}; synthesize there, or in a process of its own that is spawned"]
        )
    return _send(self, request, response_type)


def guard() -> None:
    """Refuse a second thread, and a forked process, before it asks; a thread that has ended makes way for the next.

    A process that ``multiprocessing`` starts by ``spawn`` has a Node.js of its own.
    """
    _NodeProcess.send = _send_from_one_thread  # type: ignore[method-assign]
