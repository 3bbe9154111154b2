"""mongod's command line, as far as the stand-in knows it, and the keyfile."""

from __future__ import annotations

import argparse
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_KEY = re.compile(r"[A-Za-z0-9+/=]{6,1024}")
_LEAST_CACHE_GIB, _MOST_CACHE_GIB = 0.25, 10000.0


class UnfitKeyfile(Exception):
    """The keyfile cannot be used; says why, and never what it holds."""


@dataclass(frozen=True)
class Options:
    """What a member is started with."""

    address: str
    port: int
    folder: Path
    replica_set: str
    keys: tuple[str, ...]


def options_from(arguments: Sequence[str]) -> Options:
    """Read a command line.

    Raises:
        SystemExit: a flag or parameter is unknown, missing or unfit.
        UnfitKeyfile: mongod would not accept the keyfile.
    """
    parser = argparse.ArgumentParser(prog="mongod", allow_abbrev=False, add_help=False)
    parser.add_argument("--bind_ip_all", action="store_true")
    parser.add_argument("--port", type=_port, default=27017)
    parser.add_argument("--dbpath", type=Path, default=Path("/data/db"))
    parser.add_argument("--replSet", required=True)
    parser.add_argument("--auth", action="store_true", required=True)
    parser.add_argument("--keyFile", type=Path, required=True)
    parser.add_argument("--wiredTigerCacheSizeGB", type=_cache_gib)
    parser.add_argument("--setParameter", type=_parameter, action="append")
    given = parser.parse_args(arguments)
    address = "0.0.0.0" if given.bind_ip_all else "127.0.0.1"
    return Options(address, given.port, given.dbpath, given.replSet, keys_in(given.keyFile))


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text} is no port: write 1 to 65535")
    return int(text)


def _cache_gib(text: str) -> float:
    try:
        size = float(text)
    except ValueError:
        size = 0
    if not _LEAST_CACHE_GIB <= size <= _MOST_CACHE_GIB:
        raise argparse.ArgumentTypeError(f"{text} is no size of a cache: write {_LEAST_CACHE_GIB} to {_MOST_CACHE_GIB:g}")
    return size


def _parameter(text: str) -> str:
    name, _, value = text.partition("=")
    if name != "watchdogPeriodSeconds":
        raise argparse.ArgumentTypeError(f"unknown parameter {name}")
    if value != "-1" and not (value.isdecimal() and int(value) >= 60):
        raise argparse.ArgumentTypeError(f"{text}: write at least 60, or -1")
    return text


def keys_in(file: Path) -> tuple[str, ...]:
    """The keys of a keyfile: one, or a YAML list of two while they are rotated.

    Raises:
        UnfitKeyfile: it cannot be read, too many may read it, or it holds no key.
    """
    try:
        status, text = file.stat(), file.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise UnfitKeyfile(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None
    # A group may read what belongs to root: so Kubernetes mounts a Secret.
    others = stat.S_IRWXO | (stat.S_IWGRP | stat.S_IXGRP if status.st_uid == 0 else stat.S_IRWXG)
    if status.st_mode & others:
        raise UnfitKeyfile(f"permissions on {file} are too open: {stat.filemode(status.st_mode)}")
    # No character of base64 can be mistaken for YAML's.
    keys = tuple(key for key in re.split(r"[-,\[\]]", re.sub(r"[\s\"']", "", text)) if key)
    if not 1 <= len(keys) <= 2 or not all(_KEY.fullmatch(key) for key in keys):
        raise UnfitKeyfile(f"{file} holds no key: write 6 to 1024 characters of base64, or a YAML list of two such keys")
    return keys
