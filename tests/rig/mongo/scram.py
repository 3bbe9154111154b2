"""SCRAM-SHA-256: what a server keeps of a password, and both sides of a conversation."""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field

ITERATIONS = 4096
_HEADER = "n,,"


def _hmac(key: bytes, message: str | bytes) -> bytes:
    return hmac.new(key, message.encode() if isinstance(message, str) else message, "sha256").digest()


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _salted(password: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)


def _fields(message: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in message.split(","))


@dataclass(frozen=True)
class Credentials:
    """What a server keeps of a password: enough to check it, and not the password."""

    salt: bytes
    stored_key: bytes
    server_key: bytes

    @classmethod
    def of(cls, password: str, salt: bytes | None = None) -> Credentials:
        """Make them, with a salt of their own where none is given."""
        salt = salt or os.urandom(28)
        salted = _salted(password, salt, ITERATIONS)
        return cls(salt, hashlib.sha256(_hmac(salted, b"Client Key")).digest(), _hmac(salted, b"Server Key"))


def same_salt(passwords: Sequence[str]) -> list[Credentials]:
    """Credentials of passwords of which any is right, as keys are while they are rotated: a challenge has one salt."""
    salt = os.urandom(28)
    return [Credentials.of(password, salt) for password in passwords]


@dataclass
class Scram:
    """The server's side of one conversation, begun by the client's first message."""

    first: bytes
    nonce: str = field(default_factory=lambda: b64encode(os.urandom(18)).decode())

    def __post_init__(self) -> None:
        self.bare = self.first.decode().split(",", 2)[2]
        said = _fields(self.bare)
        self.user = said["n"].replace("=2C", ",").replace("=3D", "=")
        self.nonce = said["r"] + self.nonce

    def challenge(self, credentials: Sequence[Credentials]) -> bytes:
        """The server's first message; who is unknown gets a challenge too, and no proof fits."""
        self.credentials = credentials
        salt = credentials[0].salt if credentials else os.urandom(28)
        self.server_first = f"r={self.nonce},s={b64encode(salt).decode()},i={ITERATIONS}"
        return self.server_first.encode()

    def finish(self, payload: bytes) -> bytes | None:
        """Check the client's proof; return the server's signature, or None if no password fits."""
        without_proof, proof = payload.decode().rsplit(",p=", 1)
        message = f"{self.bare},{self.server_first},{without_proof}"
        for each in self.credentials:
            client_key = _xor(b64decode(proof), _hmac(each.stored_key, message))
            if hashlib.sha256(client_key).digest() == each.stored_key:
                return b"v=" + b64encode(_hmac(each.server_key, message))
        return None


@dataclass
class Login:
    """The client's side of one conversation."""

    user: str
    password: str
    nonce: str = field(default_factory=lambda: b64encode(os.urandom(18)).decode())

    @property
    def _bare(self) -> str:
        return f"n={self.user.replace('=', '=3D').replace(',', '=2C')},r={self.nonce}"

    @property
    def first(self) -> bytes:
        """What the client begins with."""
        return (_HEADER + self._bare).encode()

    def proof(self, challenge: bytes) -> bytes:
        """The answer to the server's challenge."""
        said = _fields(challenge.decode())
        salted = _salted(self.password, b64decode(said["s"]), int(said["i"]))
        without_proof = f"c={b64encode(_HEADER.encode()).decode()},r={said['r']}"
        client_key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(client_key).digest(), f"{self._bare},{challenge.decode()},{without_proof}")
        return f"{without_proof},p={b64encode(_xor(client_key, signature)).decode()}".encode()
