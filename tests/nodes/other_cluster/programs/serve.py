"""A service of the shop: tells its version, and whether the database was migrated to it; on a second port, a metric."""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pymongo

VERSION = os.environ["VERSION"]
_SCHEMAS = pymongo.MongoClient[dict[str, str]](os.environ["MONGO_URL"])["shop"]["schemas"]


class _Said(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        text = self.text().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def text(self) -> str:
        return "shop_up 1\n"


class _Page(_Said):
    def text(self) -> str:
        return json.dumps({"version": VERSION, "migrated": _SCHEMAS.find_one({"_id": VERSION}) is not None})


if __name__ == "__main__":
    Thread(target=ThreadingHTTPServer(("", 9100), _Said).serve_forever).start()
    ThreadingHTTPServer(("", 8000), _Page).serve_forever()
