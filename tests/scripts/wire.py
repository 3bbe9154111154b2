"""MongoDB's wire protocol and SCRAM-SHA-256, as far as a test server needs them."""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import struct
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import bson

Document = dict[str, Any]

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
ITERATIONS = 4096


class Closed(Exception):
    """The other side hung up."""


def read_exactly(connection: socket.socket, size: int) -> bytes:
    """Read so many bytes, or raise Closed."""
    data = b""
    while len(data) < size:
        try:
            chunk = connection.recv(size - len(data))
        except OSError as error:
            raise Closed from error
        if not chunk:
            raise Closed
        data += chunk
    return data


def read_command(connection: socket.socket) -> tuple[int, int, Document]:
    """Read one request: its id, its operation code and its command."""
    length, request_id, _, opcode = struct.unpack("<iiii", read_exactly(connection, 16))
    body = read_exactly(connection, length - 16)
    if opcode == OP_QUERY:
        start = body.index(b"\0", 4) + 1 + 8
        return request_id, opcode, bson.decode(body[start:])
    return request_id, opcode, _sections(body)


def _sections(body: bytes) -> Document:
    command: Document = {}
    offset = 4
    while offset < len(body):
        kind, size = body[offset], int.from_bytes(body[offset + 1 : offset + 5], "little")
        section = body[offset + 1 : offset + 1 + size]
        if kind == 0:
            command.update(bson.decode(section))
        else:
            name, documents = section[4:].split(b"\0", 1)
            command[name.decode()] = bson.decode_all(documents)
        offset += 1 + size
    return command


def reply(request_id: int, opcode: int, document: Document) -> bytes:
    """Encode the answer to one request."""
    data = bson.encode(document)
    if opcode == OP_QUERY:
        body, answer = struct.pack("<iqii", 8, 0, 0, 1) + data, OP_REPLY
    else:
        body, answer = struct.pack("<iB", 0, 0) + data, OP_MSG
    return struct.pack("<iiii", 16 + len(body), 1, request_id, answer) + body


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, "sha256").digest()


@dataclass
class Scram:
    """One SCRAM-SHA-256 conversation; several passwords may be right while a key is rotated."""

    user: str
    passwords: Sequence[str]
    nonce: str
    first_bare: str
    salt: bytes = field(default_factory=lambda: os.urandom(28))

    @classmethod
    def start(cls, payload: bytes) -> tuple[str, str, str]:
        """Return the user, the client's nonce and its first message without the header."""
        bare = payload.decode().split(",", 2)[2]
        fields = dict(part.split("=", 1) for part in bare.split(","))
        return fields["n"].replace("=2C", ",").replace("=3D", "="), fields["r"], bare

    @property
    def server_first(self) -> str:
        """The challenge."""
        return f"r={self.nonce},s={b64encode(self.salt).decode()},i={ITERATIONS}"

    def finish(self, payload: bytes) -> bytes | None:
        """Check the client's proof; return the server's signature, or None if no password fits."""
        without_proof, proof = payload.decode().rsplit(",p=", 1)
        message = f"{self.first_bare},{self.server_first},{without_proof}".encode()
        for password in self.passwords:
            salted = hashlib.pbkdf2_hmac("sha256", password.encode(), self.salt, ITERATIONS)
            client_key = _hmac(salted, b"Client Key")
            signature = _hmac(hashlib.sha256(client_key).digest(), message)
            if bytes(a ^ b for a, b in zip(client_key, signature, strict=True)) == b64decode(proof):
                return b"v=" + b64encode(_hmac(_hmac(salted, b"Server Key"), message))
        return None
