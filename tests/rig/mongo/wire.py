"""MongoDB's wire protocol, as far as a test server and its peers need it."""

from __future__ import annotations

import socket
import struct
from typing import Any, NamedTuple

import bson
from bson.errors import BSONError

Document = dict[str, Any]

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013

#: Flags of OP_MSG: more answers follow this one, and they may.
_MORE_TO_COME, _EXHAUST_ALLOWED = 1 << 1, 1 << 16

#: The id of every answer.
ANSWER_ID = 1


class Request(NamedTuple):
    """What a client sends: its id, its operation code, its command, and whether it may get several answers."""

    id: int
    opcode: int
    command: Document
    takes_many: bool


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


def read_command(connection: socket.socket) -> Request:
    """Read one request, or an answer, which looks the same."""
    length, request_id, _, opcode = struct.unpack("<iiii", read_exactly(connection, 16))
    body = read_exactly(connection, length - 16)
    try:
        if opcode == OP_QUERY:
            start = body.index(b"\0", 4) + 1 + 8
            return Request(request_id, opcode, bson.decode(body[start:]), takes_many=False)
        takes_many = bool(int.from_bytes(body[:4], "little") & _EXHAUST_ALLOWED)
        return Request(request_id, opcode, _sections(body), takes_many)
    except (ValueError, IndexError, BSONError) as error:
        raise Closed(f"no MongoDB message: {type(error).__name__}") from error


def request(request_id: int, command: Document, *, takes_many: bool = False) -> bytes:
    """Encode one command as OP_MSG."""
    body = struct.pack("<iB", _EXHAUST_ALLOWED if takes_many else 0, 0) + bson.encode(command)
    return struct.pack("<iiii", 16 + len(body), request_id, 0, OP_MSG) + body


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


def reply(request_id: int, opcode: int, document: Document, *, more: bool = False) -> bytes:
    """Encode the answer to one request, or to the answer before it where more were to come."""
    data = bson.encode(document)
    if opcode == OP_QUERY:
        body, answer = struct.pack("<iqii", 8, 0, 0, 1) + data, OP_REPLY
    else:
        body, answer = struct.pack("<iB", _MORE_TO_COME if more else 0, 0) + data, OP_MSG
    return struct.pack("<iiii", 16 + len(body), ANSWER_ID, request_id, answer) + body
