"""The kinds of text and number that settings and constructs accept, each with the check that refuses anything else.

A check raises ``ValueError`` with what was given, what is allowed and what to write; whoever calls it adds where.
"""

import re
from ipaddress import ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DATABASE_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}")
_QUANTITY = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_IMAGE_PATH = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*")
_IMAGE_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_IMAGE_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REGISTRY_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")
_FACTORS = {"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18} | {
    f"{prefix}i": 1024**power for power, prefix in enumerate("KMGTPE", start=1)
}


def dns_label(text: str) -> str:
    """A DNS-1123 label: the name of a Service, a namespace, a workload."""
    if not _DNS_LABEL.fullmatch(text):
        raise ValueError(f"{text!r} is no DNS label; write at most 63 of a-z, 0-9 and -, not - at an end")
    return text


def service_name(text: str) -> str:
    """A DNS-1035 label, which is what a Service's name must be: like a DNS label, but it begins with a letter."""
    if not _DNS_LABEL.fullmatch(text) or not text[0].isalpha():
        raise ValueError(f"{text!r} is no name of a Service; write at most 63 of a-z, 0-9 and -, a letter first")
    return text


def dns_subdomain(text: str) -> str:
    """A DNS-1123 subdomain: the name of a Secret, a StorageClass."""
    if len(text) > 253 or not all(_DNS_LABEL.fullmatch(part) for part in text.split(".")):
        raise ValueError(f"{text!r} is no object name; write at most 253 of a-z, 0-9, - and ., begun and ended by a-z or 0-9")
    return text


def secret_key(text: str) -> str:
    """A key of a Secret or ConfigMap."""
    if not re.fullmatch(r"[-._A-Za-z0-9]{1,253}", text):
        raise ValueError(f"{text!r} is no key of a Secret; write letters, digits, -, _ or .")
    return text


def env_name(text: str) -> str:
    """The name of an environment variable, as a shell and every Kubernetes version accept it."""
    if not _ENV_NAME.fullmatch(text):
        raise ValueError(f"{text!r} is no name of an environment variable; write letters, digits and _, no digit first")
    return text


def list_name(text: str) -> str:
    """The name of a list in Redis, which stands in an access rule."""
    if not re.fullmatch(r"[A-Za-z0-9_:.-]{1,128}", text):
        raise ValueError(f"{text!r} is no name of a list; write letters, digits, _, :, . and -")
    return text


def database_name(text: str) -> str:
    """The name of a MongoDB database that needs no escaping in a connection string."""
    if not _DATABASE_NAME.fullmatch(text):
        raise ValueError(f"{text!r} is no name of a database; write at most 63 letters, digits, - and _")
    return text


def mongo_version(text: str) -> str:
    """A feature compatibility version of MongoDB."""
    if not re.fullmatch(r"[0-9]{1,2}\.[0-9]", text):
        raise ValueError(f"{text!r} is no feature compatibility version; write MAJOR.MINOR, as in '8.0'")
    return text


def node_label(text: str) -> str:
    """A label as ``kubectl label node`` takes it: ``key=value``, the key with an optional DNS prefix."""
    key, separator, value = text.partition("=")
    prefix, slash, name = key.rpartition("/")
    well_formed = _LABEL_NAME.fullmatch(name) and (value == "" or _LABEL_NAME.fullmatch(value))
    if not separator or not well_formed or (slash and not _is_subdomain(prefix)):
        raise ValueError(f"{text!r} is no label; write KEY=VALUE, as in registry=yes")
    return text


def _is_subdomain(text: str) -> bool:
    return len(text) <= 253 and all(_DNS_LABEL.fullmatch(part) for part in text.split("."))


def quantity_value(text: str) -> float:
    """The number that a Kubernetes quantity stands for: bytes, or CPUs.

    Raises:
        ValueError: the text is no quantity.
    """
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no quantity; write a number and a unit, as in 10Gi, 512Mi or 250m")
    return float(match[1]) * float(_FACTORS[match[2] or ""])


def quantity(text: str) -> str:
    """A Kubernetes quantity above zero."""
    if quantity_value(text) <= 0:
        raise ValueError(f"{text!r} is nothing; write a quantity above zero")
    return text


def memory(text: str) -> str:
    """An amount of memory or of storage for a container: at least 1Mi, which tells 128Mi from a mistaken 128m."""
    return _at_least(text, 1024**2, "1Mi")


def storage(text: str) -> str:
    """A size of a volume: at least 1Gi, less than mongod's journal and a data file need."""
    return _at_least(text, 1024**3, "1Gi")


def _at_least(text: str, amount: int, named: str) -> str:
    if quantity_value(text) < amount:
        raise ValueError(f"{text!r} is smaller than {named}; write {named} or more")
    if quantity_value(text) > 2**60:
        raise ValueError(f"{text!r} is more than any machine has; write 1Ei or less")
    return text


def image(text: str) -> str:
    """A container image that says which one: with a tag other than ``latest``, or with a digest."""
    name, _, digest = text.partition("@")
    path, tag = image_parts(name)
    host, slash, rest = path.partition("/")
    has_host = bool(slash) and ("." in host or ":" in host or host == "localhost")
    if not _IMAGE_PATH.fullmatch(rest if has_host else path) or (has_host and not _REGISTRY_HOST.fullmatch(host)):
        raise ValueError(f"{text!r} is no image; write [REGISTRY/]NAME:TAG")
    if "@" in text and not _IMAGE_DIGEST.fullmatch(digest):
        raise ValueError(f"{text!r} has no valid digest; write NAME@sha256: and 64 hexadecimal digits")
    if not tag and not digest:
        raise ValueError(f"{text!r} has no tag; write NAME:TAG or NAME@sha256:DIGEST")
    if tag == "latest" and not digest:
        raise ValueError(f"{text!r} means another image tomorrow; write a tag other than latest, or a digest")
    if tag:
        image_tag(tag)
    return text


def image_parts(name: str) -> tuple[str, str]:
    """An image without digest as its repository and its tag, which may be empty."""
    repository, colon, tag = name.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (name, "")


def image_tag(text: str) -> str:
    """The tag of an image, other than ``latest``."""
    if not _IMAGE_TAG.fullmatch(text):
        raise ValueError(f"{text!r} is no tag; write at most 128 letters, digits, _, . and -")
    if text == "latest":
        raise ValueError("'latest' means another image tomorrow; write a version")
    return text


def image_registry(text: str) -> str:
    """What stands before an image's name: a registry's host and an optional path, without a scheme or a trailing slash."""
    host, _, path = text.partition("/")
    if not _REGISTRY_HOST.fullmatch(host) or ((path or "/" in text) and not _IMAGE_PATH.fullmatch(path)):
        raise ValueError(f"{text!r} is no image registry; write HOST[:PORT][/PATH], as in docker.io/aiosv1")
    return text


def host_address(text: str) -> str:
    """A host name or an IP address, without a scheme and without a port."""
    try:
        ip_address(text)
    except ValueError:
        if not _is_subdomain(text.lower()):
            raise ValueError(f"{text!r} is no address; write a host name or an IP address, without scheme and port") from None
    return text


def host_and_port(text: str) -> str:
    """A host name or IPv4 address with a port."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not port.isascii() or not 1 <= int(port) <= 65535 or not _is_subdomain(host.lower()):
        raise ValueError(f"{text!r} is no address with a port; write HOST:PORT")
    return text


def cidr(text: str) -> str:
    """A range of IP addresses, as NetworkPolicy takes it."""
    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError(f"{text!r} is no range of addresses; write it as in 10.244.0.0/16") from None


def http_url(text: str) -> str:
    """An http or https URL with a host."""
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.username
    except ValueError:
        valid = False
    if not valid or not re.fullmatch(r"[!-~]+", text):
        raise ValueError(f"{text!r} is no URL; write http://HOST[:PORT][/PATH], without a user or password")
    return text


def absolute_path(text: str) -> str:
    """A directory of a container, absolute and not the root."""
    if not re.fullmatch(r"(/[A-Za-z0-9._-]+)+", text) or "/../" in f"{text}/":
        raise ValueError(f"{text!r} is no absolute directory; write it as in /tmp")
    return text


Port = Annotated[int, Field(ge=1, le=65535)]
NodePort = Annotated[int, Field(ge=30000, le=32767)]
Replicas = Annotated[int, Field(ge=1, le=100)]
UserId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Name = Annotated[str, AfterValidator(dns_label)]
ServiceName = Annotated[str, AfterValidator(service_name)]
ObjectName = Annotated[str, AfterValidator(dns_subdomain)]
SecretKeyName = Annotated[str, AfterValidator(secret_key)]
EnvName = Annotated[str, AfterValidator(env_name)]
DatabaseName = Annotated[str, AfterValidator(database_name)]
MongoVersion = Annotated[str, AfterValidator(mongo_version)]
ListName = Annotated[str, AfterValidator(list_name)]
NodeLabel = Annotated[str, AfterValidator(node_label)]
Quantity = Annotated[str, AfterValidator(quantity)]
Memory = Annotated[str, AfterValidator(memory)]
Storage = Annotated[str, AfterValidator(storage)]
Image = Annotated[str, AfterValidator(image)]
ImageTag = Annotated[str, AfterValidator(image_tag)]
ImageRegistry = Annotated[str, AfterValidator(image_registry)]
HostAddress = Annotated[str, AfterValidator(host_address)]
HostAndPort = Annotated[str, AfterValidator(host_and_port)]
Cidr = Annotated[str, AfterValidator(cidr)]
HttpUrl = Annotated[str, AfterValidator(http_url)]
Directory = Annotated[str, AfterValidator(absolute_path)]
