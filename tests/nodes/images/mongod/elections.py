"""Who is primary: votes, one a term, and the primary that hands over."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress

from tests.nodes.images.mongod.link import NoAnswer
from tests.nodes.images.mongod.member import ELECTION_SECONDS, Member
from tests.nodes.images.mongod.peer import Peer, id_of, is_here
from tests.nodes.images.mongod.storage import Document
from tests.rig.mongo.errors import Refused

#: Members that begin at one moment do not look at one moment: it is drawn anew each time, as is what follows.
_TICK_SECONDS = (0.2, 0.5)
SPREAD_SECONDS = 1.5
_FROZEN_SECONDS = 60.0
_CATCH_UP_SECONDS = 10.0


def watch(member: Member) -> None:
    """Find itself, stand for election and step down when it is time; runs in a thread of its own."""
    patience, news = _patience(), -1
    while member.running:
        if member.host is None and member.hosts:
            news = member.news
            _find(member)
        with member.changed:
            _check_majority(member)
            stands = _may_stand(member) and time.monotonic() - member.followed[1] > patience
            # Who votes alone waits for nobody.
            alone = _may_stand(member) and member.voters == [member.host]
        if stands or alone:
            patience = _patience()
            stand(member, asks_first=True)
        with member.changed:
            member.changed.wait_for(lambda: not member.running or _lost(member, news), random.uniform(*_TICK_SECONDS))  # noqa: B023


def _patience() -> float:
    return ELECTION_SECONDS + random.uniform(0, SPREAD_SECONDS)


def _lost(member: Member, news: int) -> bool:
    return member.host is None and bool(member.hosts) and member.news != news


def _find(member: Member) -> None:
    # Outside the lock: a name server may be slow.
    found = [host for host in member.hosts if is_here(host, member.port)]
    with member.changed:
        if found and found[0] in member.hosts:
            member.locate(found[0])


def _check_majority(member: Member) -> None:
    since = time.monotonic() - ELECTION_SECONDS
    if member.leads and not member.majority(lambda peer: peer.answered_at > since):
        member.step_down("no majority answers")


def _may_stand(member: Member) -> bool:
    electable = [each["host"] for each in member.members if each.get("priority", 1) > 0]
    fits = member.host in electable and member.host in member.voters
    return member.state == "SECONDARY" and fits and time.monotonic() > member.frozen_until


def stand(member: Member, *, asks_first: bool) -> None:
    """Ask for votes, first whether they would be given, and lead if a majority gives them; called without the lock."""
    for dry_run in (True, False) if asks_first else (False,):
        with member.changed:
            if member.state != "SECONDARY":
                return
            if not dry_run:
                member.stored.term, member.stored.voted_for = member.term + 1, member.host
                member.save()
            asked = {
                "replSetRequestVotes": 1,
                "dryRun": dry_run,
                "term": member.term + dry_run,
                "candidate": member.host,
                "lastWrite": list(member.stored.last_write),
                "configId": list(id_of(member.config)),
            }
            others = [member.peers[host] for host in member.voters if host != member.host]
        if not _gets_majority(member, asked, others):
            _rest(member)
            return
    with member.changed:
        if member.term == asked["term"] and member.state == "SECONDARY":
            member.lead()


def _rest(member: Member) -> None:
    """Do not stand for a moment: two who stood at once, and voted for themselves, would do so again and again."""
    with member.changed:
        member.frozen_until = max(member.frozen_until, time.monotonic() + random.uniform(0, SPREAD_SECONDS))


def stand_soon(member: Member) -> None:
    """Stand at once, as a primary that steps down wants it; does not wait."""
    threading.Thread(target=stand, args=(member,), kwargs={"asks_first": False}, daemon=True).start()


def _gets_majority(member: Member, asked: Document, others: list[Peer]) -> bool:
    votes, voters = 1, 1 + len(others)
    if votes > voters // 2:
        return True
    pool = ThreadPoolExecutor(len(others))
    for asking in as_completed([pool.submit(_ask, member, peer, asked) for peer in others]):
        votes += asking.result()
        if votes > voters // 2:
            break
    pool.shutdown(wait=False)
    return votes > voters // 2


def _ask(member: Member, peer: Peer, asked: Document) -> bool:
    try:
        # The connection that is there: a name server may be gone with the primary's machine.
        answer = peer.link.run(asked)
    except NoAnswer:
        return False
    if not asked["dryRun"]:
        with member.changed:
            member.observe(answer["term"])
    return bool(answer["voteGranted"])


def vote(member: Member, asked: Document) -> Document:
    """Give a vote or not; called with the member's lock held."""
    dry_run = asked["dryRun"]
    if not dry_run:
        member.observe(asked["term"])
    term, index = asked["lastWrite"]
    config_term, version = asked["configId"]
    free = (
        asked["term"] > member.term and not member.primary
        if dry_run
        else asked["term"] == member.term and member.stored.voted_for in (None, asked["candidate"])
    )
    # A member without data knows not what a majority has acknowledged.
    knows = member.state == "SECONDARY" and (config_term, version) >= id_of(member.config)
    granted = free and knows and (term, index) >= member.stored.last_write
    if granted and not dry_run:
        member.stored.voted_for = asked["candidate"]
        # Time for the one who got it.
        member.followed = (None, time.monotonic())
        member.save()
    return {"voteGranted": granted, "term": member.term}


def hand_over(member: Member, seconds: float = _CATCH_UP_SECONDS) -> None:
    """Step down in favour of a member that has everything; called with the lock held, and waits without it.

    Raises:
        Refused: there is none within so many seconds.
    """

    def heirs() -> list[Peer]:
        ready = [peer for peer in member.peers.values() if peer.state == "SECONDARY" and peer.host in member.voters]
        return [peer for peer in ready if peer.last_write == member.stored.last_write]

    member.changed.wait_for(lambda: heirs() or not member.leads, seconds)
    if not member.leads:
        raise Refused("NotWritablePrimary", "not primary")
    if not heirs():
        raise Refused("ExceededTimeLimit", "no electable secondaries caught up")
    heir = heirs()[0]
    member.frozen_until = time.monotonic() + _FROZEN_SECONDS
    member.step_down(f"hands over to {heir.host}")
    threading.Thread(target=_call, args=(heir,), daemon=True).start()


def _call(heir: Peer) -> None:
    # It stands by itself before long where this does not reach it.
    with suppress(NoAnswer):
        heir.link.run({"replSetStepUp": 1})
