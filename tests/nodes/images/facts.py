"""What the facts of a service say, as its stand-in reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mgmtcluster import catalog
from mgmtcluster.catalog import Setting

FILE = Path(__file__).parents[4] / "shared" / "facts" / "services.json"

_PROBE = re.compile(r"(?:GET|httpGet) (?P<path>/\S+)")
_WELL = re.compile(r"(?P<status>\d{3})(?: \[\])? (?:when |means )?(?:DB )?ok", re.IGNORECASE)
_AWAY = re.compile(r"(?P<status>\d{3}) (?:when |means )?DB down")


def of(service: str, container: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of the container of a service.

    Args:
        service: name of its Service and of its workload.
        container: as it stands in the manifest.
    """
    entry = _entry(service)
    image = container["image"].rpartition("/")[2].partition(":")[0]
    own = container["name"] == service
    http = entry["http"]
    return {
        "name": container["name"],
        "ports": [int(port) for port in re.findall(r"\d+", str(entry["seed"]["port"]))] if own else [],
        "env": _env(service, entry, image),
        "probe": _probe(http["readiness"]) if own else None,
        "writes": _writes(entry) if own else [],
        "reloader": bool(http.get("debug")) and own,
        "queue": "127.0.0.1:6379" if own and "BEFORE binding" in str((entry.get("redis") or {}).get("absent")) else "",
    }


@cache
def _entries() -> list[dict[str, Any]]:
    return list(json.loads(FILE.read_text())["services"])


def _entry(service: str) -> dict[str, Any]:
    [found] = [each for each in _entries() if service in each["seed"]["name"].split()]
    return found


def _env(service: str, entry: dict[str, Any], image: str) -> dict[str, str]:
    """The variables that must be there; not those that only an operator can know, which the service then does without."""
    [described] = [each for each in catalog.ALL if each.name == service]
    left_to_operators = {name for name, value in described.env.items() if isinstance(value, Setting)}
    wanted = {}
    for variable in entry["env"]:
        name, _, container = variable["name"].partition(" [")
        asked = variable["required"] and variable["live_code_path"] and " / " not in name
        if asked and name not in left_to_operators and container in ("", f"{image}]"):
            wanted[name] = _kind(variable["should_be"])
    return wanted


def _kind(example: object) -> str:
    if not isinstance(example, str):
        return "JSON"
    kinds = {"mongodb://": "MongoDB URI", "http://": "URL", "ws://": "URL", "redis://": "URL", "{": "JSON"}
    return next((kind for start, kind in kinds.items() if example.startswith(start)), "text")


def _probe(readiness: str) -> dict[str, Any] | None:
    """The path, and its status with and without the database; no answer at all where the facts say that it hangs."""
    path = _PROBE.search(readiness)
    if not path:
        return None
    well, away = _WELL.search(readiness), _AWAY.search(readiness)
    return {
        "path": path["path"],
        "well": int(well["status"]) if well else 200,
        "away": int(away["status"]) if away else 200,
        "hangs": "hangs when DB is down" in readiness,
    }


def _writes(entry: dict[str, Any]) -> list[str]:
    """The directories that it writes to: only absolute ones, which the manifest has to provide."""
    said = " ".join(entry["filesystem"]["writes"])
    found = {*re.findall(r"(?<![\w.])/(?:tmp|logs|dev/shm)\b", said)}
    version = re.search(r"python:(?P<version>\d+\.\d+)", str(entry["image"]["base"]))
    if "site-packages" in said and version:
        found |= {"/pydeps", f"/pydeps/lib/python{version['version']}/site-packages"}
    return sorted(found)
