"""What listens for MongoDB's drivers: connections, logins, and one answer for each command."""

from __future__ import annotations

import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from tests.rig.mongo.errors import HangUp, Refused
from tests.rig.mongo.scram import Credentials, Scram
from tests.rig.mongo.wire import ANSWER_ID, Closed, Document, Request, read_command, reply

BEFORE_LOGIN = {"hello", "ismaster", "isMaster", "ping", "buildInfo", "endSessions"}


@dataclass
class Connection:
    """What a server remembers of one client."""

    user: str | None = None
    database: str | None = None
    scram: Scram | None = None


class Server(ABC):
    """Listens on one port, a thread a client."""

    port: int
    delay: float = 0
    up: bool = False

    @abstractmethod
    def credentials(self, database: str, user: str) -> Sequence[Credentials]:
        """Those of which any lets this user in; none for a user nobody knows."""

    @abstractmethod
    def answer(self, client: Connection, command: Document) -> Document:
        """Run a command, and say what the client gets."""

    def listen(self, address: str) -> None:
        """Accept clients on the server's port, or on any that is free where it is 0."""
        self.open: set[socket.socket] = set()
        self.listener = socket.create_server((address, self.port), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.up = True
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def hang_up(self) -> None:
        """Accept nobody, and leave everybody without an answer."""
        self.up = False
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in list(self.open):
            connection.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        client = Connection()
        self.open.add(connection)
        try:
            while self.up:
                request = read_command(connection)
                time.sleep(self.delay)
                self._reply(connection, client, request)
        except (Closed, HangUp, OSError):
            pass
        finally:
            self.open.discard(connection)
            connection.close()

    def _reply(self, connection: socket.socket, client: Connection, request: Request) -> None:
        """Answer once; or all the while, where a driver wants to hear of every change of the set without asking again."""
        to, command = request.id, request.command
        answer = self.answer(client, command)
        while request.takes_many and "topologyVersion" in command and self.up:
            connection.sendall(reply(to, request.opcode, answer, more=True))
            to, command = ANSWER_ID, {**command, "topologyVersion": answer["topologyVersion"]}
            answer = self.answer(client, command)
        connection.sendall(reply(to, request.opcode, answer))

    def log_in(self, client: Connection, name: str, command: Document) -> Document:
        """Answer one step of a login."""
        if name == "saslStart":
            client.scram, client.database = Scram(command["payload"]), command["$db"]
            challenge = client.scram.challenge(self.credentials(command["$db"], client.scram.user))
            return {"conversationId": 1, "done": False, "payload": challenge}
        if client.scram is None:
            raise Refused("AuthenticationFailed", "Authentication failed.")
        if not command["payload"]:
            return {"conversationId": 1, "done": True, "payload": b""}
        signature = client.scram.finish(command["payload"])
        if signature is None:
            raise Refused("AuthenticationFailed", "Authentication failed.")
        client.user = client.scram.user
        return {"conversationId": 1, "done": True, "payload": signature}
