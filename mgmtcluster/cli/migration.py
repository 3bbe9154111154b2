"""The plan for a cluster that the shell installer made: what is dumped, deleted, labelled and restored, in which order."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mgmtcluster import catalog
from mgmtcluster.addresses import Endpoint
from mgmtcluster.cli.checks import nodes
from mgmtcluster.cli.checks.old_installer import OldDatabase, OldInstallation, found
from mgmtcluster.cli.checks.view import View
from mgmtcluster.cli.dumps import dump, restore
from mgmtcluster.kinds.peers import NAME_LABEL
from mgmtcluster.manifests import Object, name_of


@dataclass(frozen=True)
class Step:
    """One step; the next one comes after its last command has succeeded.

    Attributes:
        title: what it does.
        why: what to know before.
        commands: shell commands.
    """

    title: str
    why: str
    commands: list[str]


def plan(view: View) -> list[Step]:
    """Return the steps for this cluster, in order. There are none if the shell installer left nothing."""
    old = found(view)
    running = [database for database in old.databases if database.members]
    if not old:
        return []
    if not running and not old.services:
        return list(_rests(old))
    return [*_stop(old), *_dump(view, running), *_delete(old), *_install(view), *_restore(view, running), *_finish(old)]


def notes(view: View) -> list[str]:
    """Return what changes for clients, and what the platform does not take over."""
    old = found(view)
    if not old:
        return []
    left = "is not of the platform and stays as it is: stop it before the dump if it writes to a database, and move it elsewhere"
    rows = [view.expected.settings.exposed(row) for row in catalog.ENDPOINTS]
    ports = (note for service in old.services for note in _ports(service, rows))
    return [*(f"{name_of(item)} {left}" for item in old.others), *ports]


def _ports(service: Object, documented: Sequence[Endpoint]) -> Iterator[str]:
    """Node ports of an old Service that change."""
    namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
    rows = {row.port: row.node_port for row in documented if (row.namespace, row.service) == (namespace, name)}
    for port in service["spec"].get("ports") or ():
        before, after = port.get("nodePort"), rows.get(port["port"])
        if before and port["port"] in rows and before != after:
            becomes = f"is {after} from then on" if after else "is not exposed any more"
            yield f"{namespace}/{name} port {port['port']}: node port {before} {becomes}"


def _stop(old: OldInstallation) -> Iterator[Step]:
    deployments = _by_namespace(item for item in old.services if item["kind"] == "Deployment")
    if deployments:
        why = "So that nothing is written after the dump. The platform is away from here on, until the last step but one."
        commands = [f"kubectl scale deployment -n {where} {' '.join(names)} --replicas=0" for where, names in deployments.items()]
        yield Step("Stop the services", why, commands)


def _dump(view: View, running: Sequence[OldDatabase]) -> Iterator[Step]:
    for database in running:
        image = database.members[0]["spec"]["template"]["spec"]["containers"][0]["image"]
        why = f"{len(database.members)} members of {image}. Keep the files: a restore is made of them."
        commands = dump(database, view.expected.settings.replica_set(database.successor))
        yield Step(f"Dump {database.successor.name}", why, commands)


def _delete(old: OldInstallation) -> Iterator[Step]:
    why = "Names, node ports and selectors are taken by others now. The claims and volumes of the databases stay."
    items = [*old.services, *(item for database in old.databases for item in (*database.members, *database.objects))]
    commands = []
    for kind in ("Deployment", "Service", "ConfigMap", "Pod"):
        by_namespace = _by_namespace(item for item in items if item["kind"] == kind)
        delete = f"kubectl delete --cascade=foreground {kind.lower()}"
        commands += [f"{delete} -n {where} {' '.join(names)}" for where, names in by_namespace.items()]
    yield Step("Delete the old objects", why, commands)


def _install(view: View) -> Iterator[Step]:
    missing = [command for row in nodes.labels(view) for command in row.fix]
    if missing:
        yield Step("Label the nodes", "Each member of a database stays on one node with the database's label.", missing)
    sets = [view.expected.settings.replica_set(database) for database in catalog.DATABASES]
    waits = [
        f"kubectl wait job -n {replica_set.namespace} -l {NAME_LABEL}={replica_set.init_client.name}"
        " --for=condition=Complete --timeout=30m"
        for replica_set in sets
    ]
    files = [phase for phase, objects in view.expected.phases.items() if _is_needed_first(objects)]
    applies = [f"kubectl apply -f dist/{phase}.k8s.yaml" for phase in files]
    why = "Empty; services come after the data."
    yield Step("Install the databases alone", why, ["mgmtcluster preflight", *applies, *waits])


def _is_needed_first(objects: Sequence[Object]) -> bool:
    """Whether a phase holds the namespaces or a database."""
    databases = {(database.namespace, database.name) for database in catalog.DATABASES}
    sets = {(item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects if item["kind"] == "StatefulSet"}
    return bool(databases & sets) or any(item["kind"] == "Namespace" for item in objects)


def _restore(view: View, running: Sequence[OldDatabase]) -> Iterator[Step]:
    why = "Users and settings of the old server are left out: the platform has made its own. No difference may be printed."
    for database in running:
        yield Step(f"Restore {database.successor.name}", why, restore(view.expected.settings.replica_set(database.successor)))


def _finish(old: OldInstallation) -> Iterator[Step]:
    commands = ["kubectl apply -f dist/", "mgmtcluster status --watch"]
    yield Step("Install everything", "Ends by itself when all is Ready.", commands)
    yield from _rests(old, why="Up to here the way back is the old scripts on the old volumes. This cannot be undone.")


def _rests(old: OldInstallation, why: str = "Nothing runs on them any more. This cannot be undone.") -> Iterator[Step]:
    """Claims, volumes and the directories of the old databases."""
    claims = _by_namespace(claim for database in old.databases for claim in database.claims)
    volumes = [volume for database in old.databases for volume in database.volumes]
    items = [item for database in old.databases for item in database.objects if not database.members and not old.services]
    commands = [
        f"kubectl delete {item['kind'].lower()} -n {item['metadata']['namespace']} {item['metadata']['name']}" for item in items
    ]
    commands += [f"kubectl delete pvc -n {where} {' '.join(names)}" for where, names in claims.items()]
    if volumes:
        commands.append(f"kubectl delete pv {' '.join(volume['metadata']['name'] for volume in volumes)}")
        paths = [volume["spec"]["hostPath"]["path"] for volume in volumes if "hostPath" in volume["spec"]]
        commands.append(f"# on every node that a member has run on: rm -r {' '.join(paths)}")
    if commands:
        yield Step("Delete the old volumes, once the data are known to be well", why, commands)


def _by_namespace(items: Iterable[Object]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = defaultdict(list)
    for item in items:
        names[item["metadata"]["namespace"]].append(item["metadata"]["name"])
    return names
