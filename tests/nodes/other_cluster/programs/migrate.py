"""The migration of the shop: writes down the version that the database is of."""

from __future__ import annotations

import os

import pymongo

if __name__ == "__main__":
    version = {"_id": os.environ["VERSION"]}
    pymongo.MongoClient[dict[str, str]](os.environ["MONGO_URL"])["shop"]["schemas"].replace_one(version, version, upsert=True)
