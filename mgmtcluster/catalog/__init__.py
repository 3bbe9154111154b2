"""What the platform consists of: every service once, and where it answers."""

from typing import Final

from mgmtcluster.addresses import Endpoint
from mgmtcluster.catalog import endpoints
from mgmtcluster.catalog.core import SERVICES
from mgmtcluster.catalog.databases import DATABASES, METRICS_DB, REGISTRY, PlatformDatabase
from mgmtcluster.catalog.metrics import METRICS, METRICS_QUEUE
from mgmtcluster.catalog.registries import REGISTRIES
from mgmtcluster.catalog.service import Database, ImageName, JsonMap, Queue, Service, Setting, Value
from mgmtcluster.catalog.utilities import UTILITIES

__all__ = [
    "ALIAS_NAMESPACES",
    "ALL",
    "DATABASES",
    "ENDPOINTS",
    "METRICS",
    "METRICS_DB",
    "METRICS_QUEUE",
    "NAMESPACES",
    "REGISTRIES",
    "REGISTRY",
    "SERVICES",
    "UTILITIES",
    "Database",
    "ImageName",
    "JsonMap",
    "PlatformDatabase",
    "Queue",
    "Service",
    "Setting",
    "Value",
    "endpoints",
]

#: Every service of the platform's own, in install order.
ALL: Final = (*REGISTRIES, *UTILITIES, *METRICS, *SERVICES)

#: Every row of the seed's table.
ENDPOINTS: Final = tuple(value for value in vars(endpoints).values() if isinstance(value, Endpoint))

#: The namespaces of its services, in the seed's order.
NAMESPACES: Final = tuple(dict.fromkeys(endpoint.namespace for endpoint in ENDPOINTS))

#: The namespaces in which a database has other names, and nothing else of the platform is.
ALIAS_NAMESPACES: Final = tuple(database.alias_namespace for database in DATABASES if database.alias_namespace)
