"""What members tell each other once a second, and at once where there is news."""

from __future__ import annotations

import time

import bson

from tests.nodes.images.mongod.link import NoAnswer
from tests.nodes.images.mongod.member import HEARTBEAT_SECONDS, Member
from tests.nodes.images.mongod.peer import Peer, id_of
from tests.nodes.images.mongod.storage import NOTHING, Data, Document
from tests.rig.mongo.errors import Refused


def follow(member: Member, peer: Peer) -> None:
    """Tell a peer and hear of it, until it is no longer one; runs in a thread of its own."""
    while member.running and _is_peer(member, peer):
        with member.changed:
            news, asked = member.news, _message(member, peer)
        try:
            answer = peer.link.run(asked)
        except NoAnswer:
            answer = None
        with member.changed:
            _note(member, peer, answer)
            if answer and _owed(member, peer).keys() - asked.keys():
                continue
            member.changed.wait_for(lambda: member.news != news or not member.running, HEARTBEAT_SECONDS)  # noqa: B023
    peer.link.close()


def _is_peer(member: Member, peer: Peer) -> bool:
    # The thread may be faster than the one that is just about to enter the peer.
    with member.changed:
        return member.peers.get(peer.host) is peer


def _about(member: Member) -> Document:
    return {
        "term": member.term,
        "state": member.state,
        "lastWrite": list(member.stored.last_write),
        "configId": list(id_of(member.config)),
    }


def _owed(member: Member, peer: Peer) -> Document:
    """What a peer does not have yet: the configuration, and then the primary's data."""
    if peer.config_id is None:
        return {}
    if peer.config_id < id_of(member.config):
        return {"config": member.config}
    if member.leads and peer.last_write != member.stored.last_write:
        return {"data": bson.encode(member.stored.data.document())}
    return {}


def _message(member: Member, peer: Peer) -> Document:
    set_id = (member.config or {})["settings"]["replicaSetId"]
    about = {**_about(member), **_owed(member, peer)}
    return {"replSetHeartbeat": member.name, "replicaSetId": set_id, "from": member.host, **about}


def _know(peer: Peer, about: Document) -> None:
    term, index = about["lastWrite"]
    config_term, version = about["configId"]
    peer.state, peer.last_write, peer.config_id = about["state"], (term, index), (config_term, version)


def _note(member: Member, peer: Peer, answer: Document | None) -> None:
    if answer is None:
        peer.state = None
        return
    peer.answered_at = time.monotonic()
    _know(peer, answer)
    member.observe(answer["term"])
    if "config" in answer:
        member.adopt(answer["config"])
    if member.leads:
        _give_vote(member, peer)
    member.changed.notify_all()


def _give_vote(member: Member, peer: Peer) -> None:
    synced = peer.state == "SECONDARY" and peer.last_write == member.stored.last_write
    if member.config is None or peer.host not in member.newly_added or not synced or member.uncommitted:
        return
    members = [
        {name: value for name, value in each.items() if each["host"] != peer.host or name != "newlyAdded"}
        for each in member.members
    ]
    member.adopt({**member.config, "version": member.config["version"] + 1, "members": members})
    member.say(f"gives {peer.host} its vote")


def hear(member: Member, asked: Document) -> Document:
    """Answer a peer's message; called with the member's lock held."""
    if asked["replSetHeartbeat"] != member.name:
        raise Refused("InconsistentReplicaSetNames", f"this member is of {member.name}")
    if member.config and member.config["settings"]["replicaSetId"] != asked["replicaSetId"]:
        raise Refused("InvalidReplicaSetConfig", "this member is of another set of the same name")
    if "config" in asked:
        member.adopt(asked["config"])
    if member.config is not None:
        member.observe(asked["term"])
        if asked["state"] == "PRIMARY" and asked["term"] == member.term and not member.leads:
            _obey(member, asked)
    if peer := member.peers.get(asked["from"]):
        _know(peer, asked)
        if _owed(member, peer):
            member.news += 1
            member.changed.notify_all()
    config_term, version = asked["configId"]
    later = id_of(member.config) > (config_term, version)
    return {**_about(member), **({"config": member.config} if later else {})}


def _obey(member: Member, asked: Document) -> None:
    member.followed = (asked["from"], time.monotonic())
    if "data" not in asked or member.host is None:
        return
    first = member.stored.last_write == NOTHING
    term, index = asked["lastWrite"]
    member.stored.data, member.stored.last_write = Data(**bson.decode(asked["data"])), (term, index)
    member.save()
    if first:
        member.say(f"has the data of {asked['from']}")
