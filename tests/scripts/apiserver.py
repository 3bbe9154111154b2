"""An API server that knows one thing, creating Secrets, behind TLS of a throw-away certificate authority."""

from __future__ import annotations

import datetime
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = "t0ken-of-the-service-account"
REASONS = {403: "Forbidden", 401: "Unauthorized", 500: "InternalError", 429: "TooManyRequests", 422: "Invalid"}


@dataclass
class ApiServer:
    """What was asked of it, what exists, what it answers instead of doing it, and what happens before it answers."""

    host: str
    port: int = 0
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def post(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Create one Secret."""
        name = body["metadata"]["name"]
        self.requests.append((path, token, name))
        self.before()
        if self.answers:
            code, reason = self.answers.pop(0)
            return code, {"kind": "Status", "reason": reason or REASONS.get(code, "")}
        if token != f"Bearer {TOKEN}":
            return 401, {"kind": "Status", "reason": "Unauthorized"}
        if name in self.secrets:
            return 409, {"kind": "Status", "reason": "AlreadyExists"}
        self.secrets[name] = body
        return 201, body


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Write an authority's certificate, and a server's with its key, both good for an hour."""
    now = datetime.datetime.now(datetime.UTC)

    def build(name: str, issuer: str, key: ec.EllipticCurvePrivateKey, ca: bool) -> x509.CertificateBuilder:
        names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
        names = [*names, x509.DNSName("kubernetes.default.svc")]
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=5))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
        )

    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = build("test authority", "test authority", authority, ca=True).sign(authority, hashes.SHA256())
    leaf = build("kubernetes", "test authority", server, ca=False).sign(authority, hashes.SHA256())
    ca, chain = folder / "ca.crt", folder / "server.pem"
    ca.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    key = server.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.write_bytes(leaf.public_bytes(serialization.Encoding.PEM) + key)
    return ca, chain


def _handler(api: ApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            code, answer = api.post(self.path, self.headers.get("Authorization", ""), body)
            data = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the output of the tests clean."""

    return Handler


@contextmanager
def api_server(folder: Path, host: str = "127.0.0.1") -> Iterator[ApiServer]:
    """Run one, and write what is mounted for a service account into the folder."""
    ca, chain = _certificate(folder)
    api = ApiServer(host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server_class = type("Server", (ThreadingHTTPServer,), {"address_family": family})
    server = server_class((host, 0), _handler(api))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    api.port = server.server_address[1]
    (folder / "token").write_text(f"{TOKEN}\n")
    (folder / "namespace").write_text("registries")
    assert ca.name == "ca.crt"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
