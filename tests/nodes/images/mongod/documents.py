"""Commands on collections. mongomock keeps the documents, and has a method for what each command does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bson import Int64
from mongomock_ng import BulkWriteError, CollectionInvalid, MongoClient, OperationFailure, WriteError
from pymongo.collection import ReturnDocument

from tests.nodes.images.mongod.storage import Data, Document
from tests.rig.mongo.errors import CODES, Refused

#: What says nothing of documents, or what one member with all of them in memory has nothing to do for.
_OF_EVERY_COMMAND = {
    *("$db", "lsid", "txnNumber", "$clusterTime", "$readPreference", "readConcern", "writeConcern", "maxTimeMS", "comment"),
    *("cursor", "batchSize", "singleBatch", "bypassDocumentValidation"),
}


class Databases:
    """What is replicated, as collections.

    Attributes:
        data: what they were made of.
    """

    def __init__(self, data: Data) -> None:
        self.data = data
        self._client: Any = MongoClient()
        for namespace, kept in data.collections.items():
            database, _, name = namespace.partition(".")
            collection = self._client[database].create_collection(name)
            if kept["documents"]:
                collection.insert_many(kept["documents"])
            for index in kept["indexes"]:
                _create_index(collection, index)

    def run(self, name: str, command: Document) -> Document:
        """Answer a command; what it changes is in ``data`` afterwards, but on no disk.

        Raises:
            Refused: it cannot be done, or mongomock cannot do it.
        """
        if "autocommit" in command:
            raise Refused("OperationNotSupportedInTransaction", "there are no transactions here")
        answer, known = {**READS, **CHANGES}[name]
        if unknown := command.keys() - _OF_EVERY_COMMAND - known - {name}:
            raise Refused("BadValue", f"{name} with {', '.join(sorted(unknown))} is not known here")
        collection = self._client[command["$db"]][command[name]]
        try:
            return answer(collection, command)
        except NotImplementedError as error:
            raise Refused("BadValue", str(error)) from error
        except CollectionInvalid as error:
            raise Refused("NamespaceExists", str(error)) from error
        except OperationFailure as error:
            raise Refused(_NAMES.get(error.code or 0, "BadValue"), str(error)) from error
        finally:
            if name in CHANGES:
                self._keep(collection)

    def _keep(self, collection: Any) -> None:
        indexes = [each for each in collection.list_indexes() if each["name"] != "_id_"]
        kept = {"documents": list(collection.find()), "indexes": indexes}
        self.data.collections[f"{collection.database.name}.{collection.name}"] = kept


_NAMES = {number: name for name, number in CODES.items()}


def _cursor(collection: Any, found: Iterable[Document]) -> Document:
    """All of them in one batch."""
    return {"cursor": {"id": Int64(0), "ns": collection.full_name, "firstBatch": list(found)}}


def _sort(command: Document) -> list[tuple[str, Any]] | None:
    return list(command["sort"].items()) if command.get("sort") else None


def _find(collection: Any, command: Document) -> Document:
    found = collection.find(
        command.get("filter", {}),
        command.get("projection") or None,
        skip=command.get("skip", 0),
        limit=abs(command.get("limit", 0)),
        sort=_sort(command),
    )
    return _cursor(collection, found)


def _aggregate(collection: Any, command: Document) -> Document:
    if any(stage.keys() & {"$out", "$merge"} for stage in command["pipeline"]):
        raise Refused("BadValue", "an aggregation writes nowhere here")
    return _cursor(collection, collection.aggregate(command["pipeline"]))


def _count(collection: Any, command: Document) -> Document:
    limit = {"limit": command["limit"]} if command.get("limit") else {}
    return {"n": collection.count_documents(command.get("query", {}), skip=command.get("skip", 0), **limit)}


def _distinct(collection: Any, command: Document) -> Document:
    return {"values": collection.distinct(command["key"], command.get("query", {}))}


def _insert(collection: Any, command: Document) -> Document:
    try:
        inserted = collection.insert_many(command["documents"], ordered=command.get("ordered", True)).inserted_ids
    except BulkWriteError as error:
        details: Any = error.details
        errors = [{name: each[name] for name in ("index", "code", "errmsg")} for each in details["writeErrors"]]
        return {"n": details["nInserted"], "writeErrors": errors}
    return {"n": len(inserted)}


def _each(command: Document, statements: str, change: Callable[[int, Document], None]) -> list[Document]:
    """Do every statement, until one fails where they are ordered; the errors."""
    errors = []
    for index, statement in enumerate(command[statements]):
        try:
            change(index, statement)
        except WriteError as error:
            errors.append({"index": index, "code": error.code or CODES["BadValue"], "errmsg": str(error)})
            if command.get("ordered", True):
                break
    return errors


def _update(collection: Any, command: Document) -> Document:
    answer: Document = {"n": 0, "nModified": 0}

    def change(index: int, statement: Document) -> None:
        given, upsert = statement["u"], statement.get("upsert", False)
        if not _is_replacement(given):
            method = collection.update_many if statement.get("multi") else collection.update_one
            done = method(statement["q"], given, upsert=upsert, array_filters=statement.get("arrayFilters"))
        else:
            done = collection.replace_one(statement["q"], given, upsert=upsert)
        answer["nModified"] += done.modified_count
        answer["n"] += done.matched_count
        if done.upserted_id is not None:
            answer["n"] += 1
            answer.setdefault("upserted", []).append({"index": index, "_id": done.upserted_id})

    errors = _each(command, "updates", change)
    return answer | ({"writeErrors": errors} if errors else {})


def _delete(collection: Any, command: Document) -> Document:
    answer: Document = {"n": 0}

    def change(_index: int, statement: Document) -> None:
        method = collection.delete_one if statement["limit"] else collection.delete_many
        answer["n"] += method(statement["q"]).deleted_count

    errors = _each(command, "deletes", change)
    return answer | ({"writeErrors": errors} if errors else {})


def _find_and_modify(collection: Any, command: Document) -> Document:
    query, sort, fields = command.get("query", {}), _sort(command), command.get("fields") or None
    before = collection.find_one(query, sort=sort)
    if command.get("remove"):
        value = collection.find_one_and_delete(query, fields, sort=sort)
        return {"value": value, "lastErrorObject": {"n": int(value is not None)}}
    change, upsert = command["update"], command.get("upsert", False)
    method = collection.find_one_and_replace if _is_replacement(change) else collection.find_one_and_update
    when = ReturnDocument.AFTER if command.get("new") else ReturnDocument.BEFORE
    value = method(query, change, fields, sort, upsert=upsert, return_document=when)
    done: Document = {"n": int(before is not None or upsert), "updatedExisting": before is not None}
    return {"value": value, "lastErrorObject": done}


def _is_replacement(change: Any) -> bool:
    return isinstance(change, dict) and not any(name.startswith("$") for name in change)


def _create(collection: Any, _command: Document) -> Document:
    collection.database.create_collection(collection.name)
    return {}


def _create_indexes(collection: Any, command: Document) -> Document:
    for index in command["indexes"]:
        _create_index(collection, index)
    return {}


def _create_index(collection: Any, index: Document) -> None:
    kept = {name: value for name, value in index.items() if name not in ("key", "v", "background")}
    collection.create_index(list(index["key"].items()), **kept)


Answer = Callable[[Any, Document], Document]

#: What may be asked of a collection: how it is answered, and what else such a command may hold.
READS: dict[str, tuple[Answer, set[str]]] = {
    "find": (_find, {"filter", "projection", "skip", "limit", "sort"}),
    "aggregate": (_aggregate, {"pipeline"}),
    "count": (_count, {"query", "skip", "limit"}),
    "distinct": (_distinct, {"key", "query"}),
}
CHANGES: dict[str, tuple[Answer, set[str]]] = {
    "insert": (_insert, {"documents", "ordered"}),
    "update": (_update, {"updates", "ordered"}),
    "delete": (_delete, {"deletes", "ordered"}),
    "findAndModify": (_find_and_modify, {"query", "sort", "fields", "update", "remove", "new", "upsert"}),
    "create": (_create, set()),
    "createIndexes": (_create_indexes, {"indexes"}),
}
