"""Settings as they were read: any value may be of any type, which the models tell."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from mgmtcluster.kinds import cluster

Raw = Mapping[str, Any]


def mapping(raw: Any, *path: Any) -> Mapping[Any, Any]:
    """The mapping at this path; an empty one where there is none."""
    for part in path:
        raw = raw.get(part) if isinstance(raw, Mapping) else None
    return raw if isinstance(raw, Mapping) else {}


def items(value: Any) -> list[Any]:
    """The items of a list; none of anything else."""
    return value if isinstance(value, list) else []


def host(url: object) -> str | None:
    """The host of a URL; None where it has none, or is no URL."""
    try:
        return urlsplit(url).hostname if isinstance(url, str) and url.isascii() else None
    except ValueError:  # half an address in brackets
        return None


def foreign_family(address: object, families: Sequence[str]) -> str | None:
    """The words for an address, or a range, of a family that the cluster does not have."""
    try:
        return cluster.foreign_family(str(address), families)
    except ValueError:  # it is no address
        return None
