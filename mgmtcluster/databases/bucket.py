"""Where dumps go: a claim, or a bucket that speaks S3; and when they are tried."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import AfterValidator

from mgmtcluster.addresses import Address, address_of
from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.cluster import Cluster
from mgmtcluster.kinds.containers import Outside
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.keys import FreeKey
from mgmtcluster.kinds.names import ObjectName
from mgmtcluster.kinds.network import HttpUrl
from mgmtcluster.kinds.sources import ConfigKey, SecretKey

#: When a dump is tried by default: weekly, when nobody works.
DEFAULT_DRILL: Final = "0 4 * * 0"

_HTTPS: Final = (443, 443)

#: Annotations of clouds whose identities are no keys of S3: Google's and Azure's.
_NOT_OF_S3: Final = ("iam.gke.io/", "azure.workload.identity/")


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


def access_problems(*, endpoint: object, secret: object, annotations: object, ca: object) -> Iterator[str]:
    """What is wrong with how a bucket is opened, and with how its server is known."""
    if secret and annotations:
        yield "service_account_annotations: is set beside secret; write one of them"
    if not secret and not annotations:
        advice = "write secret: NAME, or the annotations that a cloud knows its identities by"
        yield f"secret: is missing, and so is service_account_annotations; {advice}"
    for key in annotations if isinstance(annotations, Mapping) else ():
        if str(key).startswith(_NOT_OF_S3):
            yield (
                f"service_account_annotations: {key!r} names an identity that S3 does not know, though a key of it may open the "
                "bucket; write secret: NAME, with such a key"
            )
    if ca and isinstance(endpoint, str) and endpoint.startswith("http://"):
        yield "ca: is set, but endpoint begins with http://, which shows no certificate; write https://, or leave ca out"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket that speaks S3, and what opens it: a Secret, or a cloud's identity of the pods.

    Args:
        endpoint: URL of the service, without the bucket's name.
        name: name of the bucket, which exists.
        secret: a Secret made elsewhere, in the database's namespace, with ``access_key`` and ``secret_key``; this or
            ``service_account_annotations``.
        prefix: folder in the bucket. Default: none.
        region: the region, where the service asks for it.
        service_account_annotations: annotations of the ServiceAccounts of all three CronJobs, by which a cloud gives their pods
            an identity that opens the bucket; this or ``secret``.
        ca: the CA's certificates in PEM, in a Secret or a ConfigMap made elsewhere, in the database's namespace. Default: those
            of the client's image.

    Raises:
        InvalidInput: a field cannot be used, alone or with the others.
    """

    endpoint: HttpUrl
    name: BucketName
    secret: ObjectName | None = None
    prefix: BucketPrefix | None = None
    region: BucketRegion | None = None
    service_account_annotations: Mapping[FreeKey, str] = field(default_factory=dict)
    ca: SecretKey | ConfigKey | None = None

    def __post_init__(self) -> None:
        where = f"Bucket {self.name!r}"
        check_fields(self, where=where)
        annotations = self.service_account_annotations
        problems = [*access_problems(endpoint=self.endpoint, secret=self.secret, annotations=annotations, ca=self.ca)]
        if problems:
            raise InvalidInput(f"{where}: {problem}" for problem in problems)

    def address(self, cluster: Cluster) -> Address | None:
        """Its address in this cluster, where it is a Service that somebody else runs here."""
        return address_of(self.endpoint, cluster.domain)

    def outside(self, cluster: Cluster) -> list[Outside]:
        """The connections to it, by its address where it has no name, and to what gives keys to an identity, both outside."""
        ways = [] if self.address(cluster) else [Outside.at(self.endpoint, reason="the bucket that dumps are in")]
        if self.service_account_annotations and not any(_is_https_anywhere(way) for way in ways):
            ways.append(Outside(ports=(_HTTPS,), reason="the cloud's service that gives keys to an identity"))
        return ways

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


def _is_https_anywhere(way: Outside) -> bool:
    return not way.cidrs and _HTTPS in way.ports
