"""What differs between clusters: read from a file, checked whole, frozen."""

import os
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pydantic
from pydantic import AfterValidator, Field

from mgmtcluster import catalog, images
from mgmtcluster.addresses import Endpoint, service_names
from mgmtcluster.databases.replica_set import ReplicaSet
from mgmtcluster.kinds.checking import unique
from mgmtcluster.kinds.errors import InvalidInput, problems_of
from mgmtcluster.kinds.images import Image, ImageRegistry, ImageTag
from mgmtcluster.kinds.names import Directory, Name, ObjectName
from mgmtcluster.kinds.network import Cidr, HostAddress, HostAndPort, HttpUrl, within
from mgmtcluster.kinds.pods import SeLinuxOptions, node_label_problem
from mgmtcluster.settings import across
from mgmtcluster.settings.cluster import ClusterSettings
from mgmtcluster.settings.databases import DatabaseSettings, MetricsDatabaseSettings, RedisSettings
from mgmtcluster.settings.model import Model
from mgmtcluster.settings.parts import SecretKeySettings, ServiceSettings
from mgmtcluster.settings.pods import MetadataSettings, PlatformPodsSettings, PodsSettings
from mgmtcluster.settings.raw import foreign_family, host, items, mapping
from mgmtcluster.settings.yaml_file import read_mapping

__all__ = [
    "DEFAULT_FILE",
    "SETTINGS_ENV",
    "ClusterSettings",
    "DatabaseSettings",
    "RedisSettings",
    "SecretKeySettings",
    "ServiceSettings",
    "Settings",
]

#: The environment variable that names another file than ``settings.yaml``.
SETTINGS_ENV = "MGMTCLUSTER_SETTINGS"

#: What is read where nothing is named.
DEFAULT_FILE = "settings.yaml"

_NOTHING_DIFFERS = ServiceSettings()


def _is_within(address: object, cidr: object) -> bool:
    try:
        return within(str(address), str(cidr))
    except ValueError:  # one of them is not an address, which its own type tells
        return False


class Settings(Model):
    """Everything an operator may set; every default is the platform's documented one."""

    _renamed: ClassVar[Mapping[str, str]] = {"cluster_cidrs": "cluster.cidrs"}

    cluster: ClusterSettings = Field(default=ClusterSettings(), description="What is true of the cluster.")
    node_address: HostAddress | None = Field(
        default=None, description="Address of the nodes as clients outside reach them. Default: each pod's own node's IP."
    )
    image_registry: ImageRegistry = Field(default="docker.io/aiosv1", description="Where the platform's images are.")
    image_tag: ImageTag = Field(default="v1", description="Tag of the platform's images.")
    image_pull_secrets: Annotated[list[ObjectName], AfterValidator(unique)] = Field(
        default=[], description="Secrets for the image registry, in every namespace of the platform."
    )
    images: dict[str, Image] = Field(default={}, description="Other images, by name: a service's, mongo, redis, …")
    metadata: MetadataSettings = Field(
        default=MetadataSettings(), description="What every object itself gets; pods take `pods`, and claims of members nothing."
    )
    namespaces: MetadataSettings = Field(
        default=MetadataSettings(), description="What the platform's namespaces get, over `metadata`."
    )
    pods: PlatformPodsSettings = Field(default=PlatformPodsSettings(), description="What every pod gets, Jobs and helpers too.")
    storage_class: ObjectName | None = Field(
        default=None, description="An existing StorageClass. Default: the bundled provisioner of volumes on the nodes' disks."
    )
    outside_cidrs: Annotated[list[Cidr], AfterValidator(unique)] = Field(
        default=[], description="Ranges outside the cluster that services may connect to. Default: all."
    )
    volumes_directory: Directory = Field(
        default="/var/lib/mgmtcluster/volumes",
        description="Directory of the nodes for volumes of the bundled provisioner.",
    )
    volumes_selinux: SeLinuxOptions = Field(
        default={},
        description="SELinux label of the pods that make directories there, on nodes that enforce SELinux, such as "
        "`{type: spc_t}`. Default: that of every container.",
    )
    registry_database: DatabaseSettings = Field(default=DatabaseSettings(), description="The database of the registries.")
    registry_namespace: bool = Field(
        default=True, description="Give the members of the database of the registries names in a namespace registry too."
    )
    metrics_database: MetricsDatabaseSettings = Field(
        default=MetricsDatabaseSettings(), description="The database of the metrics services."
    )
    metrics_redis: RedisSettings = Field(default=RedisSettings(), description="The Redis through which metrics are pushed.")
    monitoring: bool = Field(
        default=False, description="Exporters of the databases, and alerts for Prometheus in dist-monitoring/."
    )
    monitoring_namespace: Name = Field(default="monitoring", description="The namespace that Prometheus runs in.")
    services: dict[Name, ServiceSettings] = Field(default={}, description="What differs for single services, by name.")
    public_database_secret: SecretKeySettings | None = Field(
        default=None,
        description="Where policies-system finds the MongoDB URI for policy executors in other clusters. Default: it has none.",
    )
    adhoc_inference_url: HttpUrl | None = Field(
        default=None, description="URL of the adhoc inference server, which creating a vDAG needs. Default: none."
    )
    vdag_adhoc_inference_server_url: HostAndPort | None = Field(
        default=None, description="HOST:PORT of the adhoc inference server for vDAG controllers in onboarded clusters."
    )

    @classmethod
    def load(cls, file: str | os.PathLike[str] | None = None, *, services: Sequence[catalog.Service] = catalog.ALL) -> "Settings":
        """Read settings from ``file``, else from ``$MGMTCLUSTER_SETTINGS``, else from ``settings.yaml``.

        Args:
            file: path of a YAML file; an empty file means all defaults.
            services: the services that it may speak of. Default: the platform's.

        Raises:
            InvalidInput: everything that is wrong with the file, at once.
        """
        path = Path(file or os.environ.get(SETTINGS_ENV) or DEFAULT_FILE)
        return cls.of(read_mapping(path), where=str(path), services=services)

    @classmethod
    def of(
        cls, raw: Mapping[str, Any], *, where: str = "settings", services: Sequence[catalog.Service] = catalog.ALL
    ) -> "Settings":
        """Check settings that were read already.

        Args:
            raw: the settings, as a file holds them.
            where: what a line of an error begins with.
            services: the services that they may speak of. Default: the platform's.

        Raises:
            InvalidInput: everything that is wrong with them, at once.
        """
        problems: list[str] = []
        settings = None
        try:
            settings = cls.model_validate(raw)
        except pydantic.ValidationError as error:
            problems += problems_of(error)
        problems += across.problems(raw, services)
        if problems or settings is None:
            raise InvalidInput(f"{where}: {problem}" for problem in dict.fromkeys(problems))
        return settings

    @classmethod
    def _cross_field_problems(cls, fields: Mapping[str, Any], wrong: Set[str], /) -> Iterator[str]:
        """What is set as outside the cluster lies outside its own ranges, and what other clusters dial has no name of its DNS."""
        cluster = ClusterSettings.raw_fields(fields["cluster"])
        name = "vdag_adhoc_inference_server_url"
        yield from cls._volume_problems(fields)
        if found := service_names(str(cluster["domain"])).search(str(fields[name])):
            yield f"{name}: {found[0]!r} is an address of this cluster, and other clusters dial it; write one that they reach"
        outside = [("outside_cidrs", cidr) for cidr in items(fields["outside_cidrs"])]
        outside.append(("adhoc_inference_url", host(fields["adhoc_inference_url"])))
        for database in catalog.DATABASES:
            bucket = mapping(fields[database.setting], "backup", "bucket")
            outside.append((f"{database.setting}.backup.bucket.endpoint", host(bucket.get("endpoint"))))
        families = items(cluster["ip_families"]) if "cluster" not in wrong else []
        for name, address in outside:
            if families and (words := foreign_family(address, families)):
                yield f"{name}: {words}; write one of those"
            for own in items(cluster["cidrs"]):
                if _is_within(address, own):
                    yield f"{name}: {address} is within the cluster's own {own}; write one outside it, or the name of a Service"

    @classmethod
    def _volume_problems(cls, fields: Mapping[str, Any]) -> Iterator[str]:
        """What is said of a provisioner that is not there; databases whose volumes no node may have."""
        for name in ("volumes_directory", "volumes_selinux"):
            if fields["storage_class"] is not None and fields[name] != cls.model_fields[name].default:
                yield f"{name}: is for the bundled provisioner, and storage_class names another; leave one of them out"
        general = mapping(PlatformPodsSettings.raw_fields(fields["pods"])["node_selector"])
        for database in catalog.DATABASES:
            own = type(cls.model_fields[database.setting].default).raw_fields(fields[database.setting])
            special = mapping(PodsSettings.raw_fields(own["pods"])["node_selector"])
            if words := node_label_problem(str(own["node_label"]), {**general, **special}):
                yield f"{database.setting}.node_label: {words}"

    def image(self, name: str) -> str:
        """The image of this name: overridden, third-party, or the platform's in the registry and with the tag set here."""
        return self.images.get(name) or images.THIRD_PARTY.get(name) or f"{self.image_registry}/{name}:{self.image_tag}"

    def service(self, name: str) -> ServiceSettings:
        """What differs for this service."""
        return self.services.get(name, _NOTHING_DIFFERS)

    def exposed(self, endpoint: Endpoint) -> Endpoint:
        """An endpoint of the platform with the node port that it has in this cluster, or none."""
        if endpoint == catalog.METRICS_QUEUE.endpoint:
            return self.metrics_redis.exposed(endpoint)
        return self.service(endpoint.service).exposed(endpoint)

    def database(self, database: catalog.PlatformDatabase) -> DatabaseSettings:
        """What is set of one of the platform's databases."""
        settings: DatabaseSettings = getattr(self, database.setting)
        return settings

    def replica_set(self, database: catalog.PlatformDatabase) -> ReplicaSet:
        """One of the platform's databases by its names."""
        settings = self.database(database)
        return ReplicaSet(
            name=database.name,
            namespace=database.namespace,
            members=settings.members,
            existing_secrets=settings.existing_secrets or {},
            domain=self.cluster.domain,
        )
