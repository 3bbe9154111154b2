"""A stand-in for a MongoDB replica set: several members in one process, each on a port of its own.

It speaks the wire protocol and checks credentials for real; replication, elections and heartbeats happen at once, or
as slowly as a test says. No mongod takes part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.rig.mongo.commands import Commands
from tests.rig.mongo.errors import HangUp, Refused
from tests.rig.mongo.replica_set import Fault, ReplicaSet
from tests.rig.mongo.scram import Credentials, same_salt
from tests.rig.mongo.server import BEFORE_LOGIN, Connection, Server
from tests.rig.mongo.wire import Document
from tests.rig.ports import free_port


@dataclass
class Mongod(Commands, Server):
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
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Listen, after a crash on the same port."""
        self.listen("127.0.0.1")

    def stop(self) -> None:
        """Crash: hang up on everybody."""
        if self.up:
            self.hang_up()

    def answer(self, client: Connection, command: Document) -> Document:
        """Run a command, unless a test wants it to fail."""
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
        if name in ("saslStart", "saslContinue"):
            return self.log_in(client, name, command)
        if name not in BEFORE_LOGIN and (client.user is None or name in self.replica_set.denied):
            raise Refused("Unauthorized", f"not authorized on {command['$db']} to execute command")
        answer = self.run(name, command)
        self.replica_set.log.append((self.host, name, command))
        return answer

    def credentials(self, database: str, user: str) -> Sequence[Credentials]:
        """Of the keys, and of the passwords as they are."""
        if (database, user) == ("local", "__system"):
            return same_salt(self.keys)
        known = self.replica_set.users.get(user) if database == "admin" else None
        return same_salt([known["pwd"]]) if known else []

    def _get_status(self, command: Document) -> Document:
        self.replica_set.heartbeat()
        return super()._get_status(command)

    def state_of(self, host: str) -> str | None:
        """As it is."""
        member = self.replica_set.members.get(host)
        return member.state if member and member.up else None


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
