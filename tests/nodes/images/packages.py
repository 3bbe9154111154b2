"""Packages of this Python's environment, for images that have a Python of their own."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import distribution


def copies_of(*distributions: str, to: str) -> Iterator[str]:
    """What to copy for these to be installed there, with their metadata and what is compiled of them."""
    for name in distributions:
        found = distribution(name)
        folders = {file.parts[0] for file in found.files or () if file.parts[0] != ".."}
        yield from (f"{found.locate_file(folder)}:{to}/{folder}" for folder in sorted(folders))
