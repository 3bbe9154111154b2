"""A client as the platform's services in Python are: pymongo, with the connection string as it stands in a variable.

``with_pymongo.py VARIABLE`` prints what it read of what it wrote. Then it writes and reads ten times a second until its input
ends, and prints how that went. Each is a line of JSON, the same as of ``with_mongoose.js``.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

from pymongo import MongoClient, ReturnDocument, monitoring
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, NetworkTimeout, PyMongoError

EVERY_SECONDS = 0.1


class Heartbeats(monitoring.ServerHeartbeatListener):
    """Notes how long each attempt took that a member did not answer at all, not even with a refusal."""

    def __init__(self) -> None:
        self.unanswered: list[float] = []

    def started(self, event: monitoring.ServerHeartbeatStartedEvent) -> None:
        """Nothing to note."""

    def succeeded(self, event: monitoring.ServerHeartbeatSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: monitoring.ServerHeartbeatFailedEvent) -> None:
        """Note it, unless a connection that was there broke."""
        if isinstance(event.reply, NetworkTimeout) and not event.awaited:
            self.unanswered.append(event.duration)


def changes(things: Collection[dict[str, Any]]) -> dict[str, Any]:
    """What comes of the commands that services use."""
    things.delete_many({})
    things.create_index("name", unique=True)
    rows = (("a", "x", 1), ("b", "y", 2), ("c", "x", 3))
    things.insert_many([{"name": name, "kind": kind, "size": size} for name, kind, size in rows])
    try:
        things.insert_one({"name": "a"})
        duplicate = None
    except DuplicateKeyError as error:
        duplicate = error.code
    found = [each["name"] for each in things.find({"size": {"$gte": 2}}, {"name": 1}).sort("size", -1)]
    grown = things.update_many({"kind": "x"}, {"$inc": {"size": 10}, "$push": {"tags": "grown"}})
    made = things.update_one({"name": "d"}, {"$set": {"kind": "y", "size": 4}}, upsert=True)
    renamed = things.find_one_and_update({"name": "b"}, {"$set": {"name": "e"}}, return_document=ReturnDocument.AFTER)
    sizes = things.aggregate([{"$group": {"_id": "$kind", "size": {"$sum": "$size"}}}, {"$sort": {"_id": 1}}])
    return {
        "duplicate": duplicate,
        "found": found,
        "grown": [grown.matched_count, grown.modified_count],
        "made": made.upserted_id is not None,
        "renamed": renamed["name"] if renamed else None,
        "sizes": [[each["_id"], each["size"]] for each in sizes],
        "tagged": things.count_documents({"tags": "grown"}),
        "kinds": sorted(things.distinct("kind")),
        "deleted": things.delete_many({"size": {"$lt": 5}}).deleted_count,
        "left": [each["name"] for each in things.find().sort("name")],
    }


def steadily(counts: Collection[dict[str, Any]], heartbeats: Heartbeats) -> dict[str, Any]:
    """Count up to what was acknowledged, until the input ends."""
    over = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=listen, daemon=True).start()
    counts.delete_many({})
    calls, failures, longest = 0, [], 0.0

    def count_up() -> None:
        counts.update_one({"_id": "count"}, {"$inc": {"count": 1}}, upsert=True)

    def look() -> None:
        counts.find_one({"_id": "count"})

    while not over.wait(EVERY_SECONDS):
        for call in (count_up, look):
            began = time.monotonic()
            try:
                call()
            except PyMongoError as error:
                failures.append(str(error))
            longest = max(longest, time.monotonic() - began)
        calls += 1
    found = counts.find_one({"_id": "count"})
    return {
        "calls": calls,
        "counted": found["count"] if found else 0,
        "failures": failures,
        "longest": longest,
        "unanswered": heartbeats.unanswered,
    }


def main() -> None:
    """Say both."""
    heartbeats = Heartbeats()
    client = MongoClient[dict[str, Any]](os.environ[sys.argv[1]], event_listeners=[heartbeats])
    database = client.get_default_database()
    print(json.dumps(changes(database["things_of_pymongo"])), flush=True)
    print(json.dumps(steadily(database["counts_of_pymongo"], heartbeats)), flush=True)


if __name__ == "__main__":
    main()
