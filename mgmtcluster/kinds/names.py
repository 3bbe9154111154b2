"""Names of objects, keys, variables, databases and directories, with the checks that refuse anything else.

A check raises ``ValueError`` that says what was passed, what is allowed and what to write. Its caller adds where.
"""

import re
from typing import Annotated

from pydantic import AfterValidator

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DATABASE_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}")


def too_long(name: str, most: int, made_from_it: str) -> list[str]:
    """The words for a name with which the names that are made from it are too long; none where it fits."""
    return [f"{name!r} is too long for {made_from_it}; write at most {most} characters"] if len(name) > most else []


def dns_label(text: str) -> str:
    """A DNS-1123 label: the name of a Service, a namespace, a workload."""
    if not _DNS_LABEL.fullmatch(text):
        raise ValueError(f"{text!r} is not a DNS label; write at most 63 of a-z, 0-9 and -, without - at either end")
    return text


def service_name(text: str) -> str:
    """A DNS-1035 label, which is what a Service's name must be: like a DNS label, but it begins with a letter."""
    if not _DNS_LABEL.fullmatch(text) or not text[0].isalpha():
        raise ValueError(f"{text!r} is not a Service name; write at most 63 of a-z, 0-9 and -, a letter first")
    return text


def dns_subdomain(text: str) -> str:
    """A DNS-1123 subdomain: the name of a Secret, a StorageClass."""
    if not is_dns_subdomain(text):
        raise ValueError(f"{text!r} is not an object name; write at most 253 of a-z, 0-9, - and ., with a-z or 0-9 at both ends")
    return text


def secret_key(text: str) -> str:
    """A key of a Secret or ConfigMap."""
    if not re.fullmatch(r"[-._A-Za-z0-9]{1,253}", text):
        raise ValueError(f"{text!r} is not a key of a Secret; write letters, digits, -, _ or .")
    return text


def env_name(text: str) -> str:
    """The name of an environment variable, as a shell and every Kubernetes version accept it."""
    if not _ENV_NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not a variable name; write letters, digits and _, no digit first")
    return text


def list_name(text: str) -> str:
    """The name of a Redis list, as an access rule may hold it."""
    if not re.fullmatch(r"[A-Za-z0-9_:.-]{1,128}", text):
        raise ValueError(f"{text!r} is not a list name; write letters, digits, _, :, . and -")
    return text


def database_name(text: str) -> str:
    """The name of a MongoDB database that needs no escaping in a connection string."""
    if not _DATABASE_NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not a database name; write at most 63 letters, digits, - and _")
    return text


def mongo_version(text: str) -> str:
    """A feature compatibility version of MongoDB."""
    if not re.fullmatch(r"[0-9]{1,2}\.[0-9]", text):
        raise ValueError(f"{text!r} is not a feature compatibility version; write MAJOR.MINOR, as in '8.0'")
    return text


def node_label(text: str) -> str:
    """A label as ``kubectl label node`` takes it: ``key=value``, the key with an optional DNS prefix."""
    key, separator, value = text.partition("=")
    if not separator or not _is_label_key(key) or not _is_label_value(value):
        raise ValueError(f"{text!r} is not a label; write KEY=VALUE, as in registry=yes")
    return text


def label_key(text: str) -> str:
    """The key of a label or an annotation: a name with an optional DNS prefix."""
    if not _is_label_key(text):
        raise ValueError(f"{text!r} is not the key of a label; write [PREFIX/]NAME of letters, digits, -, _ and .")
    return text


def label_value(text: str) -> str:
    """The value of a label."""
    if not _is_label_value(text):
        raise ValueError(f"{text!r} is not the value of a label; write at most 63 letters, digits, -, _ and .")
    return text


def _is_label_key(text: str) -> bool:
    prefix, slash, name = text.rpartition("/")
    return bool(_LABEL_NAME.fullmatch(name)) and (not slash or is_dns_subdomain(prefix))


def _is_label_value(text: str) -> bool:
    return text == "" or bool(_LABEL_NAME.fullmatch(text))


def is_dns_subdomain(text: str) -> bool:
    """Whether this is a DNS-1123 subdomain."""
    return len(text) <= 253 and all(_DNS_LABEL.fullmatch(part) for part in text.split("."))


def absolute_path(text: str) -> str:
    """A directory of a container or a node: an absolute path other than ``/``."""
    if not re.fullmatch(r"(/[A-Za-z0-9._-]+)+", text) or "/../" in f"{text}/":
        raise ValueError(f"{text!r} is not an absolute directory; write one as in /tmp/cache")
    return text


Name = Annotated[str, AfterValidator(dns_label)]
ServiceName = Annotated[str, AfterValidator(service_name)]
ObjectName = Annotated[str, AfterValidator(dns_subdomain)]
SecretKeyName = Annotated[str, AfterValidator(secret_key)]
EnvName = Annotated[str, AfterValidator(env_name)]
DatabaseName = Annotated[str, AfterValidator(database_name)]
MongoVersion = Annotated[str, AfterValidator(mongo_version)]
ListName = Annotated[str, AfterValidator(list_name)]
LabelKey = Annotated[str, AfterValidator(label_key)]
LabelValue = Annotated[str, AfterValidator(label_value)]
NodeLabel = Annotated[str, AfterValidator(node_label)]
Directory = Annotated[str, AfterValidator(absolute_path)]
