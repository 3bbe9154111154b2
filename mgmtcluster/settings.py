"""What differs between clusters: read from a file, checked whole, frozen."""

import os
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import pydantic
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mgmtcluster import catalog, images
from mgmtcluster._yaml import read_mapping
from mgmtcluster.constructs.replicated_database import MEMBERS, member_problems
from mgmtcluster.errors import InvalidInput, problems_of
from mgmtcluster.types import (
    Cidr,
    EnvName,
    HostAddress,
    HttpUrl,
    Image,
    ImageRegistry,
    ImageTag,
    Name,
    NodeLabel,
    ObjectName,
    Quantity,
    SecretKeyName,
    Storage,
    quantity_value,
)
from mgmtcluster.workload import Resources

#: The environment variable that names another file than ``settings.yaml``.
SETTINGS_ENV = "MGMTCLUSTER_SETTINGS"

_DEFAULT_FILE = "settings.yaml"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SecretKeySettings(_Model):
    """A key of a Secret that the operator makes."""

    name: ObjectName = Field(description="Name of the Secret, in the namespace of the service that reads it.")
    key: SecretKeyName = Field(description="The key in it.")


class AmountSettings(_Model):
    """Amounts of a container's resources, as Kubernetes writes them."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))

    cpu: Quantity | None = Field(default=None, description="CPUs, such as 250m. Default: the catalog's.")
    memory: Quantity | None = Field(default=None, description="Memory, such as 256Mi. Default: the catalog's.")
    ephemeral_storage: Quantity | None = Field(default=None, description="Logs and temporary files. Default: the catalog's.")


class ResourcesSettings(_Model):
    """What a service's main container may count on, and what it may use at most."""

    requests: AmountSettings = Field(default=AmountSettings(), description="What it may count on.")
    limits: AmountSettings = Field(default=AmountSettings(), description="What it may use at most.")

    def over(self, default: Resources) -> Resources:
        """These amounts, and the default's where one is not given."""
        given = {
            "cpu": self.requests.cpu,
            "memory": self.requests.memory,
            "ephemeral_storage": self.requests.ephemeral_storage,
            "cpu_limit": self.limits.cpu,
            "memory_limit": self.limits.memory,
            "ephemeral_storage_limit": self.limits.ephemeral_storage,
        }
        return Resources(**vars(default) | {name: amount for name, amount in given.items() if amount})


class ServiceSettings(_Model):
    """What differs for one service."""

    enabled: bool = Field(default=True, description="Install it. A service that another one needs cannot be left out.")
    replicas: Annotated[int, Field(ge=1, le=50)] | None = Field(default=None, description="Pods. Default: the catalog's, 1 or 2.")
    resources: ResourcesSettings = Field(default=ResourcesSettings(), description="Requests and limits of its main container.")
    env: dict[EnvName, str] = Field(default={}, description="Further variables, or other values for those that are no address.")


class DatabaseSettings(_Model):
    """One of the two replicated databases."""

    members: int = Field(default=3, description="Members of the replica set: 3, 5 or 7.", json_schema_extra={"enum": [1, *MEMBERS]})
    storage: Storage = Field(default="10Gi", description="Size of each member's volume; it cannot be changed in place.")
    memory: Annotated[Quantity, AfterValidator(lambda text: _enough_memory(text))] = Field(
        default="1536Mi", description="Request and limit of each member; the cache is computed from it."
    )
    node_label: NodeLabel = Field(default="registry=yes", description="Members run on nodes with this label only.")
    keep_running: int | None = Field(default=None, description="Members kept as pods while the votes beyond `members` are removed.")
    single_member_may_lose_data: bool = Field(default=False, description="Allow `members: 1`, for a laptop.")
    existing_secrets: dict[str, ObjectName] | None = Field(
        default=None,
        description="Secrets made elsewhere: `keyfile`, `root` or a service's name to the Secret's name. Given, no Secret is made.",
    )


class MetricsDatabaseSettings(DatabaseSettings):
    """The database of the metrics services."""

    node_label: NodeLabel = Field(default="metrics-db=yes", description="Members run on nodes with this label only.")


class RedisSettings(_Model):
    """The Redis through which metrics are pushed."""

    storage: Storage = Field(default="2Gi", description="Size of its volume.")
    memory: Quantity = Field(default="512Mi", description="Request and limit; three quarters of it are for waiting metrics.")
    existing_secret: ObjectName | None = Field(
        default=None, description="A Secret made elsewhere with the administrator's `password`. Given, none is made."
    )


def _enough_memory(text: str) -> str:
    if quantity_value(text) < 512 * 1024**2:
        raise ValueError(f"{text!r} is too little for a member; write 512Mi or more")
    return text


def _unique(items: list[str]) -> list[str]:
    twice = sorted({item for item in items if items.count(item) > 1})
    if twice:
        raise ValueError(f"{twice[0]!r} stands there twice; write it once")
    return items


class Settings(_Model):
    """Everything an operator may set; every default is the platform's documented one."""

    node_address: HostAddress | None = Field(
        default=None, description="Address of the nodes as clients outside reach them. Default: each pod's own node's IP."
    )
    image_registry: ImageRegistry = Field(default="docker.io/aiosv1", description="Where the platform's images are.")
    image_tag: ImageTag = Field(default="v1", description="Tag of the platform's images.")
    image_pull_secrets: Annotated[list[ObjectName], AfterValidator(_unique)] = Field(
        default=[], description="Secrets for the image registry, in every namespace of the platform."
    )
    images: dict[str, Image] = Field(default={}, description="Other images, by name: a service's, mongo, redis, …")
    storage_class: ObjectName | None = Field(
        default=None, description="An existing StorageClass. Default: the bundled provisioner of volumes on the nodes' disks."
    )
    cluster_cidrs: Annotated[list[Cidr], AfterValidator(_unique)] = Field(
        default=["10.244.0.0/16", "10.96.0.0/12"], description="Ranges of pods and Services, which are not outside the cluster."
    )
    outside_cidrs: Annotated[list[Cidr], AfterValidator(_unique)] = Field(
        default=[], description="Ranges outside the cluster that services may connect to. Default: all."
    )
    registry_database: DatabaseSettings = Field(default=DatabaseSettings(), description="The database of the registries.")
    metrics_database: MetricsDatabaseSettings = Field(
        default=MetricsDatabaseSettings(), description="The database of the metrics services."
    )
    metrics_redis: RedisSettings = Field(default=RedisSettings(), description="The Redis through which metrics are pushed.")
    services: dict[Name, ServiceSettings] = Field(default={}, description="What differs for single services, by name.")
    public_database_secret: SecretKeySettings | None = Field(
        default=None,
        description="Where policies-system finds the MongoDB URI for policy executors in other clusters. Default: it has none.",
    )
    adhoc_inference_url: HttpUrl | None = Field(
        default=None, description="URL of the adhoc inference server, which creating a vDAG needs. Default: none."
    )
    vdag_adhoc_inference_server_url: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+:[0-9]{1,5}$")] | None = Field(
        default=None, description="HOST:PORT of the adhoc inference server for vDAG controllers in onboarded clusters."
    )

    @classmethod
    def load(cls, file: str | os.PathLike[str] | None = None, *, services: Sequence[catalog.Service] = catalog.ALL) -> "Settings":
        """Read settings from a file: the one given, else ``$MGMTCLUSTER_SETTINGS``, else ``settings.yaml``.

        Args:
            file: path of a YAML file; an empty file means all defaults.
            services: the services that it may speak of. Default: the platform's.

        Raises:
            InvalidInput: everything that is wrong with the file, at once.
        """
        path = Path(file or os.environ.get(SETTINGS_ENV) or _DEFAULT_FILE)
        return cls.of(read_mapping(path), where=str(path), services=services)

    @classmethod
    def of(cls, given: Mapping[str, Any], *, where: str = "settings", services: Sequence[catalog.Service] = catalog.ALL) -> "Settings":
        """Check settings that were read already.

        Raises:
            InvalidInput: everything that is wrong with them, at once, each line after ``where``.
        """
        problems, settings = [], None
        try:
            settings = cls.model_validate(given)
        except pydantic.ValidationError as error:
            problems += [f"{_dotted(path)}: {_suggesting(cls, path, text)}" for path, text in problems_of(error)]
        problems += [*_member_problems(given), *_catalog_problems(given, services)]
        if problems or settings is None:
            raise InvalidInput(f"{where}: {problem}" for problem in dict.fromkeys(problems))
        return settings

    def image(self, name: str) -> str:
        """The image of this name: overridden, third-party, or the platform's in the registry and with the tag set here."""
        return self.images.get(name) or images.THIRD_PARTY.get(name) or f"{self.image_registry}/{name}:{self.image_tag}"

    def service(self, name: str) -> ServiceSettings:
        """What differs for this service."""
        return self.services.get(name, ServiceSettings())


def _dotted(path: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in path if part != "[key]")


def _suggesting(model: Any, path: tuple[int | str, ...], text: str) -> str:
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


# What follows is checked beside the model, on what was given, so that it is told even where something else is wrong too.


def _member_problems(given: Mapping[str, Any]) -> Iterator[str]:
    for name in ("registry_database", "metrics_database"):
        database = {"members": 3, "keep_running": None, **_mapping(given.get(name))}
        members, keep_running = database["members"], database["keep_running"]
        if type(members) is int and (keep_running is None or type(keep_running) is int):
            allowed = database.get("single_member_may_lose_data") is True
            for problem in member_problems(members, keep_running, single_member_may_lose_data=allowed):
                yield f"{name}.{problem}"


def _catalog_problems(given: Mapping[str, Any], services: Sequence[catalog.Service]) -> Iterator[str]:
    by_name = {service.name: service for service in services}
    names = sorted(image_names(services))
    for name in _mapping(given.get("images")):
        if name not in names:
            yield f"images.{name}: is no image of the platform; {nearest(str(name), names)}"
    of_services = _mapping(given.get("services"))
    for name, setting in of_services.items():
        if name not in by_name:
            yield f"services.{name}: is no service; {nearest(str(name), list(by_name))}"
        else:
            yield from _env_problems(by_name[name], _mapping(_mapping(setting).get("env")))
            yield from _resource_problems(by_name[name], _mapping(setting).get("resources"))
    yield from _need_problems({name for name, setting in of_services.items() if _mapping(setting).get("enabled") is False}, services)


def _resource_problems(service: catalog.Service, given: Any) -> Iterator[str]:
    try:
        ResourcesSettings.model_validate(given or {}).over(service.resources)
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


def _env_problems(service: catalog.Service, env: Mapping[Any, Any]) -> Iterator[str]:
    for name in env:
        where = f"services.{service.name}.env.{name}"
        value = service.env.get(name)
        if service.database and name in (service.database.env, "DATABASE_PASSWORD"):
            yield f"{where}: is the connection of the service's database and cannot be set; leave it out"
        elif name == "NODE_IP":
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
        values = [value for env in service.env.values() for value in (env.items.values() if isinstance(env, catalog.JsonMap) else [env])]
        names |= {value.name for value in values if isinstance(value, catalog.ImageName)}
    return names


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def json_schema(services: Sequence[catalog.Service] = catalog.ALL) -> dict[str, Any]:
    """The JSON Schema of a settings file, with which editors complete and check it."""
    schema = Settings.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["services"]["propertyNames"] = {"enum": [service.name for service in services]}
    schema["properties"]["images"]["propertyNames"] = {"enum": sorted(image_names(services))}
    return schema
