"""Cross-field checks on the raw input, so that all errors appear together: rules across models, and those of the catalog."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pydantic

from mgmtcluster import catalog, images
from mgmtcluster.addresses import NODE_IP, Endpoint, foreign_domain, service_names
from mgmtcluster.databases.grant import PASSWORD_ENV
from mgmtcluster.databases.replica_set import image_problems, version_problems
from mgmtcluster.databases.users import BACKUP_USER, KEYFILE, MONITOR_USER, ROOT
from mgmtcluster.kinds.cluster import node_port_problem
from mgmtcluster.kinds.containers import Resources, small_limits
from mgmtcluster.kinds.names import mongo_version
from mgmtcluster.kinds.spelling import unknown_name
from mgmtcluster.settings.cluster import ClusterSettings
from mgmtcluster.settings.parts import ResourcesSettings

#: Settings as they were read: any value may be of any type.
Raw = Mapping[str, Any]


def problems(raw: Raw, services: Sequence[catalog.Service]) -> Iterator[str]:
    """What no single model can tell of these settings, as ``path: words``."""
    yield from _image_problems(raw, services)
    mongo = _mapping(raw, "images").get("mongo")
    if isinstance(mongo, str):
        yield from (f"images.mongo: {problem.partition(': ')[2]}" for problem in image_problems(mongo))
    for database in catalog.DATABASES:
        yield from _version_problems(database, raw)
        yield from _secret_problems(database, raw, services)
    cluster = _cluster(raw)
    yield from _domain_problems(raw, cluster)
    yield from _exposure_problems(raw, services, cluster)
    yield from _service_problems(raw, services, cluster)
    yield from _limit_problems(raw)
    yield from _need_problems(raw, services)
    yield from _handed_out_problems(raw, services)


def image_names(services: Sequence[catalog.Service]) -> set[str]:
    """Names of all images that settings may override."""
    names = {*images.THIRD_PARTY}
    for service in services:
        names |= {service.image, *(sidecar.image for sidecar in service.sidecars), *service.named_images}
    return names


def _image_problems(raw: Raw, services: Sequence[catalog.Service]) -> Iterator[str]:
    """Names that no image has."""
    known = sorted(image_names(services))
    for name in _mapping(raw, "images"):
        if name not in known:
            yield f"images.{name}: {unknown_name('an image of the platform', str(name), known)}"


def _version_problems(database: catalog.PlatformDatabase, raw: Raw) -> Iterator[str]:
    """A feature compatibility version that the database's image cannot have."""
    image = _mapping(raw, "images").get("mongo", images.MONGO)
    version = _mapping(raw, database.setting).get("feature_compatibility_version")
    if isinstance(image, str) and isinstance(version, str) and _is_version(version):
        yield from (f"{database.setting}.{problem}" for problem in version_problems(image, version))


def _is_version(text: str) -> bool:
    try:
        return bool(mongo_version(text))
    except ValueError:
        return False


def _secret_problems(database: catalog.PlatformDatabase, raw: Raw, services: Sequence[catalog.Service]) -> Iterator[str]:
    """Secrets of users that the database does not have."""
    users = [service.name for service in services if service.database and service.endpoint.namespace == database.namespace]
    backup = [BACKUP_USER] if _mapping(raw, database.setting).get("backup") else []
    monitor = [MONITOR_USER] if raw.get("monitoring") is True else []
    known = [KEYFILE, ROOT, *backup, *monitor, *users]
    for name in _mapping(raw, database.setting, "existing_secrets"):
        if name not in known:
            yield f"{database.setting}.existing_secrets.{name}: {unknown_name('a user of the database', str(name), known)}"


def _cluster(raw: Raw) -> ClusterSettings:
    """What is true of the cluster; what is by default, for each field that is wrong."""
    written = _mapping(raw, "cluster")
    try:
        return ClusterSettings.model_validate(written)
    except pydantic.ValidationError as error:
        right = ClusterSettings.model_fields.keys() - {details["loc"][0] for details in error.errors()}
        return ClusterSettings.model_construct(None, **{name: written[name] for name in right & written.keys()})


def _exposure_problems(raw: Raw, services: Sequence[catalog.Service], cluster: ClusterSettings) -> Iterator[str]:
    """Node ports that the cluster does not give, and addresses of nodes that no URL may hold."""
    enabled = [service for service in services if service.name not in _disabled(raw)]
    redis: list[tuple[tuple[str, ...], Endpoint]] = [(("metrics_redis",), catalog.METRICS_QUEUE.endpoint)]
    exposed = [(("services", service.name), endpoint) for service in enabled for endpoint in service.endpoints]
    for path, endpoint in [*redis, *exposed]:
        own = _mapping(raw, *path)
        node_port = own["node_port"] if endpoint.node_port and type(own.get("node_port")) is int else endpoint.node_port
        if own.get("service_type") != "ClusterIP" and (words := node_port_problem(node_port, cluster.node_port_range)):
            yield f"{'.'.join(path)}: node port: {words}"
    handed_on = any(address.outside for service in enabled for address in service.addresses.values())
    if handed_on and cluster.ip_families[0] == "IPv6" and raw.get("node_address") is None:
        yield (
            "node_address: is missing, and a node's own IPv6 address has no brackets, as it must in a URL; "
            "write the address of the nodes, or IPv4 first in cluster.ip_families"
        )


def _domain_problems(raw: Raw, cluster: ClusterSettings) -> Iterator[str]:
    """Services of this cluster by a name in another domain."""
    buckets = [(database.setting, "backup", "bucket") for database in catalog.DATABASES]
    proxies = [("cluster", "proxy", name) for name in ("http", "https")]
    for *path, name in [("adhoc_inference_url",), *proxies, *((*bucket, "endpoint") for bucket in buckets)]:
        url = _mapping(raw, *path).get(name)
        if isinstance(url, str) and (words := foreign_domain(url, cluster.domain)):
            yield f"{'.'.join((*path, name))}: {words}"


def _service_problems(raw: Raw, services: Sequence[catalog.Service], cluster: ClusterSettings) -> Iterator[str]:
    """Names that no service has, and what the services' entries in the catalog do not allow."""
    by_name = {service.name: service for service in services}
    for name in _mapping(raw, "services"):
        if name not in by_name:
            yield f"services.{name}: {unknown_name('a service', str(name), [*by_name])}"
            continue
        for variable, value in _mapping(raw, "services", name, "env").items():
            if words := _reserved(by_name[name], variable, value, cluster.domain):
                yield f"services.{name}.env.{variable}: {words}"
        yield from _resource_problems(by_name[name], _mapping(raw, "services", name).get("resources", {}))
        if cluster.openshift and _mapping(raw, "services", name).get("user") is not None:
            yield f"services.{name}.user: is set, and OpenShift gives each namespace users of its own; leave it out"


def _reserved(service: catalog.Service, variable: Any, value: Any, domain: str) -> str | None:
    """Why the operator may not give this value to this variable."""
    default = service.env.get(variable)
    if service.database and variable in (service.database.env, PASSWORD_ENV):
        return "holds the connection to the service's database and cannot be set; leave it out"
    if isinstance(value, str) and (found := service_names(domain).search(value)):
        return f"{found[0]!r} is an address written by hand; leave it out"
    if variable == NODE_IP:
        return "holds the address of the nodes; write node_address instead"
    if isinstance(default, catalog.Setting):
        return f"has a setting of its own; write {default.name} instead"
    if isinstance(default, catalog.ImageName):
        return f"holds an image; write images.{default.name} instead"
    if variable in service.addresses or isinstance(default, catalog.JsonMap):
        return "holds the address of a service and cannot be set; leave it out"
    return None


def _resource_problems(service: catalog.Service, raw: Any) -> Iterator[str]:
    """Limits below the requests, where either may be the catalog's."""
    try:
        amounts = ResourcesSettings.model_validate(raw).amounts(service.options.get("resources", Resources()))
    except pydantic.ValidationError:
        return  # the model tells it
    for name, words in small_limits(amounts):
        yield f"services.{service.name}.resources.limits.{name.replace('_', '-')}: {words}"


def _limit_problems(raw: Raw) -> Iterator[str]:
    """CPUs without a limit, where pods must have one that is not far from their request."""
    for name in (*(database.setting for database in catalog.DATABASES), "metrics_redis"):
        ratios = (_mapping(raw, *path, "pods", "max_limit_request_ratio") for path in ((), (name,)))
        if any("cpu" in ratio for ratio in ratios) and _mapping(raw, name, "cpu").get("limit", "") is None:
            yield f"{name}.cpu.limit: is null, and max_limit_request_ratio asks for a limit; write one"


def _need_problems(raw: Raw, services: Sequence[catalog.Service]) -> Iterator[str]:
    """Services that are disabled while another one needs them."""
    disabled = _disabled(raw)
    needed_by: dict[str, dict[str, None]] = {}
    for service in services:
        for address in service.addresses.values():
            if service.name not in disabled and address.endpoint.service in disabled:
                needed_by.setdefault(address.endpoint.service, {})[service.name] = None
    for needed, by in needed_by.items():
        yield f"services.{needed}.enabled: false, but it is needed by {', '.join(by)}; write true, or false for those too"


def _disabled(raw: Raw) -> set[Any]:
    """Services that are left out."""
    return {name for name in _mapping(raw, "services") if _mapping(raw, "services", name).get("enabled") is False}


def _handed_out_problems(raw: Raw, services: Sequence[catalog.Service]) -> Iterator[str]:
    """Node ports of services that have none, and those that are closed while another service hands them out."""
    by_name = {service.name: service for service in services}
    for name in _mapping(raw, "services"):
        exposed = name in by_name and any(endpoint.node_port for endpoint in by_name[name].endpoints)
        own = _mapping(raw, "services", name)
        if name in by_name and not exposed and own.get("node_port") is not None:
            yield f"services.{name}.node_port: the service is not exposed by its documentation; leave it out"
        if own.get("service_type") != "ClusterIP":
            continue
        for service in services:
            enabled = _mapping(raw, "services", service.name).get("enabled") is not False
            for variable, address in service.addresses.items():
                if enabled and address.outside and address.endpoint.service == name:
                    yield (
                        f"services.{name}.service_type: ClusterIP has no node port, and {service.name} hands its address "
                        f"to others in {variable}; write NodePort or LoadBalancer"
                    )


def _mapping(raw: Any, *path: Any) -> Mapping[Any, Any]:
    """The mapping at this path; an empty one where there is none, whose absence or type the models tell."""
    for part in path:
        raw = raw.get(part) if isinstance(raw, Mapping) else None
    return raw if isinstance(raw, Mapping) else {}
