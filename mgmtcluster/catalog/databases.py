"""The two replicated databases."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class ReplicaSet:
    """One of them.

    Attributes:
        name: the seed's: its members are ``registry-0`` and ``metrics-db-0``.
        namespace: where it is, and all services that use it.
        setting: the field of the settings that is about it.
    """

    name: str
    namespace: str
    setting: str


REGISTRY: Final = ReplicaSet("registry", "registries", "registry_database")
METRICS_DB: Final = ReplicaSet("metrics-db", "metrics-system", "metrics_database")

REPLICA_SETS: Final = (REGISTRY, METRICS_DB)
