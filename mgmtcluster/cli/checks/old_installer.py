"""What the platform's shell installer has left on a cluster.

It runs each member of a database as a Deployment of its own, on a hostPath volume that it makes by hand, and labels
everything else with ``app`` alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mgmtcluster import catalog
from mgmtcluster.cli.checks.row import Row, Verdict, listed
from mgmtcluster.cli.checks.view import View, is_ours
from mgmtcluster.manifests import Object, name_of


@dataclass(frozen=True)
class OldDatabase:
    """A database that the shell installer made.

    Attributes:
        what: the database of the platform that takes its place.
        members: the Deployments of its members, by ordinal.
        objects: everything else of it in its namespace, but its claims.
        claims: its claims.
        volumes: its volumes, which stay when their claims are deleted.
    """

    what: catalog.PlatformDatabase
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
        others: Deployments and Services of nobody's in the platform's namespaces: of somebody else, or a service that the
            platform does not have.
    """

    databases: Sequence[OldDatabase]
    services: Sequence[Object]
    others: Sequence[Object]

    def __bool__(self) -> bool:
        return bool(self.databases or self.services)


def found(view: View) -> OldInstallation:
    """What of it is there."""
    databases = [_database(view, what) for what in catalog.DATABASES]
    there = [each for each in databases if each.members or each.objects or each.claims or each.volumes]
    members = {name_of(item) for each in there for item in (*each.members, *each.objects)}
    left = [each for each in view.named.values() if _is_foreign(each) and name_of(each) not in members]
    services = _services(left)
    names = {name_of(each) for each in services}
    return OldInstallation(there, services, sorted((each for each in left if name_of(each) not in names), key=name_of))


def _is_foreign(item: Object) -> bool:
    return item["kind"] in ("Deployment", "Service") and not is_ours(item)


def _services(items: Sequence[Object]) -> list[Object]:
    """Services with a name of the platform's that select pods by ``app`` alone, and the Deployments of these pods."""
    known = {(each.namespace, each.service) for each in catalog.ENDPOINTS}
    known |= {(each.endpoint.namespace, alias) for each in catalog.ALL for alias in each.aliases}
    services = [
        each
        for each in items
        if each["kind"] == "Service"
        and (each["metadata"]["namespace"], each["metadata"]["name"]) in known
        and {*(each["spec"].get("selector") or {})} == {"app"}
    ]
    selected = {(each["metadata"]["namespace"], each["spec"]["selector"]["app"]) for each in services}
    deployments = [
        each
        for each in items
        if each["kind"] == "Deployment"
        and (each["metadata"]["namespace"], each["spec"]["template"]["metadata"].get("labels", {}).get("app")) in selected
    ]
    return sorted((*services, *deployments), key=name_of)


def _database(view: View, what: catalog.PlatformDatabase) -> OldDatabase:
    home = [each for each in view.named.values() if each["metadata"].get("namespace") == what.namespace and not is_ours(each)]
    pods = [each for each in view.objects["Pod"] if each["metadata"]["namespace"] == what.namespace]

    def of(kind: str, pattern: str, items: Sequence[Object] = home) -> list[Object]:
        whole = re.compile(pattern.format(re.escape(what.name)))
        matching = [each for each in items if each["kind"] == kind and whole.fullmatch(each["metadata"]["name"])]
        return sorted(matching, key=lambda item: (len(item["metadata"]["name"]), item["metadata"]["name"]))

    return OldDatabase(
        what=what,
        members=of("Deployment", r"{}-\d+"),
        objects=[*of("Service", r"{}-\d+"), *of("ConfigMap", r"{}-init"), *of("Pod", r"{}-init-client", [*home, *pods])],
        claims=of("PersistentVolumeClaim", r"{}-pvc-\d+"),
        volumes=of("PersistentVolume", r"{}-pv-\d+", view.objects["PersistentVolume"]),
    )


def leftovers(view: View) -> Iterator[Row]:
    """Nothing of the shell installer is there."""
    old = found(view)
    if not old:
        yield Row("shell installer", "ok", "nothing of it is there")
        return
    members = [name_of(each) for database in old.databases for each in database.members]
    volumes = [each["metadata"]["name"] for database in old.databases for each in database.volumes]
    parts = [
        f"members {listed(members)}" if members else "",
        f"volumes {listed(volumes)}" if volumes else "",
        f"{len(old.services)} Deployments and Services" if old.services else "",
    ]
    # A volume alone is in the way of nothing.
    verdict: Verdict = "fail" if members or old.services else "warn"
    yield Row("shell installer", verdict, "; ".join(filter(None, parts)) or "rests of it", ["mgmtcluster plan-migration"])
