"""What the platform's shell installer has left on a cluster.

It runs each member of a database as a Deployment of its own, on a hostPath volume that it makes by hand, and labels
everything else with ``app`` alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mgmtcluster import catalog
from mgmtcluster.cli.checks.row import Row, Verdict, counted, listed
from mgmtcluster.cli.checks.view import View, is_ours
from mgmtcluster.manifests import Object, name_of


@dataclass(frozen=True)
class OldDatabase:
    """A database that the shell installer made.

    Attributes:
        successor: the database of the platform that takes its place.
        members: the Deployments of its members, by ordinal.
        objects: everything else of it in its namespace, but its claims.
        claims: its claims.
        volumes: its volumes, which stay when their claims are deleted.
    """

    successor: catalog.PlatformDatabase
    members: Sequence[Object]
    objects: Sequence[Object]
    claims: Sequence[Object]
    volumes: Sequence[Object]


@dataclass(frozen=True)
class OldInstallation:
    """Everything of the shell installer.

    Attributes:
        databases: the databases of which something is there.
        services: Deployments and Services of the platform's services.
        others: other Deployments and Services in the platform's namespaces.
    """

    databases: Sequence[OldDatabase]
    services: Sequence[Object]
    others: Sequence[Object]

    def __bool__(self) -> bool:
        return bool(self.databases or self.services)


def found(view: View) -> OldInstallation:
    """Return what is there of it."""
    databases = [_database(view, database) for database in catalog.DATABASES]
    there = [database for database in databases if database.members or database.objects or database.claims or database.volumes]
    members = {name_of(item) for database in there for item in (*database.members, *database.objects)}
    left = [item for item in view.named.values() if _is_foreign(item) and name_of(item) not in members]
    services = _services(left)
    names = {name_of(item) for item in services}
    return OldInstallation(there, services, sorted((item for item in left if name_of(item) not in names), key=name_of))


def _is_foreign(item: Object) -> bool:
    return item["kind"] in ("Deployment", "Service") and not is_ours(item)


def _services(items: Sequence[Object]) -> list[Object]:
    """Services with a name of the platform's that select pods by ``app`` alone, and the Deployments of these pods."""
    known = {(endpoint.namespace, endpoint.service) for endpoint in catalog.ENDPOINTS}
    known |= {(service.endpoint.namespace, alias) for service in catalog.ALL for alias in service.aliases}
    services = [
        item
        for item in items
        if item["kind"] == "Service"
        and (item["metadata"]["namespace"], item["metadata"]["name"]) in known
        and {*(item["spec"].get("selector") or {})} == {"app"}
    ]
    selected = {(service["metadata"]["namespace"], service["spec"]["selector"]["app"]) for service in services}
    deployments = [
        item
        for item in items
        if item["kind"] == "Deployment"
        and (item["metadata"]["namespace"], item["spec"]["template"]["metadata"].get("labels", {}).get("app")) in selected
    ]
    return sorted((*services, *deployments), key=name_of)


def _database(view: View, database: catalog.PlatformDatabase) -> OldDatabase:
    namespace = database.namespace
    home = [item for item in view.named.values() if item["metadata"].get("namespace") == namespace and not is_ours(item)]
    pods = [pod for pod in view.objects["Pod"] if pod["metadata"]["namespace"] == namespace]

    def of(kind: str, pattern: str, items: Sequence[Object] = home) -> list[Object]:
        whole = re.compile(pattern.format(re.escape(database.name)))
        matching = [item for item in items if item["kind"] == kind and whole.fullmatch(item["metadata"]["name"])]
        return sorted(matching, key=lambda item: (len(item["metadata"]["name"]), item["metadata"]["name"]))

    return OldDatabase(
        successor=database,
        members=of("Deployment", r"{}-\d+"),
        objects=[*of("Service", r"{}-\d+"), *of("ConfigMap", r"{}-init"), *of("Pod", r"{}-init-client", pods)],
        claims=of("PersistentVolumeClaim", r"{}-pvc-\d+"),
        volumes=of("PersistentVolume", r"{}-pv-\d+", view.objects["PersistentVolume"]),
    )


def leftovers(view: View) -> Iterator[Row]:
    """Nothing of the shell installer is there."""
    old = found(view)
    if not old:
        yield Row("shell installer", "ok", "nothing of it is there")
        return
    members = [name_of(member) for database in old.databases for member in database.members]
    volumes = [volume["metadata"]["name"] for database in old.databases for volume in database.volumes]
    deployments = sum(item["kind"] == "Deployment" for item in old.services)
    parts = [
        f"members {listed(members)}" if members else "",
        f"volumes {listed(volumes)}" if volumes else "",
        f"{counted(deployments, 'Deployment')} and {counted(len(old.services) - deployments, 'Service')}" if old.services else "",
    ]
    # A volume alone is in the way of nothing.
    verdict: Verdict = "fail" if members or old.services else "warn"
    text = "; ".join(filter(None, parts)) or "claims, Services or ConfigMaps of its databases"
    yield Row("shell installer", verdict, text, ["mgmtcluster plan-migration"])


CHECKS: Final = (leftovers,)
