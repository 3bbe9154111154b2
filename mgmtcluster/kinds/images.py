"""Container images, with the checks that refuse anything else.

A check raises ``ValueError`` that says what was passed, what is allowed and what to write. Its caller adds where.
"""

import re
from typing import Annotated

from pydantic import AfterValidator

_IMAGE_PATH = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*")
_IMAGE_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_IMAGE_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REGISTRY_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")


def image(text: str) -> str:
    """A container image with a tag other than ``latest``, or with a digest."""
    name, _, digest = text.partition("@")
    path, tag = image_parts(name)
    host, slash, rest = path.partition("/")
    has_host = bool(slash) and ("." in host or ":" in host or host == "localhost")
    if not _IMAGE_PATH.fullmatch(rest if has_host else path) or (has_host and not _REGISTRY_HOST.fullmatch(host)):
        raise ValueError(f"{text!r} is not an image; write [REGISTRY/]NAME:TAG")
    if "@" in text and not _IMAGE_DIGEST.fullmatch(digest):
        raise ValueError(f"{text!r} has no valid digest; write NAME@sha256: and 64 hexadecimal digits")
    if not tag and not digest:
        raise ValueError(f"{text!r} has no tag; write NAME:TAG or NAME@sha256:DIGEST")
    if tag == "latest" and not digest:
        raise ValueError(f"{text!r} has a tag that moves; write a tag other than latest, or a digest")
    if tag:
        image_tag(tag)
    return text


def image_parts(name: str) -> tuple[str, str]:
    """The repository and the tag, which may be empty, of an image without a digest."""
    repository, colon, tag = name.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (name, "")


def image_tag(text: str) -> str:
    """The tag of an image, other than ``latest``."""
    if not _IMAGE_TAG.fullmatch(text):
        raise ValueError(f"{text!r} is not a tag; write at most 128 letters, digits, _, . and -")
    if text == "latest":
        raise ValueError("'latest' is a tag that moves; write a version")
    return text


def image_registry(text: str) -> str:
    """What comes before an image's name: a registry's host and an optional path, without a scheme or a trailing slash."""
    host, _, path = text.partition("/")
    if not _REGISTRY_HOST.fullmatch(host) or ((path or "/" in text) and not _IMAGE_PATH.fullmatch(path)):
        raise ValueError(f"{text!r} is not an image registry; write HOST[:PORT][/PATH], as in docker.io/aiosv1")
    return text


Image = Annotated[str, AfterValidator(image)]
ImageTag = Annotated[str, AfterValidator(image_tag)]
ImageRegistry = Annotated[str, AfterValidator(image_registry)]
