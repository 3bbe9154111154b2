"""Collections: a few commands, and of queries equality alone."""

from __future__ import annotations

from typing import Any

from bson import Int64

from tests.nodes.images.mongod.storage import Data, Document
from tests.rig.mongo.errors import Refused

_OPERATORS = ("$set", "$inc")


def of(data: Data, database: str, collection: str) -> list[Document]:
    """The documents of a collection, to change them too."""
    found: list[Document] = data.collections.setdefault(f"{database}.{collection}", [])
    return found


def matching(documents: list[Document], query: Document) -> list[Document]:
    """Those whose fields are equal to the query's."""
    if any(name.startswith("$") or (isinstance(value, dict) and value) for name, value in query.items()):
        raise Refused("BadValue", "a query is of fields and values here, without operators and documents")
    return [each for each in documents if all(name in each and each[name] == value for name, value in query.items())]


def find(documents: list[Document], command: Document, namespace: str) -> Document:
    """All of them in one batch."""
    found = matching(documents, command.get("filter", {}))
    skip, limit = command.get("skip", 0), abs(command.get("limit", 0))
    batch = found[skip:][: limit or None]
    return {"cursor": {"id": Int64(0), "ns": namespace, "firstBatch": batch}}


def insert(documents: list[Document], command: Document) -> Document:
    """Insert until one has the identity of another."""
    known = {str(each["_id"]) for each in documents}
    inserted = 0
    for index, document in enumerate(command["documents"]):
        if str(document["_id"]) in known:
            error = {"index": index, "code": 11000, "errmsg": f"E11000 duplicate key error: _id {document['_id']}"}
            return {"n": inserted, "writeErrors": [error]}
        known.add(str(document["_id"]))
        documents.append(document)
        inserted += 1
    return {"n": inserted}


def update(documents: list[Document], command: Document, new_id: Any) -> Document:
    """Update one, or all that match where the statement is multi; with upsert, one is made."""
    answer: Document = {"n": 0, "nModified": 0}
    for index, statement in enumerate(command["updates"]):
        found = matching(documents, statement["q"])[: None if statement.get("multi") else 1]
        if not found and statement.get("upsert"):
            fresh = {"_id": new_id, **statement["q"]}
            _change(fresh, statement["u"])
            documents.append(fresh)
            answer["upserted"] = [*answer.get("upserted", []), {"index": index, "_id": fresh["_id"]}]
            answer["n"] += 1
        for each in found:
            before = dict(each)
            _change(each, statement["u"])
            answer["nModified"] += before != each
            answer["n"] += 1
    return answer


def _change(document: Document, change: Document) -> None:
    if not any(name.startswith("$") for name in change):
        identity = document["_id"]
        document.clear()
        document.update({"_id": identity, **change})
        return
    if unknown := change.keys() - set(_OPERATORS):
        raise Refused("BadValue", f"{', '.join(sorted(unknown))} is not known here, but {' and '.join(_OPERATORS)}")
    document.update(change.get("$set", {}))
    for name, step in change.get("$inc", {}).items():
        document[name] = document.get(name, 0) + step
