"""Where dumps go: a claim, or a bucket that speaks S3; and when they are tried."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator

from mgmtcluster.addresses import Address, address_of
from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.cluster import Cluster
from mgmtcluster.kinds.containers import Outside
from mgmtcluster.kinds.names import ObjectName
from mgmtcluster.kinds.network import HttpUrl

#: When a dump is tried by default: weekly, when nobody works.
DEFAULT_DRILL: Final = "0 4 * * 0"


def bucket_name(text: str) -> str:
    """The name of a bucket, as every S3 accepts it."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", text) or ".." in text:
        raise ValueError(f"{text!r} is not a bucket name; write 3 to 63 of a-z, 0-9, - and ., with a-z or 0-9 at both ends")
    return text


def bucket_prefix(text: str) -> str:
    """What names of objects begin with: a folder, without a slash at either end."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*", text) or len(text) > 500:
        raise ValueError(f"{text!r} is not a prefix; write names of letters, digits, ., _ and -, as in clusters/one")
    return text


def bucket_region(text: str) -> str:
    """The region that a request is signed for."""
    if not re.fullmatch(r"[a-z0-9-]{1,63}", text):
        raise ValueError(f"{text!r} is not a region; write a-z, 0-9 and -, as in eu-west-1")
    return text


BucketName = Annotated[str, AfterValidator(bucket_name)]
BucketPrefix = Annotated[str, AfterValidator(bucket_prefix)]
BucketRegion = Annotated[str, AfterValidator(bucket_region)]


def place_problems(*, storage: object, bucket: object) -> list[str]:
    """What is wrong with where dumps are to go."""
    if storage is not None and bucket is not None:
        return ["bucket: is set beside storage; write one of them"]
    if storage is None and bucket is None:
        return ["storage: is missing, and so is bucket; write storage: 50Gi or bucket: {endpoint: …, name: …, secret: …}"]
    return []


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket that speaks S3, and the Secret that opens it.

    Args:
        endpoint: URL of the service, without the bucket's name.
        name: name of the bucket, which exists.
        secret: a Secret made elsewhere, in the database's namespace, with ``access_key`` and ``secret_key``.
        prefix: folder in the bucket. Default: none.
        region: the region, where the service asks for it.
    """

    endpoint: HttpUrl
    name: BucketName
    secret: ObjectName
    prefix: BucketPrefix | None = None
    region: BucketRegion | None = None

    def __post_init__(self) -> None:
        check_fields(self, where=f"Bucket {self.name!r}")

    def address(self, cluster: Cluster) -> Address | None:
        """Its address in this cluster, where it is a Service that somebody else runs here."""
        return address_of(self.endpoint, cluster.domain)

    def outside(self, cluster: Cluster) -> list[Outside]:
        """The connection to it, where it is outside the cluster; by its address, where it has no name."""
        return [] if self.address(cluster) else [Outside.at(self.endpoint, reason="the bucket that dumps are in")]

    @property
    def env(self) -> dict[str, str]:
        """What a script must know of it; nothing secret."""
        known = {
            "BUCKET_ENDPOINT": self.endpoint,
            "BUCKET": self.name,
            "BUCKET_PREFIX": self.prefix,
            "BUCKET_REGION": self.region,
        }
        return {name: value for name, value in known.items() if value}
