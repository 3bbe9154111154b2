"""What several tests of the console script need."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from .servers import SilentServer


@pytest.fixture
def silent_server() -> Iterator[SilentServer]:
    """One, as long as the test runs."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        listener.settimeout(120)
        yield SilentServer(listener)
