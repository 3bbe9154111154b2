"""Phases 20, 30, 50 and 60: the platform's services, from the catalog and the settings."""

import json
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from constructs import Construct

from mgmtcluster import catalog
from mgmtcluster.addresses import address_of
from mgmtcluster.charts.phase import Phase, Wave
from mgmtcluster.constructs.database.replicated_database import ReplicatedDatabase
from mgmtcluster.constructs.redis_queue import RedisQueue
from mgmtcluster.constructs.service.metrics_service import MetricsService
from mgmtcluster.constructs.service.registry_service import RegistryService
from mgmtcluster.constructs.service.web_service import WebService
from mgmtcluster.kinds.containers import Outside, SecretKey
from mgmtcluster.options import EnvValue
from mgmtcluster.settings import SecretKeySettings, Settings


class Services(Phase):
    """Define the enabled services of one phase.

    Attributes:
        services: the services, by name.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        services: Sequence[catalog.Service],
        settings: Settings,
        database: ReplicatedDatabase | None = None,
    ) -> None:
        super().__init__(scope, id, wave=Wave.SERVICES)
        enabled = [service for service in services if settings.service(service.name).enabled]
        self.services = {service.name: _define(self, service, settings=settings, database=database) for service in enabled}


class Metrics(Services):
    """Define the Redis through which metrics are pushed, and the services that store them.

    Attributes:
        redis: the Redis.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        services: Sequence[catalog.Service],
        settings: Settings,
        database: ReplicatedDatabase,
        storage_class: str,
    ) -> None:
        super().__init__(scope, id, services=services, settings=settings, database=database)
        self.redis = RedisQueue(
            self,
            catalog.endpoints.METRICS_REDIS.service,
            endpoint=catalog.endpoints.METRICS_REDIS,
            lists=catalog.METRICS_LISTS,
            storage=settings.metrics_redis.storage,
            memory=settings.metrics_redis.memory,
            admin_secret=settings.metrics_redis.existing_secret,
            storage_class=storage_class,
            image=settings.image("redis"),
            bootstrap_image=settings.image("mongo"),
            image_pull_secrets=settings.image_pull_secrets,
        )


def _define(scope: Construct, service: catalog.Service, *, settings: Settings, database: ReplicatedDatabase | None) -> WebService:
    """The construct of one service: a registry, a metrics service, or one that keeps nothing."""
    arguments = _arguments(service, settings)
    if service.database is None:
        return WebService(scope, service.name, component=scope.node.id.partition("-")[2], **arguments)
    if database is None:
        raise ValueError(f"{service.name} needs the database {service.database.name}, and its phase has none")
    grant = database.grant(service.database.name, env=service.database.env)
    if service.queue is None:
        return RegistryService(scope, service.name, database=grant, **arguments)
    return MetricsService(scope, service.name, database=grant, queue=service.queue, **arguments)


def _arguments(service: catalog.Service, settings: Settings) -> dict[str, Any]:
    """What every construct of a service takes, from the catalog and, where they differ, the settings."""
    given = settings.service(service.name)
    env, outside = _resolve(service, settings)
    arguments: dict[str, Any] = {
        "image": settings.image(service.image),
        "endpoint": service.endpoint,
        "other_endpoints": service.other_endpoints,
        "aliases": service.aliases,
        "env": {**env, **given.env},
        "replicas": given.replicas or service.replicas,
        "resources": given.resources.over(service.resources),
        "writes": service.writes,
        "sidecars": [replace(sidecar, image=settings.image(sidecar.image)) for sidecar in service.sidecars],
        "outside": [replace(each, cidrs=each.cidrs or settings.outside_cidrs) for each in (*service.outside, *outside)],
        "cluster_cidrs": settings.cluster_cidrs,
        "node_address": settings.node_address,
        "image_pull_secrets": settings.image_pull_secrets,
        "waits_for_database": service.waits_for_database,
    }
    optional = {
        "probe_port": service.probe_port,
        "readiness": service.readiness,
        "liveness": service.liveness,
        "user": given.user,
    }
    return arguments | {name: value for name, value in optional.items() if value is not None}


def _resolve(service: catalog.Service, settings: Settings) -> tuple[dict[str, EnvValue], list[Outside]]:
    """The variables of a service that have a value, and the hosts outside that they make it connect to."""
    env: dict[str, EnvValue] = {}
    outside: list[Outside] = []
    for name, value in service.env.items():
        resolved = _value(value, settings)
        if resolved is None:
            continue
        if isinstance(value, catalog.Setting) and isinstance(resolved, str) and "://" in resolved:
            resolved = address_of(resolved) or resolved
            if isinstance(resolved, str):
                outside.append(_outside(name, resolved))
        env[name] = resolved
    return env, outside


def _value(value: catalog.Value, settings: Settings) -> EnvValue | None:
    if isinstance(value, catalog.ImageName):
        return settings.image(value.name)
    if isinstance(value, catalog.JsonMap):
        items = {key: _value(item, settings) for key, item in value.items.items()}
        return json.dumps({key: str(item) for key, item in items.items() if item is not None})
    if isinstance(value, catalog.Setting):
        given = getattr(settings, value.name)
        return SecretKey(given.name, given.key) if isinstance(given, SecretKeySettings) else given
    return value


def _outside(variable: str, url: str) -> Outside:
    """The host of a URL that the operator gave; by its address, where it has no name."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        address = ip_address(parts.hostname or "")
        cidrs: tuple[str, ...] = (f"{address}/{address.max_prefixlen}",)
    except ValueError:
        cidrs = ()
    return Outside(ports=((port, port),), reason=f"the server that {variable} names", cidrs=cidrs)
