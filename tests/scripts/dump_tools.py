"""Stand-ins for mongodump, mongorestore, mongod and rclone: they check what they are told as the real ones do, and keep files.

Run by the little programs that ``install`` writes, with the standard library alone, which starts fast. No mongod and none of
MongoDB's tools takes part.
"""

from __future__ import annotations

import configparser
import gzip
import json
import os
import re
import shutil
import socket
import struct
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qsl

#: Long options of MongoDB's tools 100, by tool; a value follows "=" where one is taken.
COMMON = {"config", "host", "port", "uri", "username", "password", "quiet", "verbose", "db", "collection", "gzip", "archive"}
FLAGS = {
    "mongodump": COMMON | {"oplog", "out", "readPreference", "numParallelCollections"},
    "mongorestore": COMMON | {"drop", "oplogReplay", "nsInclude", "nsExclude", "stopOnError", "numParallelCollections"},
}

#: What mongod takes, of what a drill needs.
MONGOD = {"--dbpath", "--bind_ip", "--port", "--logpath", "--wiredTigerCacheSizeGB"}


def install(folder: Path, programs: Sequence[str]) -> None:
    """Write programs of these names."""
    folder.mkdir(exist_ok=True)
    for name in programs:
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {__file__} {name} "$@"\n')
        program.chmod(0o755)


def note(*what: object) -> None:
    """Remember what was done, for the test to read."""
    with Path(os.environ["JOURNAL"]).open("a") as journal:
        journal.write(json.dumps(what) + "\n")


def say(line: str) -> None:
    """Write to the log as MongoDB's tools do."""
    print(f"2026-11-23T01:30:00.000+0000\t{line}", file=sys.stderr)


def fail(reason: str) -> NoReturn:
    """End as MongoDB's tools do."""
    say(f"Failed: {reason}")
    raise SystemExit(1)


def fails(program: str) -> bool:
    """Whether the test lets this program fail."""
    return program in os.environ.get("FAILS", "").split(",")


def options_of(tool: str, arguments: Sequence[str]) -> dict[str, str]:
    """The options, or the tool's own complaint about them."""
    options = {}
    for argument in arguments:
        name, _, value = argument.removeprefix("--").partition("=")
        if not argument.startswith("--") or name not in FLAGS[tool]:
            say(f'error parsing command line options: unknown option "{name}"')
            raise SystemExit(1)
        options[name] = value
    if options.keys() & {"nsInclude", "nsExclude", "db"} and "oplogReplay" in options:
        fail("cannot use --oplogReplay with includes specified")
    return options


def login(options: dict[str, str]) -> dict[str, object]:
    """Where to connect, and as whom: a file of two keys, whose URI leaves the password to the other one."""
    if "config" not in options:
        return {"hosts": [f"{options['host']}:{options['port']}"], "user": None, "password": None, "options": {}}
    file = Path(options["config"])
    assert file.stat().st_mode & 0o077 == 0, "others may read the password"
    config = re.fullmatch(r"uri: '(.*)'\npassword: '(.*)'\n", file.read_text())
    uri = config and re.fullmatch(r"mongodb://([^:@/]+)@([^@/]+)/\?(.*)", config[1])
    if not config or not uri:
        fail("error parsing config file")
    password = config[2].replace("''", "'")
    return {"hosts": uri[2].split(","), "user": uri[1], "password": password, "options": dict(parse_qsl(uri[3]))}


def mongodump(arguments: Sequence[str]) -> None:
    """Write what DATA says there is."""
    options = options_of("mongodump", arguments)
    note("mongodump", sorted(options), login(options))
    data = json.loads(os.environ["DATA"])
    archive = Path(options["archive"])
    content = gzip.compress(json.dumps(data).encode())
    if fails("mongodump"):
        archive.write_bytes(content[: len(content) // 2])
        fail("error writing data for collection `shop.orders` to disk: connection(db-1:27017) socket was unexpectedly closed")
    archive.write_bytes(content)
    for name, count in {"admin.system.version": 1, **data}.items():
        say(f"writing `{name}` to `archive '{archive}'`")
        if not fails("counts"):
            say(f"done dumping `{name}` ({count} {'document' if count == 1 else 'documents'})")
    say("writing captured oplog to ``")
    say("\tdumped 4 oplog entries")


def mongorestore(arguments: Sequence[str]) -> None:
    """Restore an archive, less what LOSES says."""
    options = options_of("mongorestore", arguments)
    to = login(options)
    note("mongorestore", sorted(options), to)
    if "host" in options:
        socket.create_connection((options["host"], int(options["port"])), timeout=60).close()
    if fails("mongorestore"):
        fail("archive demultiplexer: unexpected EOF")
    data = json.loads(gzip.decompress(Path(options["archive"]).read_bytes()))
    lost = json.loads(os.environ.get("LOSES", "{}"))
    for name, count in data.items():
        plain = name.replace(".system.buckets.", ".")
        missing = lost.get(name, 0)
        if missing != "all":
            say(f"finished restoring `{plain}` ({count - missing} documents, {missing} failures)")
    say("replaying oplog")
    say("applied 4 oplog entries")
    say("12 document(s) restored successfully. 0 document(s) failed to restore.")


def mongod(arguments: Sequence[str]) -> None:
    """Answer hello as a mongod without a replica set does, on 127.0.0.1 alone."""
    values = dict(pairwise(arguments))
    assert values["--bind_ip"] == "127.0.0.1"
    assert "--nounixsocket" in arguments
    assert {each for each in arguments if each.startswith("--")} == MONGOD | {"--nounixsocket"}, "unknown option"
    note("mongod", sorted(values))
    if fails("mongod"):
        Path(values["--logpath"]).write_text("starting\nNo space left on device\n")
        raise SystemExit(100)
    assert Path(values["--dbpath"]).is_dir()
    # { isWritablePrimary: …, ok: 1.0 }, as OP_MSG.
    fields = b"\x08isWritablePrimary\0" + bytes([not fails("start")]) + b"\x01ok\0" + struct.pack("<d", 1.0) + b"\0"
    document = struct.pack("<i", 4 + len(fields)) + fields
    answer = struct.pack("<iiiiiB", 21 + len(document), 1, 1, 2013, 0, 0) + document
    with socket.create_server(("127.0.0.1", int(values["--port"]))) as listener:
        while True:
            connection, _ = listener.accept()
            if connection.recv(4096):
                connection.sendall(answer)
            connection.close()


def rclone(arguments: Sequence[str]) -> None:
    """A bucket in the folder BUCKETS."""
    flags = {"--ca-cert", "--config", "--cache-dir", "--log-level", "--contimeout"}
    given, rest = {}, list(arguments)
    while rest[0].startswith("--"):
        given[rest[0]] = rest[1]
        rest = rest[2:]
    assert given.keys() <= flags, given
    config = configparser.ConfigParser()
    config.read(given["--config"])
    bucket = config["bucket"]
    assert (bucket["type"], bucket["provider"], bucket["no_check_bucket"]) == ("s3", "Other", "true")
    note("rclone", *rest)
    if fails(rest[0]):
        print("ERROR : Failed: Forbidden", file=sys.stderr)
        raise SystemExit(1)
    places = [path_of(each) for each in rest[1:] if not each.startswith("--")]
    if rest[0] == "copyto":
        places[1].parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(*places)
    elif rest[0] == "deletefile":
        places[0].unlink()
    elif not places[0].is_dir():
        print("ERROR : directory not found", file=sys.stderr)
        raise SystemExit(3)
    else:
        print("\n".join(sorted(each.name for each in places[0].iterdir())))


def path_of(place: str) -> Path:
    """A file, or what stands for an object."""
    return Path(os.environ["BUCKETS"], place.removeprefix("bucket:")) if place.startswith("bucket:") else Path(place)


def stay(looks: Path) -> None:
    """Until whoever looks at all processes has begun to look twice: the first of these looks is over, and saw this one."""
    before = looks.stat().st_size
    while looks.stat().st_size < before + 2:
        time.sleep(0.02)


if __name__ == "__main__":
    if "LOOKS" in os.environ:
        stay(Path(os.environ["LOOKS"]))
    {"mongodump": mongodump, "mongorestore": mongorestore, "mongod": mongod, "rclone": rclone}[sys.argv[1]](sys.argv[2:])
