"""Cross-field checks on the raw input, so that all errors appear together: rules across models, and those of the catalog."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pydantic

from mgmtcluster import catalog, images
from mgmtcluster.addresses import NODE_IP, foreign_domain, service_names
from mgmtcluster.databases.grant import PASSWORD_ENV
from mgmtcluster.databases.replica_set import image_problems, version_problems
from mgmtcluster.databases.users import BACKUP_USER, KEYFILE, MONITOR_USER, ROOT
from mgmtcluster.kinds.containers import Resources, small_limits
from mgmtcluster.kinds.names import mongo_version
from mgmtcluster.kinds.spelling import unknown_name
from mgmtcluster.settings import exposure
from mgmtcluster.settings.cluster import ClusterSettings
from mgmtcluster.settings.parts import ResourcesSettings
from mgmtcluster.settings.raw import Raw, mapping

#: A URL with a user and a password, unless that is a reference to another variable.
_PASSWORD: Final = re.compile(r"://[^\s/:@]*:(?!\$\()[^\s/@]+@")


def problems(raw: Raw, services: Sequence[catalog.Service]) -> Iterator[str]:
    """What no single model can tell of these settings, as ``path: words``."""
    yield from _image_problems(raw, services)
    mongo = mapping(raw, "images").get("mongo")
    if isinstance(mongo, str):
        yield from (f"images.mongo: {problem.partition(': ')[2]}" for problem in image_problems(mongo))
    for database in catalog.DATABASES:
        yield from _version_problems(database, raw)
        yield from _secret_problems(database, raw, services)
    cluster = _cluster(raw)
    yield from _domain_problems(raw, cluster)
    yield from exposure.problems(raw, services, cluster)
    yield from _service_problems(raw, services, cluster)
    yield from _limit_problems(raw)
    yield from _need_problems(raw, services)


def image_names(services: Sequence[catalog.Service]) -> set[str]:
    """Names of all images that settings may override."""
    names = {*images.THIRD_PARTY}
    for service in services:
        names |= {service.image, *(sidecar.image for sidecar in service.sidecars), *service.named_images}
    return names


def _image_problems(raw: Raw, services: Sequence[catalog.Service]) -> Iterator[str]:
    """Names that no image has."""
    known = sorted(image_names(services))
    for name in mapping(raw, "images"):
        if name not in known:
            yield f"images.{name}: {unknown_name('an image of the platform', str(name), known)}"


def _version_problems(database: catalog.PlatformDatabase, raw: Raw) -> Iterator[str]:
    """A feature compatibility version that the database's image cannot have."""
    image = mapping(raw, "images").get("mongo", images.MONGO)
    version = mapping(raw, database.setting).get("feature_compatibility_version")
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
    backup = [BACKUP_USER] if mapping(raw, database.setting).get("backup") else []
    monitor = [MONITOR_USER] if raw.get("monitoring") is True else []
    known = [KEYFILE, ROOT, *backup, *monitor, *users]
    for name in mapping(raw, database.setting, "existing_secrets"):
        if name not in known:
            yield f"{database.setting}.existing_secrets.{name}: {unknown_name('a user of the database', str(name), known)}"


def _cluster(raw: Raw) -> ClusterSettings:
    """What is true of the cluster; what is by default, for each field that is wrong."""
    written = mapping(raw, "cluster")
    try:
        return ClusterSettings.model_validate(written)
    except pydantic.ValidationError as error:
        right = ClusterSettings.model_fields.keys() - {details["loc"][0] for details in error.errors()}
        return ClusterSettings.model_construct(None, **{name: written[name] for name in right & written.keys()})


def _domain_problems(raw: Raw, cluster: ClusterSettings) -> Iterator[str]:
    """Services of this cluster by a name in another domain."""
    buckets = [(database.setting, "backup", "bucket") for database in catalog.DATABASES]
    proxies = [("cluster", "proxy", name) for name in ("http", "https")]
    for *path, name in [("adhoc_inference_url",), *proxies, *((*bucket, "endpoint") for bucket in buckets)]:
        url = mapping(raw, *path).get(name)
        if isinstance(url, str) and (words := foreign_domain(url, cluster.domain)):
            yield f"{'.'.join((*path, name))}: {words}"


def _service_problems(raw: Raw, services: Sequence[catalog.Service], cluster: ClusterSettings) -> Iterator[str]:
    """Names that no service has, and what the services' entries in the catalog do not allow."""
    by_name = {service.name: service for service in services}
    for name in mapping(raw, "services"):
        if name not in by_name:
            yield f"services.{name}: {unknown_name('a service', str(name), [*by_name])}"
            continue
        for variable, value in mapping(raw, "services", name, "env").items():
            if words := _reserved(by_name[name], variable, value, cluster.domain):
                yield f"services.{name}.env.{variable}: {words}"
        yield from _resource_problems(by_name[name], mapping(raw, "services", name).get("resources", {}))
        if cluster.openshift and mapping(raw, "services", name).get("user") is not None:
            yield f"services.{name}.user: is set, and OpenShift gives each namespace users of its own; leave it out"


def _reserved(service: catalog.Service, variable: Any, value: Any, domain: str) -> str | None:
    """Why the operator may not give this value to this variable."""
    default = service.env.get(variable)
    if service.database and variable in (service.database.env, PASSWORD_ENV):
        return "holds the connection to the service's database and cannot be set; leave it out"
    if isinstance(value, str) and (found := service_names(domain).search(value)):
        return f"{found[0]!r} is an address written by hand; leave it out"
    if isinstance(value, str) and _PASSWORD.search(value):
        return "holds a password, which would stand in dist/; write {secret: NAME, key: KEY} instead"
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
        ratios = (mapping(raw, *path, "pods", "max_limit_request_ratio") for path in ((), (name,)))
        if any("cpu" in ratio for ratio in ratios) and mapping(raw, name, "cpu").get("limit", "") is None:
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
    return {name for name in mapping(raw, "services") if mapping(raw, "services", name).get("enabled") is False}
