"""The phases with services of the platform, from the catalog and the settings."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from constructs import Construct

from mgmtcluster import catalog
from mgmtcluster.addresses import Address, address_of
from mgmtcluster.charts.phase_chart import PhaseChart
from mgmtcluster.charts.phases import Phase
from mgmtcluster.constructs.redis_queue import RedisQueue
from mgmtcluster.constructs.service.metrics_service import MetricsService
from mgmtcluster.constructs.service.registry_service import RegistryService
from mgmtcluster.constructs.service.web_service import WebService
from mgmtcluster.containers import EnvValue
from mgmtcluster.databases.grant import Grants
from mgmtcluster.kinds.containers import Outside
from mgmtcluster.kinds.sources import SecretKey
from mgmtcluster.options import ServiceOptions
from mgmtcluster.settings import SecretKeySettings, Settings


class Services(PhaseChart):
    """Define the enabled services of one phase, and its Redis where it has one.

    Args:
        phase: which one.
        settings: what differs for this cluster.
        services: Default: the phase's.
        database: the database that its services use. Default: they use none.
        storage_class: of the Redis' volume.

    Attributes:
        services: the services, by name.
        redis: the Redis, or None.
    """

    def __init__(
        self,
        scope: Construct,
        phase: Phase,
        *,
        settings: Settings,
        services: Sequence[catalog.Service] | None = None,
        database: Grants | None = None,
        storage_class: str | None = None,
    ) -> None:
        super().__init__(scope, phase, settings=settings)
        services = phase.services if services is None else services
        wanted = [service for service in services if settings.service(service.name).enabled]
        self.services = {service.name: _define(self, phase, service, settings=settings, database=database) for service in wanted}
        self.redis = self._redis(phase.queue, settings, storage_class) if phase.queue else None

    def _redis(self, queue: catalog.Queue, settings: Settings, storage_class: str | None) -> RedisQueue:
        return RedisQueue(
            self,
            queue.endpoint.service,
            endpoint=settings.exposed(queue.endpoint),
            lists=queue.lists,
            storage=settings.metrics_redis.storage,
            memory=settings.metrics_redis.memory,
            cpu=settings.metrics_redis.cpu.cpu,
            pods=settings.metrics_redis.pods.pods,
            admin_secret=settings.metrics_redis.existing_secret,
            storage_class=storage_class,
            image=settings.image("redis"),
            bootstrap_image=settings.image("mongo"),
        )


def _define(
    chart: PhaseChart, phase: Phase, service: catalog.Service, *, settings: Settings, database: Grants | None
) -> WebService:
    """The construct of one service: a registry, a metrics service, or one that keeps nothing."""
    image = settings.image(service.image)
    options = _options(service, settings)
    endpoint = settings.exposed(service.endpoint)
    if service.database is None:
        options["component"] = phase.id.partition("-")[2]
        return WebService(chart, service.name, image=image, endpoint=endpoint, **options)
    if database is None:
        raise ValueError(f"{service.name} needs the database {service.database.name}, and its phase has none")
    grant = database.grant(service.database.name, env=service.database.env)
    if service.queue is None:
        return RegistryService(chart, service.name, image=image, endpoint=endpoint, database=grant, **options)
    return MetricsService(chart, service.name, image=image, endpoint=endpoint, database=grant, queue=service.queue, **options)


def _options(service: catalog.Service, settings: Settings) -> ServiceOptions:
    """The catalog's options, what differs for this cluster over them, and what only the cluster's settings complete."""
    differing = settings.service(service.name)
    env, outside = _resolve(service, settings)
    options = cast(ServiceOptions, {**service.options, **differing.options(over=service.options)})
    options["env"] = {**env, **differing.variables}
    options["other_endpoints"] = [settings.exposed(endpoint) for endpoint in service.options.get("other_endpoints", ())]
    options["sidecars"] = [
        replace(sidecar, image=settings.image(sidecar.image)) for sidecar in service.options.get("sidecars", ())
    ]
    options["outside"] = [
        replace(connection, cidrs=connection.cidrs or settings.outside_cidrs)
        for connection in (*service.options.get("outside", ()), *outside)
    ]
    return options


def _resolve(service: catalog.Service, settings: Settings) -> tuple[dict[str, EnvValue], list[Outside]]:
    """The variables of a service that have a value, and the hosts outside that they make it connect to."""
    env: dict[str, EnvValue] = {}
    outside: list[Outside] = []
    for name, value in service.env.items():
        resolved = _value(value, settings)
        if resolved is None:
            continue
        if isinstance(value, catalog.Setting) and isinstance(resolved, str) and "://" in resolved:
            resolved = address_of(resolved, settings.cluster.domain) or resolved
            if isinstance(resolved, str):
                outside.append(Outside.at(resolved, reason=f"the server that {name} names"))
        if name in service.dialled_too and isinstance(resolved, Address):
            port = resolved.endpoint.exposed_port
            outside.append(Outside(ports=((port, port),), reason=service.dialled_too[name]))
        env[name] = resolved
    return env, outside


def _value(value: catalog.Value, settings: Settings) -> EnvValue | None:
    if isinstance(value, Address):
        return replace(value, endpoint=settings.exposed(value.endpoint))
    if isinstance(value, catalog.ImageName):
        return settings.image(value.name)
    if isinstance(value, catalog.JsonMap):
        items = {key: _value(item, settings) for key, item in value.items.items()}
        cluster = settings.cluster.facts
        texts = {key: item.text(cluster) if isinstance(item, Address) else item for key, item in items.items()}
        return json.dumps({key: text for key, text in texts.items() if text is not None})
    if isinstance(value, catalog.Setting):
        setting = getattr(settings, value.name)
        return SecretKey(setting.name, setting.key) if isinstance(setting, SecretKeySettings) else setting
    return value
