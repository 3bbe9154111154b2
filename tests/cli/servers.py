"""Servers that answer as some API servers do, or not at all, and a kubeconfig that names one."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import yaml


def kubeconfig(folder: Path, server: str) -> Path:
    """A kubeconfig of one cluster."""
    file = folder / "kubeconfig"
    content = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {"token": "none"}}],
    }
    file.write_text(yaml.safe_dump(content))
    return file


class SilentServer:
    """A server that accepts connections and answers nothing."""

    def __init__(self, listener: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._listener = listener
        self._asked: list[socket.socket] = []

    def until_asked(self) -> None:
        """Wait for the next connection."""
        self._asked.append(self._listener.accept()[0])

    def times_asked(self) -> int:
        """The number of connections until now."""
        self._listener.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.until_asked()
        return len(self._asked)


@contextlib.contextmanager
def empty_cluster(
    version: str,
    *,
    refused: Mapping[str, tuple[int, str]] | None = None,
    but: Mapping[str, Sequence[Any]] | None = None,
    reviews: list[Any] | None = None,
) -> Iterator[str]:
    """The URL of an API server of this version that has nothing and allows everything.

    Args:
        version: what it says of itself.
        refused: resources of which it lists none, with the status and the message that it answers instead.
        but: resources of which it has these objects after all, whoever asks.
        reviews: takes every question for a right that it is asked.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            if self.path == "/version":
                self._answer({"gitVersion": version})
                return
            resource = urlsplit(self.path).path.rpartition("/")[2]
            status, message = (refused or {}).get(resource, (200, ""))
            items = (but or {}).get(resource, [])
            self._answer({"message": message} if message else {"metadata": {}, "items": items}, status)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if reviews is not None:
                reviews.append(body["spec"])
            self._answer({"status": {"allowed": True}})

        def _answer(self, body: Any, status: int = 200) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
