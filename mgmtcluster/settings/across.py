"""What no single field's type can tell, checked on what was given, so that it is told even where something else is wrong too."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final
from urllib.parse import urlsplit

import pydantic

from mgmtcluster import catalog, images
from mgmtcluster.addresses import CLUSTER_LOCAL, NODE_IP
from mgmtcluster.databases.bucket import place_problems
from mgmtcluster.databases.grant import PASSWORD_ENV
from mgmtcluster.databases.replica_set import member_problems, version_problems
from mgmtcluster.databases.users import BACKUP_USER, MONITOR_USER
from mgmtcluster.kinds.containers import Resources
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.network import within
from mgmtcluster.settings.parts import ResourcesSettings

#: kubeadm's Services and flannel's pods.
DEFAULT_CLUSTER_CIDRS: Final = ["10.244.0.0/16", "10.96.0.0/12"]


def dotted(path: tuple[int | str, ...]) -> str:
    """The path to a value, as a line of an error names it."""
    return ".".join(str(part) for part in path if part != "[key]")


def suggesting(model: Any, path: tuple[int | str, ...], text: str) -> str:
    """The wording of an unknown key, with the nearest known one."""
    if "extra inputs are not permitted" not in text:
        return text
    for part in path[:-1]:
        field = getattr(model, "model_fields", {}).get(str(part).replace("-", "_"))
        model = _model_of(field.annotation) if field else model
    known = [field.alias or name for name, field in getattr(model, "model_fields", {}).items()]
    return f"is no setting; {nearest(str(path[-1]), known)}"


def _model_of(annotation: Any) -> Any:
    """The model in an annotation such as ``dict[str, Model]`` or ``Model | None``."""
    candidates = [annotation, *getattr(annotation, "__args__", ())]
    return next((each for each in candidates if hasattr(each, "model_fields")), annotation)


def nearest(given: str, known: Sequence[str]) -> str:
    """What to write instead of an unknown name."""
    [*match] = get_close_matches(given, known, n=1, cutoff=0.6)
    return f"write {match[0]}" if match else f"write one of {', '.join(known)}"


def version_problems_of(given: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the databases' feature compatibility versions beside the image that they run."""
    image = _mapping(given.get("images")).get("mongo", images.MONGO)
    for name in (each.setting for each in catalog.DATABASES):
        version = _mapping(given.get(name)).get("feature_compatibility_version")
        if isinstance(version, str) and re.fullmatch(r"[0-9]+\.[0-9]+", version) and isinstance(image, str):
            yield from (f"{name}.{problem}" for problem in version_problems(image, version))


def backup_problems(given: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with where the databases' dumps are to go."""
    for name in (each.setting for each in catalog.DATABASES):
        backup = _mapping(given.get(name)).get("backup")
        if isinstance(backup, Mapping):
            for problem in place_problems(storage=backup.get("storage"), bucket=backup.get("bucket")):
                yield f"{name}.backup.{problem}"


def number_problems(given: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the numbers of members."""
    for name in (each.setting for each in catalog.DATABASES):
        database = {"members": 3, "keep_running": None, "replace_member": None, **_mapping(given.get(name))}
        members, keep_running, replace = database["members"], database["keep_running"], database["replace_member"]
        if type(members) is int and all(each is None or type(each) is int for each in (keep_running, replace)):
            allowed = database.get("single_member_may_lose_data") is True
            for problem in member_problems(members, keep_running, replace_member=replace, single_member_may_lose_data=allowed):
                yield f"{name}.{problem}"


def catalog_problems(given: Mapping[str, Any], services: Sequence[catalog.Service]) -> Iterator[str]:
    """What is wrong in view of the catalog: names nobody has, variables that are not the operator's, a service that is needed."""
    by_name = {service.name: service for service in services}
    names = sorted(image_names(services))
    for name in _mapping(given.get("images")):
        if name not in names:
            yield f"images.{name}: is no image of the platform; {nearest(str(name), names)}"
    for database in catalog.DATABASES:
        yield from _secret_problems(database, given, services)
    of_services = _mapping(given.get("services"))
    for name, setting in of_services.items():
        if name not in by_name:
            yield f"services.{name}: is no service; {nearest(str(name), list(by_name))}"
        else:
            yield from _env_problems(by_name[name], _mapping(_mapping(setting).get("env")))
            yield from _resource_problems(by_name[name], _mapping(setting).get("resources"))
    yield from _need_problems(
        {name for name, setting in of_services.items() if _mapping(setting).get("enabled") is False}, services
    )


def _resource_problems(service: catalog.Service, given: Any) -> Iterator[str]:
    try:
        ResourcesSettings.model_validate(given or {}).over(service.options.get("resources", Resources()))
    except pydantic.ValidationError:
        return  # the model has told it
    except InvalidInput as error:
        for problem in error.problems:
            yield f"services.{service.name}.{problem.replace('Resources: ', 'resources: ')}"


def _need_problems(disabled: set[str], services: Sequence[catalog.Service]) -> Iterator[str]:
    needed_by: dict[str, dict[str, None]] = {}
    for service in services:
        for address in service.addresses.values():
            if service.name not in disabled and address.endpoint.service in disabled:
                needed_by.setdefault(address.endpoint.service, {})[service.name] = None
    for needed, by in needed_by.items():
        yield f"services.{needed}.enabled: false, but it is needed by {', '.join(by)}; write true, or false for those too"


def outside_problems(given: Mapping[str, Any]) -> Iterator[str]:
    """What is given as outside the cluster and is not."""
    own = given.get("cluster_cidrs", DEFAULT_CLUSTER_CIDRS)
    outside = [("outside_cidrs", each) for each in _list(given.get("outside_cidrs"))]
    url = given.get("adhoc_inference_url")
    host = urlsplit(url).hostname if isinstance(url, str) and url.isascii() else None
    for name, address in [*outside, ("adhoc_inference_url", host)]:
        for cidr in _list(own):
            if _is_within(address, cidr):
                yield f"{name}: {address} is within the cluster's own {cidr}; write an address outside, or a Service by its name"


def _is_within(address: object, cidr: object) -> bool:
    try:
        return within(str(address), str(cidr))
    except ValueError:  # one of them is no address: its own type has told it
        return False


def _secret_problems(
    database: catalog.PlatformDatabase, given: Mapping[str, Any], services: Sequence[catalog.Service]
) -> Iterator[str]:
    of_database = _mapping(given.get(database.setting))
    users = [each.name for each in services if each.database and each.endpoint.namespace == database.namespace]
    backup = [BACKUP_USER] if of_database.get("backup") else []
    monitor = [MONITOR_USER] if given.get("monitoring") is True else []
    known = ["keyfile", "root", *backup, *monitor, *users]
    for name in _mapping(of_database.get("existing_secrets")):
        if name not in known:
            yield f"{database.setting}.existing_secrets.{name}: is no user of the database; {nearest(str(name), known)}"


def _env_problems(service: catalog.Service, env: Mapping[Any, Any]) -> Iterator[str]:
    for name, given in env.items():
        where = f"services.{service.name}.env.{name}"
        value = service.env.get(name)
        if service.database and name in (service.database.env, PASSWORD_ENV):
            yield f"{where}: is the connection of the service's database and cannot be set; leave it out"
        elif isinstance(given, str) and (found := CLUSTER_LOCAL.search(given)):
            yield f"{where}: {found[0]!r} is an address written by hand; leave it out"
        elif name == NODE_IP:
            yield f"{where}: is the address of the nodes; write node_address instead"
        elif isinstance(value, catalog.Setting):
            yield f"{where}: is set elsewhere; write {value.name} instead"
        elif isinstance(value, catalog.ImageName):
            yield f"{where}: is an image; write images.{value.name} instead"
        elif name in service.addresses or isinstance(value, catalog.JsonMap):
            yield f"{where}: holds the address of a service and cannot be set; leave it out"


def image_names(services: Sequence[catalog.Service]) -> set[str]:
    """Names of all images that settings may override."""
    names = {*images.THIRD_PARTY}
    for service in services:
        names |= {service.image, *(sidecar.image for sidecar in service.sidecars)}
        values = [
            value for env in service.env.values() for value in (env.items.values() if isinstance(env, catalog.JsonMap) else [env])
        ]
        names |= {value.name for value in values if isinstance(value, catalog.ImageName)}
    return names


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}
