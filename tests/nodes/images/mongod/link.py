"""A connection to another member, as the user that members are to each other."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Sequence

from tests.rig.mongo.scram import Login
from tests.rig.mongo.wire import Closed, Document, read_command, request

TIMEOUT_SECONDS = 2.0


class NoAnswer(Exception):
    """The member cannot be reached, knows none of the keys, or refuses the command."""


class Link:
    """Asks one member, for one thread at a time; connects where there is no connection."""

    def __init__(self, host: str, keys: Sequence[str]) -> None:
        self.host = host
        self.keys = keys
        self.connection: socket.socket | None = None
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()

    def run(self, command: Document) -> Document:
        """Run a command on admin.

        Raises:
            NoAnswer: it did not run, or nobody knows whether it did.
        """
        with self.lock:
            try:
                answer = self._answer(command)
            except (Closed, OSError) as error:
                # Before another thread has the link: it would lose its connection in the middle.
                self._hang_up()
                raise NoAnswer(f"{self.host}: {error or 'hung up'}") from error
        if not answer.get("ok"):
            raise NoAnswer(f"{self.host}: {answer.get('codeName')}")
        return answer

    def _answer(self, command: Document) -> Document:
        if self.connection is None:
            self.connection = self._connect()
        return self._ask({**command, "$db": "admin"})

    def close(self) -> None:
        """Hang up, once nobody asks."""
        with self.lock:
            self._hang_up()

    def _hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _ask(self, command: Document) -> Document:
        assert self.connection is not None
        self.connection.sendall(request(next(self.numbers), command))
        return read_command(self.connection).command

    def _connect(self) -> socket.socket:
        name, _, port = self.host.rpartition(":")
        self.connection = socket.create_connection((name, int(port)), TIMEOUT_SECONDS)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not any(self._logs_in(key) for key in self.keys):
            raise Closed("knows none of the keys")
        return self.connection

    def _logs_in(self, key: str) -> bool:
        login = Login("__system", key)
        start = {"saslStart": 1, "mechanism": "SCRAM-SHA-256", "payload": login.first, "$db": "local"}
        challenge = self._ask(start)
        proof = login.proof(challenge["payload"])
        answer = self._ask({"saslContinue": 1, "conversationId": 1, "payload": proof, "$db": "local"})
        return bool(answer.get("ok"))
