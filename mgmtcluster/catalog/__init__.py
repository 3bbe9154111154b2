"""What the platform consists of: every service once, and where it answers."""

from typing import Final

from mgmtcluster.addresses import Endpoint
from mgmtcluster.catalog import endpoints
from mgmtcluster.catalog.core import SERVICES
from mgmtcluster.catalog.databases import METRICS_DB, REGISTRY, REPLICA_SETS, ReplicaSet
from mgmtcluster.catalog.metrics import METRICS, METRICS_LISTS, METRICS_REDIS_ABOUT
from mgmtcluster.catalog.registries import REGISTRIES
from mgmtcluster.catalog.service import Database, ImageName, JsonMap, Service, Setting, Value
from mgmtcluster.catalog.utilities import UTILITIES

__all__ = [
    "ALL",
    "ENDPOINTS",
    "METRICS",
    "METRICS_DB",
    "METRICS_LISTS",
    "METRICS_REDIS_ABOUT",
    "REGISTRIES",
    "REGISTRY",
    "REPLICA_SETS",
    "SERVICES",
    "UTILITIES",
    "Database",
    "ImageName",
    "JsonMap",
    "ReplicaSet",
    "Service",
    "Setting",
    "Value",
    "endpoints",
]

#: Every service of the platform's own, in install order.
ALL: Final = (*REGISTRIES, *UTILITIES, *METRICS, *SERVICES)

#: Every row of the seed's table.
ENDPOINTS: Final = tuple(value for value in vars(endpoints).values() if isinstance(value, Endpoint))
