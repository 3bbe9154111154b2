"""What the members of a test set share: their configuration, users and settings, and the failures a test asks for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import bson

from tests.rig.mongo.errors import Refused
from tests.rig.mongo.wire import Document

if TYPE_CHECKING:
    from tests.rig.mongo.members import Mongod


@dataclass
class Fault:
    """Let the next commands of one name fail: by an error, or by a connection lost before or after they ran."""

    command: str
    how: str
    times: int = 1


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
    before: Callable[[str, str], object] = lambda *_: None
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

    def reconfigure(self, config: Document, added: Iterable[str]) -> None:
        """Install a configuration on the primary's order; these members in it are new."""
        for host in added:
            self.newly_added.add(host)
            self.members[host].looks = 0
        self.uncommitted = self.commit_looks
        self.adopt(config)

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
