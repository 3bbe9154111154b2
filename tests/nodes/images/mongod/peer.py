"""Another member, and how members and configurations are told apart."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field

from tests.nodes.images.mongod.link import Link
from tests.nodes.images.mongod.storage import NOTHING, Document, OpTime

ConfigId = tuple[int, int]


@dataclass
class Peer:
    """Another member, as it answered last."""

    host: str
    link: Link
    state: str | None = None
    last_write: OpTime = NOTHING
    config_id: ConfigId | None = None
    answered_at: float = field(default_factory=time.monotonic)


def id_of(config: Document | None) -> ConfigId:
    """What configurations are ordered by."""
    return (int(config["term"]), int(config["version"])) if config else (-1, -1)


def is_here(host: str, port: int) -> bool:
    """Whether a name is this machine's, and the port its own."""
    name, _, its_port = host.rpartition(":")
    if its_port != str(port):
        return False
    try:
        for family, kind, _, _, address in socket.getaddrinfo(name, 0, type=socket.SOCK_STREAM):
            with socket.socket(family, kind) as probe:
                probe.bind(address)  # only an address of this machine's can be
                return True
    except OSError:
        pass
    return False
