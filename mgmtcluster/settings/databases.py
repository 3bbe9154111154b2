"""What the settings say of the databases and of Redis, with the checks of their fields."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from mgmtcluster.addresses import Endpoint
from mgmtcluster.databases.bucket import (
    DEFAULT_DRILL,
    Bucket,
    BucketName,
    BucketPrefix,
    BucketRegion,
    access_problems,
    place_problems,
)
from mgmtcluster.databases.mongod import MongodArgument, twice_problems
from mgmtcluster.databases.replica_set import MEMBERS, member_problems
from mgmtcluster.kinds.containers import Cpu, small_limit
from mgmtcluster.kinds.keys import FreeKey
from mgmtcluster.kinds.names import MongoVersion, NodeLabel, ObjectName, SecretKeyName
from mgmtcluster.kinds.network import HttpUrl, NodePort
from mgmtcluster.kinds.quantities import Memory, Quantity, Storage, quantity_value
from mgmtcluster.kinds.schedules import Schedule
from mgmtcluster.kinds.sources import ConfigKey, SecretKey
from mgmtcluster.settings.model import Model
from mgmtcluster.settings.pods import PodsSettings


def _for_mongod(text: str) -> str:
    """At least 512Mi, in which mongod runs."""
    return _enough(text, 512)


def _for_redis(text: str) -> str:
    """At least 64Mi, in which Redis runs."""
    return _enough(text, 64)


def _enough(text: str, mebibytes: int) -> str:
    if quantity_value(text) < mebibytes * 1024**2:
        raise ValueError(f"{text!r} is too little memory; write {mebibytes}Mi or more")
    return text


class CpuSettings(Model):
    """CPUs of each member."""

    request: Quantity = Field(default="250m", description="What it may count on.")
    limit: Quantity | None = Field(default="2", description="It is slowed down beyond it. `null`: it may use what the node has.")

    @classmethod
    def _cross_field_problems(cls, fields: Mapping[str, Any], wrong: Set[str], /) -> Iterator[str]:
        """A limit is no less than the request."""
        if not wrong and (words := small_limit(fields["request"], fields["limit"])):
            yield f"limit: {words}"

    @property
    def cpu(self) -> Cpu:
        """The same, as constructs take it."""
        return Cpu(request=self.request, limit=self.limit)


class RedisCpuSettings(CpuSettings):
    """CPUs of Redis."""

    request: Quantity = Field(default="100m", description="What it may count on.")
    limit: Quantity | None = Field(default="1", description="It is slowed down beyond it. `null`: it may use what the node has.")


class BucketCaSettings(Model):
    """The CA that the certificate of a bucket's server is from."""

    secret: ObjectName | None = Field(default=None, description="Secret in the database's namespace; this or `config_map`.")
    config_map: ObjectName | None = Field(default=None, description="ConfigMap in the database's namespace; this or `secret`.")
    key: SecretKeyName = Field(description="The key in it that has the certificates, in PEM.")

    @classmethod
    def _cross_field_problems(cls, fields: Mapping[str, Any], _wrong: Set[str], /) -> Iterator[str]:
        """One source, whether or not it is right by itself."""
        if fields["secret"] is not None and fields["config_map"] is not None:
            yield "config_map: is set beside secret; write one of them"
        if fields["secret"] is None and fields["config_map"] is None:
            yield "secret: is missing, and so is config_map; write one of them"

    @property
    def source(self) -> SecretKey | ConfigKey:
        """The same, as constructs take it."""
        return SecretKey(self.secret, self.key) if self.secret else ConfigKey(str(self.config_map), self.key)


class BucketSettings(Model):
    """A bucket that speaks S3."""

    endpoint: HttpUrl = Field(description="URL of the service, without the bucket's name.")
    name: BucketName = Field(description="Name of the bucket, which exists.")
    secret: ObjectName | None = Field(
        default=None,
        description="Secret in the database's namespace with `access_key` and `secret_key`; this or the annotations.",
    )
    prefix: BucketPrefix | None = Field(default=None, description="Folder in the bucket. Default: none.")
    region: BucketRegion | None = Field(default=None, description="Region, where the service asks for it.")
    service_account_annotations: dict[FreeKey, str] = Field(
        default={},
        description="Annotations of the CronJobs' ServiceAccounts, by which a cloud knows their pods; this or `secret`.",
    )
    ca: BucketCaSettings | None = Field(
        default=None, description="Who signed the server's certificate. Default: the image's CAs."
    )

    @classmethod
    def _cross_field_problems(cls, fields: Mapping[str, Any], _wrong: Set[str], /) -> Iterator[str]:
        """It is opened in one way, and its server can show the certificate that is asked for."""
        annotations = fields["service_account_annotations"]
        yield from access_problems(endpoint=fields["endpoint"], secret=fields["secret"], annotations=annotations, ca=fields["ca"])

    @property
    def bucket(self) -> Bucket:
        """The bucket, as constructs take it."""
        fields = {name: value for name, value in self if name != "ca"}
        return Bucket(**fields, ca=self.ca.source if self.ca else None)


class BackupSettings(Model):
    """Dumps of a replicated database, and what proves them."""

    schedule: Schedule = Field(default="30 1 * * *", description="When to dump: the five fields of cron, in UTC.")
    keep: Annotated[int, Field(ge=1, le=1000)] = Field(default=7, description="Number of dumps to keep.")
    drill_schedule: Schedule = Field(default=DEFAULT_DRILL, description="When to restore the newest dump to try it, in UTC.")
    storage: Storage | None = Field(default=None, description="Size of a claim for the dumps; this or `bucket`.")
    bucket: BucketSettings | None = Field(default=None, description="A bucket for the dumps; this or `storage`.")

    @classmethod
    def _cross_field_problems(cls, fields: Mapping[str, Any], _wrong: Set[str], /) -> Iterable[str]:
        """Dumps go to one place, whether or not it is right by itself."""
        return place_problems(storage=fields["storage"], bucket=fields["bucket"])


class DatabaseSettings(Model):
    """One of the two replicated databases."""

    members: int = Field(
        default=3, description="Members of the replica set: 3, 5 or 7.", json_schema_extra={"enum": [1, *MEMBERS]}
    )
    storage: Storage = Field(default="10Gi", description="Size of each member's volume; it cannot be changed in place.")
    memory: Annotated[Memory, AfterValidator(_for_mongod)] = Field(
        default="1536Mi", description="Request and limit of each member; the cache is computed from it."
    )
    cpu: CpuSettings = Field(default=CpuSettings(), description="Request and limit of each member.")
    mongod_arguments: list[MongodArgument] = Field(
        default=[], description="Further arguments of mongod, such as `--oplogSize=2048`."
    )
    pods: PodsSettings = Field(
        default=PodsSettings(), description="What its pods get over the platform's: members, Jobs, dumps and exporter."
    )
    node_label: NodeLabel = Field(default="registry=yes", description="Members run on nodes with this label only.")
    keep_running: int | None = Field(
        default=None, description="Members kept as pods while the votes beyond `members` are removed."
    )
    replace_member: int | None = Field(
        default=None, description="Ordinal of a member whose vote is taken away, so that it can come back with an empty volume."
    )
    single_member_may_lose_data: bool = Field(default=False, description="Allow `members: 1`, for a laptop.")
    feature_compatibility_version: MongoVersion | None = Field(
        default=None, description="Raised to this once every member runs a binary of at least that version, after images.mongo."
    )
    existing_secrets: dict[str, ObjectName] | None = Field(
        default=None,
        description="Secrets made elsewhere: `keyfile`, `root` or a service to the Secret's name. Given, none is made.",
    )
    backup: BackupSettings | None = Field(default=None, description="Dumps, restore and restore drill. Default: none.")

    @classmethod
    def _cross_field_problems(cls, fields: Mapping[str, Any], wrong: Set[str], /) -> Iterator[str]:
        """Numbers of members that fit together."""
        if "mongod_arguments" not in wrong:
            yield from twice_problems(fields["mongod_arguments"])
        right = {name: value for name, value in fields.items() if name not in wrong}
        if "members" in right:
            yield from member_problems(
                right["members"],
                right.get("keep_running"),
                replace_member=right.get("replace_member"),
                single_member_may_lose_data=right.get("single_member_may_lose_data", False),
            )


class MetricsDatabaseSettings(DatabaseSettings):
    """The database of the metrics services."""

    node_label: NodeLabel = Field(default="metrics-db=yes", description="Members run on nodes with this label only.")


class RedisSettings(Model):
    """The Redis through which metrics are pushed."""

    storage: Storage = Field(default="2Gi", description="Size of its volume.")
    memory: Annotated[Memory, AfterValidator(_for_redis)] = Field(
        default="512Mi", description="Request and limit; three quarters of it are for waiting metrics."
    )
    cpu: RedisCpuSettings = Field(default=RedisCpuSettings(), description="Request and limit.")
    pods: PodsSettings = Field(default=PodsSettings(), description="What its pod and its Job get over the platform's.")
    existing_secret: ObjectName | None = Field(
        default=None, description="A Secret made elsewhere with the administrator's `password`. Given, none is made."
    )
    node_port: NodePort | None = Field(default=None, description="Another port on every node than the documented one.")

    def exposed(self, endpoint: Endpoint) -> Endpoint:
        """Its endpoint, as this cluster exposes it."""
        return replace(endpoint, node_port=self.node_port or endpoint.node_port)
