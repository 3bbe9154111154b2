"""The phases of the installation, in install order: the table of contents of ``dist/``.

A phase is a chart and a file. kubectl follows the number of its id, Argo CD its wave. A number never changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from mgmtcluster import catalog

#: The label ``app.kubernetes.io/part-of`` of every object of the platform.
PART_OF: Final = "mgmtcluster"


class Wave(IntEnum):
    """Argo CD's order, coarser than the files': it waits until a wave is healthy, and no service needs another to start."""

    PLATFORM = 0
    DATABASES = 10
    SERVICES = 20
    CLAIMS = 30


@dataclass(frozen=True)
class Phase:
    """One phase of the installation.

    Attributes:
        id: its number and name, which are those of its file.
        wave: when Argo CD applies it.
        database: the database that it installs.
        services: the services that it installs.
        queue: the Redis that it installs.
    """

    id: str
    wave: Wave
    database: catalog.PlatformDatabase | None = None
    services: Sequence[catalog.Service] = ()
    queue: catalog.Queue | None = None


PLATFORM: Final = Phase("00-platform", Wave.PLATFORM)  # namespaces, default-deny policies, storage
REGISTRY_DATABASE: Final = Phase("10-registry-database", Wave.DATABASES, database=catalog.REGISTRY)
REGISTRIES: Final = Phase("20-registries", Wave.SERVICES, services=catalog.REGISTRIES)
UTILITIES: Final = Phase("30-utils", Wave.SERVICES, services=catalog.UTILITIES)
METRICS_DATABASE: Final = Phase("40-metrics-database", Wave.DATABASES, database=catalog.METRICS_DB)
METRICS: Final = Phase("50-metrics", Wave.SERVICES, services=catalog.METRICS, queue=catalog.METRICS_QUEUE)
SERVICES: Final = Phase("60-services", Wave.SERVICES, services=catalog.SERVICES)

PHASES: Final = (PLATFORM, REGISTRY_DATABASE, REGISTRIES, UTILITIES, METRICS_DATABASE, METRICS, SERVICES)
