"""One member: what it remembers, what it is, and what it knows of the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import bson

from tests.nodes.images.mongod.link import Link
from tests.nodes.images.mongod.peer import Peer, id_of
from tests.nodes.images.mongod.storage import NOTHING, Disk, Document, OpTime
from tests.rig.mongo.errors import Refused

HEARTBEAT_SECONDS = 1.0
#: Without a word from a primary for so long, a member stands for election; without a majority, a primary steps down.
ELECTION_SECONDS = 5.0


class Member:
    """Every method that changes it is called with its lock held, but for the ones that say otherwise."""

    def __init__(self, *, name: str, port: int, keys: Sequence[str], disk: Disk) -> None:
        self.name, self.port, self.keys, self.disk = name, port, keys, disk
        self.changed = threading.Condition(threading.RLock())
        self.stored = disk.load()
        self.host: str | None = None
        self.peers: dict[str, Peer] = {}
        self.running = True
        self.leads = False
        self.first_write = NOTHING
        self.news = 0
        self.followed: tuple[str | None, float] = (None, time.monotonic())
        self.frozen_until = 0.0
        self.follow: Callable[[Peer], None] = lambda _: None
        self.hand_over: Callable[[], None] = lambda: None

    # What it is.

    @property
    def state(self) -> str:
        """MongoDB's name of it; nothing before there is a configuration."""
        if self.config is None:
            return ""
        if self.host is None:
            return "REMOVED"
        return "PRIMARY" if self.leads else "STARTUP2" if self.stored.last_write == NOTHING else "SECONDARY"

    @property
    def config(self) -> Document | None:
        """The configuration, or None before there is one."""
        return self.stored.config

    @property
    def term(self) -> int:
        """Counts elections."""
        return self.stored.term

    @property
    def primary(self) -> str | None:
        """The primary, where one was heard of lately."""
        host, at = self.followed
        return self.host if self.leads else host if time.monotonic() - at < ELECTION_SECONDS else None

    @property
    def members(self) -> list[Document]:
        """The configured members, whole."""
        return list((self.config or {"members": []})["members"])

    @property
    def hosts(self) -> list[str]:
        """The configured members."""
        return [member["host"] for member in self.members]

    @property
    def newly_added(self) -> set[str]:
        """Members that have no vote before their first sync is over."""
        return {member["host"] for member in self.members if member.get("newlyAdded")}

    @property
    def voters(self) -> list[str]:
        """Members whose vote counts."""
        return [member["host"] for member in self.members if member.get("votes", 1) and not member.get("newlyAdded")]

    @property
    def users(self) -> dict[str, Document]:
        """The users, by name."""
        return self.stored.data.users

    @property
    def write_concern(self) -> str | None:
        """The default write concern, where one was set."""
        return self.stored.data.write_concern

    @write_concern.setter
    def write_concern(self, level: str | None) -> None:
        self.stored.data.write_concern = level

    @property
    def feature_compatibility_version(self) -> str:
        """The feature compatibility version."""
        return self.stored.data.feature_compatibility_version

    @feature_compatibility_version.setter
    def feature_compatibility_version(self, version: str) -> None:
        self.stored.data.feature_compatibility_version = version

    def elect(self, not_host: str) -> None:
        """As the primary, hand over to another member."""
        assert not_host == self.host
        self.hand_over()

    def copies(self, fits: Callable[[Peer], bool]) -> int:
        """How many voters fit, this one among them."""
        return sum(host == self.host or (host in self.peers and fits(self.peers[host])) for host in self.voters)

    def majority(self, fits: Callable[[Peer], bool]) -> bool:
        """Whether more than half of the voters fit."""
        return self.copies(fits) > len(self.voters) // 2

    @property
    def uncommitted(self) -> int:
        """Is 0 once a majority has the configuration and what this primary wrote first."""
        mine = id_of(self.config)
        return int(not self.majority(lambda peer: peer.config_id == mine and peer.last_write >= self.first_write))

    # What changes it.

    def save(self) -> None:
        """Force to disk what it remembers, and wake whoever waits."""
        self.disk.save(self.stored)
        self.news += 1
        self.changed.notify_all()

    def say(self, what: str) -> None:
        """Write a line into the log."""
        print(f"{self.host or 'member'}: {what}", flush=True)

    def observe(self, term: int) -> None:
        """A later term than its own: whoever led before leads no longer."""
        if term > self.term:
            self.step_down(f"term {term} began")
            self.stored.term, self.stored.voted_for = term, None
            self.followed = (None, self.followed[1])
            self.save()

    def step_down(self, why: str) -> None:
        """Lead no longer."""
        if self.leads:
            self.leads = False
            self.followed = (None, time.monotonic())
            self.news += 1
            self.changed.notify_all()
            self.say(f"steps down: {why}")

    def lead(self) -> None:
        """Be primary from here on: the term is in the configuration, and a write of it makes older ones count."""
        assert self.config is not None
        self.leads = True
        for peer in self.peers.values():
            peer.answered_at = time.monotonic()
        self.stored.config = {**self.config, "term": self.term}
        self.stored.last_write = self.first_write = (self.term, self.stored.last_write[1] + 1)
        self.save()
        self.say(f"is primary in term {self.term}")

    def adopt(self, config: Document) -> None:
        """Take a later configuration."""
        if id_of(config) > id_of(self.config):
            self.stored.config = config
            self.save()
            self.locate(self.host if self.host in self.hosts else None)

    def locate(self, host: str | None) -> None:
        """Know which member it is, and so which ones are the others."""
        if host != self.host:
            self.host, self.followed = host, (None, time.monotonic())
            self.say("is in the configuration" if host else "is not in the configuration, or does not find itself there")
        others = [other for other in self.hosts if host and other != host]
        self.peers = {other: self.peers.get(other) or self._begin(other) for other in others}
        self.changed.notify_all()

    def _begin(self, host: str) -> Peer:
        peer = Peer(host, Link(host, self.keys))
        threading.Thread(target=self.follow, args=(peer,), daemon=True).start()
        return peer

    def install(self, hosts: Sequence[str], primary: str | None, **more: Any) -> None:
        """Begin a set of this member."""
        assert list(hosts) == [primary]
        members = [{"_id": 0, "host": primary, "votes": 1, "priority": 1}]
        settings = {"replicaSetId": bson.ObjectId()}
        self.stored.term, self.stored.voted_for = 1, primary
        self.stored.config = {"_id": self.name, "version": 1, "term": 1, "members": members, "settings": settings, **more}
        self.locate(primary)
        self.lead()

    def reconfigure(self, config: Document, added: Iterable[str]) -> None:
        """As the primary, install a configuration; these members in it are new."""
        fresh = self.newly_added | set(added)
        marked = [{**member, **({"newlyAdded": True} if member["host"] in fresh else {})} for member in config["members"]]
        self.adopt({**config, "term": self.term, "members": marked})

    def write(self, change: Callable[[], Document]) -> tuple[Document, OpTime]:
        """As the primary, change what is replicated; it is on this disk, and nowhere else yet."""
        if not self.leads:
            raise Refused("NotWritablePrimary", "not primary")
        answer = change()
        self.stored.last_write = (self.term, self.stored.last_write[1] + 1)
        self.save()
        return answer, self.stored.last_write

    def wait_for(self, written: OpTime, copies: str | int, seconds: float | None) -> bool:
        """Wait, without the lock, until so many voters have a write on disk; False after so many seconds.

        Raises:
            Refused: this member no longer is the primary that wrote it.
        """

        def there() -> bool:
            count = self.copies(lambda peer: peer.last_write >= written)
            return count > len(self.voters) // 2 if copies == "majority" else count >= int(copies)

        def over() -> bool:
            return not self.leads or self.term != written[0]

        self.changed.wait_for(lambda: over() or there(), seconds)
        if over():
            raise Refused("InterruptedDueToReplStateChange", "operation was interrupted: the primary stepped down")
        return there()
