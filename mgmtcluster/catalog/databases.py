"""The databases of the platform."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class PlatformDatabase:
    """A database that the platform installs, for all services of its namespace that use one.

    Attributes:
        name: the seed's: the members of a replica set are ``registry-0`` and ``metrics-db-0``.
        namespace: its namespace.
        setting: the field of the settings that is about it.
        alias_namespace: another namespace in which its members have a name. Default: none.
    """

    name: str
    namespace: str
    setting: str
    alias_namespace: str | None = None


# The seed writes a member's host as ``registry-0.registry.svc…``, as if it were in a namespace ``registry``.
REGISTRY: Final = PlatformDatabase("registry", "registries", "registry_database", alias_namespace="registry")
METRICS_DB: Final = PlatformDatabase("metrics-db", "metrics-system", "metrics_database")

DATABASES: Final = (REGISTRY, METRICS_DB)
