"""The claims that an installation makes."""

from collections.abc import Iterator
from dataclasses import dataclass

from mgmtcluster import catalog
from mgmtcluster.cli.checks.view import View
from mgmtcluster.manifests import Object


@dataclass(frozen=True)
class Claim:
    """A PersistentVolumeClaim to be.

    Attributes:
        name: its namespace and name, with a ``/`` between.
        storage: the storage that it asks for.
        holds: what is stored in it.
    """

    name: str
    storage: str
    holds: str


def wanted_claims(view: View) -> Iterator[Claim]:
    """Yield every claim that an installation makes."""
    databases = {(database.namespace, database.name) for database in catalog.DATABASES}
    for workload in view.expected.of_kind("StatefulSet"):
        namespace, name = workload["metadata"]["namespace"], workload["metadata"]["name"]
        holds = f"data of the database {name}" if (namespace, name) in databases else f"data of {name}"
        for template in workload["spec"].get("volumeClaimTemplates") or ():
            for ordinal in range(workload["spec"]["replicas"]):
                claim = f"{namespace}/{template['metadata']['name']}-{name}-{ordinal}"
                yield Claim(claim, _storage(template), holds)
    for manifest in view.expected.of_kind("PersistentVolumeClaim"):
        name = manifest["metadata"]["name"]
        yield Claim(f"{manifest['metadata']['namespace']}/{name}", _storage(manifest), f"data of {name}")


def _storage(claim: Object) -> str:
    return str(claim["spec"]["resources"]["requests"]["storage"])


def is_there(view: View, claim: str) -> bool:
    """Whether there is a claim of this namespace and name."""
    return f"PersistentVolumeClaim/{claim}" in view.named


def claim_of(volume: Object) -> str:
    """The namespace and name of the claim that a volume is or was bound to."""
    claim = volume["spec"].get("claimRef") or {}
    return f"{claim.get('namespace')}/{claim.get('name')}"


def phase_of(volume: Object) -> str:
    """What a volume's status says: Available, Bound, Released or Failed."""
    return str((volume.get("status") or {}).get("phase"))
