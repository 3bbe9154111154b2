"""``mgmtcluster preflight`` on servers of other versions: one that answers over HTTP as an empty cluster of that version does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from .command import mgmtcluster
from .test_errors import kubeconfig


@contextmanager
def empty_cluster(version: str) -> Iterator[str]:
    """The URL of an API server of this version that has nothing and allows everything."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self._answer({"gitVersion": version} if self.path == "/version" else {"metadata": {}, "items": []})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer({"status": {"allowed": True}})

        def _answer(self, body: Any) -> None:
            content = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("version", "verdict"),
    [("v1.26.15", "fail"), ("v1.27.0", "ok"), ("v1.31.4+k3s1", "ok"), ("v1.99.0", "warn"), ("unknown", "fail")],
)
def test_the_version_of_the_server(version: str, verdict: str, tmp_path: Path) -> None:
    """Older than 1.27 fails, newer than what was tried warns."""
    with empty_cluster(version) as server:
        done = mgmtcluster("preflight", "--json", "--kubeconfig", str(kubeconfig(tmp_path, server)))
    assert done.returncode == 1
    [row] = [row for row in json.loads(done.stdout)["checks"] if row["check"] == "version"]
    assert row["verdict"] == verdict
    assert version in row["found"]
