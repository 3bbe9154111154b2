"""A stand-in for a MongoDB replica set: several members in one process, each on a port of its own.

It speaks the wire protocol and checks credentials for real; replication, elections and heartbeats happen at once, or
as slowly as a test says. No mongod takes part.
"""

from __future__ import annotations

import copy
import os
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import bson
from wire import OP_MSG, Closed, Document, Scram, read_command, reply

CODES = {
    "Unauthorized": 13,
    "AuthenticationFailed": 18,
    "AlreadyInitialized": 23,
    "UserNotFound": 11,
    "CommandNotFound": 59,
    "NotYetInitialized": 94,
    "InvalidReplicaSetConfig": 93,
    "NewReplicaSetConfigurationIncompatible": 103,
    "ConfigurationInProgress": 109,
    "ExceededTimeLimit": 262,
    "CurrentConfigNotCommittedYet": 308,
    "BadValue": 2,
    "NotWritablePrimary": 10107,
    "Location51003": 51003,
}
BEFORE_LOGIN = {"hello", "ismaster", "isMaster", "saslStart", "saslContinue", "ping", "buildInfo", "endSessions"}
STATES = {"PRIMARY": 1, "SECONDARY": 2, "RECOVERING": 3, "STARTUP2": 5, "REMOVED": 10}


class Refused(Exception):
    """A command fails with one of the server's own error names."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code

    def document(self) -> Document:
        """What goes over the wire."""
        return {"ok": 0.0, "errmsg": str(self), "code": CODES[self.code], "codeName": self.code}


class HangUp(Exception):
    """The connection is closed instead of answered."""


@dataclass
class Fault:
    """Let the next commands of one name fail: by an error, or by a connection lost before or after they ran."""

    command: str
    how: str
    times: int = 1


@dataclass
class Connection:
    """What a server remembers of one client."""

    user: str | None = None
    scram: Scram | None = None


@dataclass
class ReplicaSet:
    """What the members of one set share: configuration, users, settings; and a log of the commands they ran."""

    name: str = "rs0"
    config: Document | None = None
    term: int = 1
    primary: str | None = None
    members: dict[str, Mongod] = field(default_factory=dict)
    users: dict[str, Document] = field(default_factory=dict)
    write_concern: str | None = None
    feature_compatibility_version: str = "8.0"
    newly_added: set[str] = field(default_factory=set)
    first_sync_looks: int = 1
    commit_looks: int = 0
    uncommitted: int = 0
    faults: list[Fault] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    before: Callable[[str, str], None] = lambda host, command: None
    log: list[tuple[str, str, Document]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def hosts(self) -> list[str]:
        """The configured members."""
        return [member["host"] for member in (self.config or {"members": []})["members"]]

    def commands(self, *names: str) -> list[tuple[str, str]]:
        """The commands of these names that ran, with the member that ran them."""
        return [(host, name) for host, name, _ in self.log if name in names]

    def install(self, hosts: Sequence[str], primary: str | None, **more: Any) -> None:
        """Begin with a set that somebody initiated before."""
        members = [{"_id": index, "host": host, "votes": 1, "priority": 1} for index, host in enumerate(hosts)]
        settings = {"replicaSetId": bson.ObjectId()}
        self.config = {"_id": self.name, "version": 7, "term": 1, "members": members, "settings": settings, **more}
        self.primary = primary
        for host in hosts:
            self.members[host].state = "PRIMARY" if host == primary else "SECONDARY"
            self.members[host].config = self.config

    def adopt(self, config: Document) -> None:
        """Install a configuration on every member that it or its predecessor names."""
        self.config = config
        for host, member in self.members.items():
            if host in self.hosts:
                member.config = config
                if member.state in ("", "REMOVED"):
                    member.state = "STARTUP2"
            elif member.config is not None:
                member.config, member.state = config, "REMOVED"

    def heartbeat(self) -> None:
        """One look of the primary at its members: a first sync gets on, and ends with the vote."""
        self.uncommitted = max(0, self.uncommitted - 1)
        for host in sorted(self.newly_added):
            member = self.members[host]
            member.looks += 1
            if member.up and member.looks > self.first_sync_looks and self.config:
                member.state = "SECONDARY"
                self.newly_added.discard(host)
                self.adopt({**self.config, "version": self.config["version"] + 1})

    def elect(self, not_host: str) -> None:
        """Make the first other member in role the primary."""
        for host in self.hosts:
            member = self.members[host]
            if host != not_host and member.up and member.state == "SECONDARY":
                self.members[not_host].state = "SECONDARY"
                member.state, self.primary, self.term = "PRIMARY", host, self.term + 1
                return
        raise Refused("ExceededTimeLimit", "no electable secondaries caught up")


@dataclass
class Mongod:
    """One member: its state, its own configuration, and what it answers."""

    host: str
    replica_set: ReplicaSet
    keys: Sequence[str]
    state: str = ""
    config: Document | None = None
    version: str = "8.0.26"
    delay: float = 0
    up: bool = True
    looks: int = 0

    def __post_init__(self) -> None:
        self.open: set[socket.socket] = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Crash: hang up on everybody and on whoever comes."""
        self.up = False
        for connection in list(self.open):
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            if not self.up:
                connection.close()
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        client = Connection()
        self.open.add(connection)
        try:
            while self.up:
                request_id, opcode, command = read_command(connection)
                time.sleep(self.delay)
                connection.sendall(reply(request_id, opcode, self._answer(client, command, opcode)))
        except (Closed, HangUp, OSError):
            pass
        finally:
            self.open.discard(connection)
            connection.close()

    def _answer(self, client: Connection, command: Document, opcode: int) -> Document:
        name = next(iter(command))
        self.replica_set.before(self.host, name)
        with self.replica_set.lock:
            try:
                fault = self._fault(name)
                if fault and fault.how == "lost before":
                    raise HangUp
                if fault and fault.how != "lost after":
                    raise Refused(fault.how)
                answer = self._run(client, name, command)
                if fault:
                    raise HangUp
                return {**answer, "ok": 1.0}
            except Refused as error:
                return error.document()

    def _fault(self, name: str) -> Fault | None:
        for fault in self.replica_set.faults:
            if fault.command == name and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def _run(self, client: Connection, name: str, command: Document) -> Document:
        method = getattr(self, f"_{name}", None)
        if name not in BEFORE_LOGIN and (client.user is None or name in self.replica_set.denied):
            raise Refused("Unauthorized", f"not authorized on {command['$db']} to execute command")
        if method is None:
            raise Refused("CommandNotFound", f"no such command: '{name}'")
        answer: Document = method(client, command) if name.startswith("sasl") else method(command)
        self.replica_set.log.append((self.host, name, command))
        return answer

    def _hello(self, command: Document) -> Document:
        answer: Document = {
            "isWritablePrimary": self.state == "PRIMARY",
            "ismaster": self.state == "PRIMARY",
            "secondary": self.state == "SECONDARY",
            "helloOk": True,
            "maxBsonObjectSize": 16777216,
            "maxMessageSizeBytes": 48000000,
            "maxWriteBatchSize": 100000,
            "minWireVersion": 0,
            "maxWireVersion": 25,
            "logicalSessionTimeoutMinutes": 30,
            "readOnly": False,
        }
        if self.state in ("", "REMOVED"):
            answer |= {"isreplicaset": True, "info": "Does not have a valid replica set config"}
        else:
            set_ = self.replica_set
            answer |= {"setName": set_.name, "hosts": set_.hosts, "me": self.host}
            answer |= {"setVersion": (self.config or {}).get("version", 1)}
            answer |= {"primary": set_.primary} if set_.primary else {}
        if "saslSupportedMechs" in command:
            answer["saslSupportedMechs"] = ["SCRAM-SHA-256"]
        return answer

    _ismaster = _isMaster = _hello

    def _ping(self, command: Document) -> Document:
        return {}

    _endSessions = _ping

    def _buildInfo(self, command: Document) -> Document:
        return {"version": self.version, "versionArray": [*map(int, self.version.split(".")), 0], "modules": []}

    def _passwords(self, database: str, user: str) -> Sequence[str]:
        if (database, user) == ("local", "__system"):
            return self.keys
        known = self.replica_set.users.get(user) if database == "admin" else None
        return [known["pwd"]] if known else []

    def _saslStart(self, client: Connection, command: Document) -> Document:
        user, nonce, bare = Scram.start(command["payload"])
        passwords = self._passwords(command["$db"], user)
        client.scram = Scram(user, passwords, nonce + b64encode(os.urandom(18)).decode(), bare)
        return {"conversationId": 1, "done": False, "payload": client.scram.server_first.encode()}

    def _saslContinue(self, client: Connection, command: Document) -> Document:
        if client.scram is None:
            raise Refused("AuthenticationFailed", "Authentication failed.")
        if not command["payload"]:
            return {"conversationId": 1, "done": True, "payload": b""}
        signature = client.scram.finish(command["payload"])
        if signature is None:
            raise Refused("AuthenticationFailed", "Authentication failed.")
        client.user = client.scram.user
        return {"conversationId": 1, "done": True, "payload": signature}

    def _replSetGetConfig(self, command: Document) -> Document:
        if self.config is None:
            raise Refused("NotYetInitialized", "no replset config has been received")
        if not command.get("commitmentStatus"):
            return {"config": self.config}
        self._must_be_primary()
        return {"config": self.config, "commitmentStatus": self.replica_set.uncommitted == 0}

    def _replSetInitiate(self, command: Document) -> Document:
        set_, config = self.replica_set, command["replSetInitiate"]
        if self.config is not None:
            raise Refused("AlreadyInitialized", "already initialized")
        if [member["host"] for member in config["members"]] != [self.host] or config["_id"] != set_.name:
            raise Refused("InvalidReplicaSetConfig", "no host of the configuration maps to this node")
        set_.install([self.host], self.host, version=1)
        return {}

    def _replSetGetStatus(self, command: Document) -> Document:
        set_ = self.replica_set
        if self.state in ("", "REMOVED"):
            raise Refused("NotYetInitialized" if self.config is None else "InvalidReplicaSetConfig")
        set_.heartbeat()
        members = [self._status_of(host) for host in set_.hosts]
        votes = sum(member.get("votes", 1) for member in (set_.config or {})["members"])
        counts = {"votingMembersCount": votes - len(set_.newly_added), "term": bson.Int64(set_.term)}
        return {"set": set_.name, "myState": STATES[self.state], "members": members, **counts}

    def _status_of(self, host: str) -> Document:
        member = self.replica_set.members.get(host)
        state = member.state if member and member.up else "(not reachable/healthy)"
        return {"name": host, "health": float(bool(member and member.up)), "stateStr": state}

    def _must_be_primary(self) -> None:
        if self.state != "PRIMARY":
            raise Refused("NotWritablePrimary", "not primary")

    def _replSetReconfig(self, command: Document) -> Document:
        self._must_be_primary()
        set_, new = self.replica_set, copy.deepcopy(command["replSetReconfig"])
        if command.get("force"):
            raise Refused("BadValue", "no force here")
        old_hosts, new_hosts = set(set_.hosts), {member["host"] for member in new["members"]}
        changed = old_hosts ^ new_hosts
        if set_.config is None or new["version"] <= set_.config["version"] or len(changed) > 1:
            raise Refused("NewReplicaSetConfigurationIncompatible", "at most one vote, and a later version")
        if set_.uncommitted:
            raise Refused("CurrentConfigNotCommittedYet")
        if self.host not in new_hosts or len(new["members"]) > 7:
            raise Refused("NewReplicaSetConfigurationIncompatible", "this node, and at most seven votes")
        for host in new_hosts - old_hosts:
            set_.newly_added.add(host)
            set_.members[host].looks = 0
        set_.uncommitted = set_.commit_looks
        set_.adopt(new)
        return {}

    def _replSetStepDown(self, command: Document) -> Document:
        self._must_be_primary()
        self.replica_set.elect(self.host)
        return {}

    def _getDefaultRWConcern(self, command: Document) -> Document:
        level = self.replica_set.write_concern
        source = "global" if level else "implicit"
        return {"defaultWriteConcern": {"w": level or "majority"}, "defaultWriteConcernSource": source}

    def _setDefaultRWConcern(self, command: Document) -> Document:
        self._must_be_primary()
        self.replica_set.write_concern = command["defaultWriteConcern"]["w"]
        return {}

    def _usersInfo(self, command: Document) -> Document:
        name = command["usersInfo"]["user"]
        known = self.replica_set.users.get(name)
        fields = {"roles": known["roles"], "mechanisms": known["mechanisms"]} if known else {}
        return {"users": [{"user": name, "db": "admin", **fields}] if known else []}

    def _createUser(self, command: Document) -> Document:
        self._must_be_primary()
        if command["createUser"] in self.replica_set.users:
            raise Refused("Location51003", "user already exists")
        fields = {name: command[name] for name in ("pwd", "roles", "mechanisms")}
        self.replica_set.users[command["createUser"]] = fields
        return {}

    def _updateUser(self, command: Document) -> Document:
        self._must_be_primary()
        if command["updateUser"] not in self.replica_set.users:
            raise Refused("UserNotFound", "no such user")
        self.replica_set.users[command["updateUser"]].update(
            {name: command[name] for name in ("pwd", "roles", "mechanisms") if name in command}
        )
        return {}

    def _getParameter(self, command: Document) -> Document:
        return {"featureCompatibilityVersion": {"version": self.replica_set.feature_compatibility_version}}

    def _setFeatureCompatibilityVersion(self, command: Document) -> Document:
        self._must_be_primary()
        if not command.get("confirm"):
            raise Refused("BadValue", "confirm is missing")
        self.replica_set.feature_compatibility_version = command["setFeatureCompatibilityVersion"]
        return {}


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
            member.listener.close()


__all__ = ["OP_MSG", "Fault", "Mongod", "Refused", "ReplicaSet", "replica_set"]
