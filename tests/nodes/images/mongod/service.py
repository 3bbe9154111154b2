"""What a member answers drivers and other members, and to whom."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from typing import Any

import bson

from tests.nodes.images.mongod import elections, heartbeats
from tests.nodes.images.mongod.documents import CHANGES, READS, Databases
from tests.nodes.images.mongod.member import Member
from tests.nodes.images.mongod.peer import id_of, is_here
from tests.nodes.images.mongod.storage import Document
from tests.rig.mongo.commands import Commands, answers
from tests.rig.mongo.errors import Refused
from tests.rig.mongo.scram import Credentials, same_salt
from tests.rig.mongo.server import BEFORE_LOGIN, Connection, Server

WRITES = {*CHANGES} | {
    *("createUser", "updateUser", "dropUser", "grantRolesToUser", "revokeRolesFromUser"),
    *("setDefaultRWConcern", "setFeatureCompatibilityVersion"),
}
MONITORS = {"replSetGetStatus", "replSetGetConfig", "getParameter", "getDefaultRWConcern"}
AMONG_MEMBERS = {"replSetHeartbeat", "replSetRequestVotes", "replSetStepUp"}
ALLOWED_BY_ROLE = {"read": {*READS}, "readWrite": {*READS, *CHANGES}}
#: After these errors a driver sends a write again, to whoever is primary then: so does mongod mark them.
SENT_AGAIN = {"NotWritablePrimary", "InterruptedDueToReplStateChange", "ExceededTimeLimit"}
_REMEMBERED_SESSIONS = 200


class Service(Commands, Server):
    """One member's port."""

    version = "8.0.26"

    def __init__(self, member: Member) -> None:
        self.replica_set = self.member = member
        self.port = member.port
        self._databases = Databases(member.stored.data)
        self._process, self._counter = bson.ObjectId(), 0
        self._told: tuple[object, ...] = ()

    @property
    def host(self) -> str | None:
        """The member's name in the configuration."""
        return self.member.host

    @property
    def state(self) -> str:
        """As it is now."""
        return self.member.state

    @property
    def config(self) -> Document | None:
        """Without the mark of new members, which MongoDB shows nobody."""
        shown = copy.deepcopy(self.member.config)
        for each in (shown or {"members": []})["members"]:
            each.pop("newlyAdded", None)
        return shown

    def state_of(self, host: str) -> str | None:
        """As its last heartbeat told."""
        peer = self.member.peers.get(host)
        return self.state if host == self.host else peer.state if peer else None

    def credentials(self, database: str, user: str) -> Sequence[Credentials]:
        """Of the keys, and of users as they are stored."""
        with self.member.changed:
            if (database, user) == ("local", "__system"):
                return same_salt(self.member.keys)
            known = self.member.users.get(user) if database == "admin" else None
            return [Credentials(**known["credentials"])] if known else []

    def answer(self, client: Connection, command: Document) -> Document:
        """Run a command for whoever may, and say what went wrong as mongod does."""
        name = next(iter(command))
        try:
            return {**self._answer(client, name, command), "ok": 1.0}
        except Refused as error:
            labels = {"errorLabels": ["RetryableWriteError"]} if "txnNumber" in command and error.code in SENT_AGAIN else {}
            return error.document() | labels
        except KeyError as error:
            return Refused("BadValue", f"{name} lacks {error}").document()

    def _answer(self, client: Connection, name: str, command: Document) -> Document:
        if name in ("saslStart", "saslContinue"):
            return self.log_in(client, name, command)
        if name not in BEFORE_LOGIN and not self._may(client, name, command["$db"]):
            raise Refused("Unauthorized", f"not authorized on {command['$db']} to execute command {name}")
        if name in WRITES:
            return self._write(name, command)
        with self.member.changed:
            return self.run(name, command)

    def _may(self, client: Connection, name: str, database: str) -> bool:
        if client.user is None:
            return False
        if client.database == "local":
            return True
        with self.member.changed:
            roles = self.member.users.get(client.user, {"roles": []})["roles"]
        if {"role": "root", "db": "admin"} in roles:
            return name not in AMONG_MEMBERS
        if {"role": "clusterMonitor", "db": "admin"} in roles and name in MONITORS:
            return True
        return any(role["db"] == database and name in ALLOWED_BY_ROLE.get(role["role"], ()) for role in roles)

    def _write(self, name: str, command: Document) -> Document:
        concern = command.get("writeConcern", {})
        copies = concern.get("w") or self.member.write_concern or "majority"
        seconds = concern["wtimeout"] / 1000 if concern.get("wtimeout") else None
        with self.member.changed:
            answer, written = self.member.write(lambda: self._once(name, command))
            if self.member.wait_for(written, copies, seconds):
                return answer
        error = {
            "code": 64,
            "codeName": "WriteConcernTimeout",
            "errmsg": "waiting for replication timed out",
            "errInfo": {"wtimeout": True},
        }
        return {**answer, "writeConcernError": error}

    def _once(self, name: str, command: Document) -> Document:
        """Run a write, unless it is one that a driver sends again since it got no answer."""
        if "txnNumber" not in command:
            return self.run(name, command)
        retries = self.member.stored.data.retries
        session, number = command["lsid"]["id"].hex(), command["txnNumber"]
        known = retries.pop(session, None)
        if known is None or known["number"] != number:
            known = {"number": number, "answer": self.run(name, command)}
        retries[session] = known
        while len(retries) > _REMEMBERED_SESSIONS:
            del retries[next(iter(retries))]
        answer: Document = known["answer"]
        return answer

    # The set.

    def _hello(self, command: Document) -> Document:
        """At once; or when there is news, where a driver says what it knows and how long it waits."""
        if known := command.get("topologyVersion"):
            seconds = command["maxAwaitTimeMS"] / 1000
            self.member.changed.wait_for(lambda: self._topology_version() != known or not self.member.running, seconds)
        answer = super()._hello(command) | {"topologyVersion": self._topology_version()}
        if self.state == "PRIMARY":
            # Later terms are greater, which is how drivers tell an old primary.
            answer["electionId"] = bson.ObjectId(bytes.fromhex(f"7fffffff{self.member.term:016x}"))
        return answer

    def _topology_version(self) -> Document:
        """Counts what a driver is told of the set."""
        told = (self.state, self.member.primary, id_of(self.config))
        if told != self._told:
            self._told, self._counter = told, self._counter + 1
        return {"processId": self._process, "counter": bson.Int64(self._counter)}

    def _initiate(self, command: Document) -> Document:
        hosts = [member["host"] for member in command["replSetInitiate"]["members"]]
        if self.config is None and hosts and is_here(hosts[0], self.port):
            self.member.host = hosts[0]
        return super()._initiate(command)

    def _reconfig(self, command: Document) -> Document:
        super()._reconfig(command)
        seconds = command["maxTimeMS"] / 1000 if command.get("maxTimeMS") else None
        if not self.member.changed.wait_for(lambda: not self.member.uncommitted or not self.member.leads, seconds):
            raise Refused("ExceededTimeLimit", "the configuration has not reached a majority")
        self._must_be_primary()
        return {}

    @answers("replSetHeartbeat")
    def _heartbeat(self, command: Document) -> Document:
        return heartbeats.hear(self.member, command)

    @answers("replSetRequestVotes")
    def _request_votes(self, command: Document) -> Document:
        return elections.vote(self.member, command)

    @answers("replSetStepUp")
    def _step_up(self, _command: Document) -> Document:
        elections.stand_soon(self.member)
        return {}

    @answers("replSetFreeze")
    def _freeze(self, command: Document) -> Document:
        """For so many seconds it does not stand for election; 0 ends this, after a step down too."""
        self.member.frozen_until = time.monotonic() + command["replSetFreeze"]
        return {}

    # Users.

    def kept_of(self, command: Document) -> Document:
        """No password, and every role with its database."""
        kept: Document = {}
        if "pwd" in command:
            kept |= {"credentials": vars(Credentials.of(command["pwd"])), "mechanisms": ["SCRAM-SHA-256"]}
        if "roles" in command:
            kept["roles"] = _whole(command["roles"], command["$db"])
        return kept

    def _user(self, name: str) -> Document:
        if name not in self.member.users:
            raise Refused("UserNotFound", "no such user")
        user: Document = self.member.users[name]
        return user

    @answers("dropUser")
    def _drop_user(self, command: Document) -> Document:
        self._user(command["dropUser"])
        del self.member.users[command["dropUser"]]
        return {}

    @answers("grantRolesToUser")
    def _grant_roles(self, command: Document) -> Document:
        user = self._user(command["grantRolesToUser"])
        more = [role for role in _whole(command["roles"], command["$db"]) if role not in user["roles"]]
        user["roles"] = [*user["roles"], *more]
        return {}

    @answers("revokeRolesFromUser")
    def _revoke_roles(self, command: Document) -> Document:
        user, less = self._user(command["revokeRolesFromUser"]), _whole(command["roles"], command["$db"])
        user["roles"] = [role for role in user["roles"] if role not in less]
        return {}

    # Documents.

    @answers(*READS, *CHANGES)
    def _documents(self, command: Document) -> Document:
        name = next(iter(command))
        preference = command.get("$readPreference", {}).get("mode", "primary")
        if name in READS and self.state != "PRIMARY" and (self.state != "SECONDARY" or preference == "primary"):
            raise Refused("NotPrimaryNoSecondaryOk", "not primary, and a secondary was not asked for")
        if self._databases.data is not self.member.stored.data:  # the primary sent it
            self._databases = Databases(self.member.stored.data)
        return self._databases.run(name, command)


def _whole(roles: Sequence[Any], database: str) -> list[Document]:
    return [{"role": role, "db": database} if isinstance(role, str) else dict(role) for role in roles]
