"""A stand-in for a MongoDB replica set: several members in one process, each on a port of its own.

It speaks the wire protocol and checks credentials for real; replication, elections and heartbeats happen at once, or
as slowly as a test says. No mongod takes part.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.scripts.commands import HANDLERS, Commands
from tests.scripts.replica_set import Fault, HangUp, Refused, ReplicaSet
from tests.scripts.wire import Closed, Document, Scram, read_command, reply

BEFORE_LOGIN = {"hello", "ismaster", "isMaster", "ping", "buildInfo", "endSessions"}


@dataclass
class Connection:
    """What a server remembers of one client."""

    user: str | None = None
    scram: Scram | None = None


@dataclass
class Mongod(Commands):
    """One member: its state, its own configuration, and what it answers."""

    host: str
    replica_set: ReplicaSet
    keys: Sequence[str]
    state: str = ""
    config: Document | None = None
    version: str = "8.0.26"
    delay: float = 0
    up: bool = False
    looks: int = 0

    def __post_init__(self) -> None:
        self.open: set[socket.socket] = set()
        self.port = 0
        self.start()

    def start(self) -> None:
        """Listen, after a crash on the same port."""
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.up = True
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def stop(self) -> None:
        """Crash: hang up on everybody."""
        if not self.up:
            return
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
                request_id, opcode, command = read_command(connection)
                time.sleep(self.delay)
                connection.sendall(reply(request_id, opcode, self._answer(client, command)))
        except (Closed, HangUp, OSError):
            pass
        finally:
            self.open.discard(connection)
            connection.close()

    def _answer(self, client: Connection, command: Document) -> Document:
        name = next(iter(command))
        self.replica_set.before(self.host, name)
        with self.replica_set.lock:
            fault = self._fault(name)
            if fault and fault.how == "lost before":
                raise HangUp
            try:
                answer = self._run(client, name, command, fault.how if fault else None)
            except Refused as error:
                return error.document()
            if fault:
                raise HangUp
            return {**answer, "ok": 1.0}

    def _fault(self, name: str) -> Fault | None:
        for fault in self.replica_set.faults:
            if fault.command == name and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def _run(self, client: Connection, name: str, command: Document, fault: str | None) -> Document:
        if fault not in (None, "lost after"):
            raise Refused(str(fault), f"a message that quotes {command}")
        if name == "saslStart":
            return self._sasl_start(client, command)
        if name == "saslContinue":
            return self._sasl_continue(client, command)
        if name not in BEFORE_LOGIN and (client.user is None or name in self.replica_set.denied):
            raise Refused("Unauthorized", f"not authorized on {command['$db']} to execute command")
        if name not in HANDLERS:
            raise Refused("CommandNotFound", f"no such command: '{name}'")
        answer = HANDLERS[name](self, command)
        self.replica_set.log.append((self.host, name, command))
        return answer

    def _passwords(self, database: str, user: str) -> Sequence[str]:
        if (database, user) == ("local", "__system"):
            return self.keys
        known = self.replica_set.users.get(user) if database == "admin" else None
        return [known["pwd"]] if known else []

    def _sasl_start(self, client: Connection, command: Document) -> Document:
        user, nonce, bare = Scram.start(command["payload"])
        passwords = self._passwords(command["$db"], user)
        client.scram = Scram(user, passwords, nonce + b64encode(os.urandom(18)).decode(), bare)
        return {"conversationId": 1, "done": False, "payload": client.scram.server_first.encode()}

    def _sasl_continue(self, client: Connection, command: Document) -> Document:
        if client.scram is None:
            raise Refused("AuthenticationFailed", "Authentication failed.")
        if not command["payload"]:
            return {"conversationId": 1, "done": True, "payload": b""}
        signature = client.scram.finish(command["payload"])
        if signature is None:
            raise Refused("AuthenticationFailed", "Authentication failed.")
        client.user = client.scram.user
        return {"conversationId": 1, "done": True, "payload": signature}


@contextmanager
def replica_set(hosts: Sequence[str], keys: Sequence[str], **settings: Any) -> Iterator[ReplicaSet]:
    """Run members of one set, none initiated, until the block ends."""
    set_ = ReplicaSet(**settings)
    for host in hosts:
        set_.members[host] = Mongod(host, set_, keys)
    try:
        yield set_
    finally:
        for member in set_.members.values():
            member.stop()


__all__ = ["Fault", "Mongod", "ReplicaSet", "replica_set"]
