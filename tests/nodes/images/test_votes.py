"""Votes of the stand-in for mongod: one a term, kept over a crash, and only for who has everything."""

from __future__ import annotations

import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.nodes.images.mongod import elections
from tests.nodes.images.mongod.link import Link, NoAnswer
from tests.nodes.images.mongod.member import Member
from tests.nodes.images.mongod.peer import Peer
from tests.nodes.images.mongod.storage import NOTHING, Disk, Document

HOSTS = ["db-0:27017", "db-1:27017", "db-2:27017"]
CONFIG = {"_id": "rs0", "version": 4, "term": 3, "members": [{"_id": n, "host": host} for n, host in enumerate(HOSTS)]}


class NoFriends(Member):
    """It connects to nobody."""

    def locate(self, host: str | None) -> None:
        """Only know itself."""
        self.host = host


def member(folder: Path) -> Member:
    """A secondary of a set in term 3, as its disk has it."""
    found = NoFriends(name="rs0", port=27017, keys=["key"], disk=Disk(folder))
    if found.config is None:
        found.stored.config, found.stored.term, found.stored.last_write = CONFIG, 3, (3, 8)
        with found.changed:
            found.save()
    found.locate(HOSTS[0])
    return found


def asked(**other: object) -> Document:
    """What a candidate that has everything asks."""
    about = {"term": 4, "candidate": HOSTS[1], "lastWrite": [3, 8], "configId": [3, 4]}
    return {"replSetRequestVotes": 1, "dryRun": False, **about, **other}


def grants(voter: Member, question: Document) -> bool:
    """What the voter says."""
    with voter.changed:
        return bool(elections.vote(voter, question)["voteGranted"])


def test_a_term_has_one_vote_over_a_crash(tmp_path: Path) -> None:
    """The same candidate may ask again, another one in the same term in vain."""
    first = member(tmp_path)
    assert grants(first, asked())
    first.disk.close()
    again = member(tmp_path)
    assert grants(again, asked())
    assert not grants(again, asked(candidate=HOSTS[2]))
    assert grants(again, asked(candidate=HOSTS[2], term=5))


LACKING: dict[str, Document] = {
    "an older term": {"term": 2},
    "older data": {"lastWrite": [3, 7]},
    "data of an older term": {"lastWrite": [2, 900]},
    "an older configuration": {"configId": [3, 3]},
}


@pytest.mark.parametrize("what", LACKING)
def test_who_lacks_something_gets_no_vote(what: str, tmp_path: Path) -> None:
    """It would take away what a majority has acknowledged."""
    assert not grants(member(tmp_path), asked(**LACKING[what]))


def test_a_member_without_data_gives_no_vote(tmp_path: Path) -> None:
    """It knows not what it acknowledged before its directory was lost."""
    voter = member(tmp_path)
    voter.stored.last_write = NOTHING
    assert not grants(voter, asked())


def test_nobody_replaces_a_primary_that_is_heard(tmp_path: Path) -> None:
    """A dry run is refused as long as there is one, and no term begins."""
    voter = member(tmp_path)
    question = asked(dryRun=True)
    assert grants(voter, question)
    voter.followed = (HOSTS[2], voter.followed[1])
    assert not grants(voter, question)
    assert voter.term == 3
    assert voter.stored.voted_for is None


def test_who_was_not_elected_rests_for_a_time_by_chance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two who stand at one moment vote for themselves alone, and would do so again."""
    candidate = member(tmp_path)
    candidate.peers = {host: Peer(host, Link("127.0.0.1:1", ["key"])) for host in HOSTS[1:]}
    for chance in (0.25, 1.0):
        monkeypatch.setattr(random, "uniform", lambda _, most, chance=chance: chance * most)
        began = time.monotonic()
        elections.stand(candidate, asks_first=False)
        assert candidate.state == "SECONDARY"
        assert began < candidate.frozen_until - chance * elections.SPREAD_SECONDS < time.monotonic()


def test_whoever_asks_over_a_link_that_breaks_gets_no_answer() -> None:
    """Heartbeats and votes have one link to each member: one that fails does not close the other's new connection."""

    def hang_up(server: socket.socket) -> None:
        while True:
            try:
                server.accept()[0].close()
            except OSError:
                return

    def ask(link: Link) -> None:
        for _ in range(400):
            with pytest.raises(NoAnswer):
                link.run({"ping": 1})

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(4) as pool:
        threading.Thread(target=hang_up, args=(server,), daemon=True).start()
        link = Link(f"127.0.0.1:{server.getsockname()[1]}", ["key"])
        assert [*pool.map(ask, [link] * 4)] == [None] * 4
