"""Ports of this machine."""

import socket
from collections import deque

#: Bound, and not listened on. As many as the tests of a process use before the first of them is forgotten.
_HELD: deque[socket.socket] = deque(maxlen=200)


def free_port() -> int:
    """A port that nobody listens on, for a server that sets SO_REUSEADDR, as servers do.

    It stays held: else the kernel could give it to another process before the server has it, or while it is stopped.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    _HELD.append(held)
    return int(held.getsockname()[1])
