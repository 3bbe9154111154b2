"""The plan for a cluster that the shell installer made: what is dumped, deleted, labelled and restored, in which order."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mgmtcluster import catalog
from mgmtcluster.cli.checks import nodes
from mgmtcluster.cli.checks.old_installer import OldDatabase, OldInstallation, found
from mgmtcluster.cli.checks.view import View
from mgmtcluster.cli.dumps import dump, restore
from mgmtcluster.edges import NAME_LABEL
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
    """The steps for what is on the cluster, in order; none where nothing of the shell installer is there."""
    old = found(view)
    running = [each for each in old.databases if each.members]
    if not old:
        return []
    if not running and not old.services:
        return list(_rests(old))
    return [*_stop(old), *_dump(view, running), *_delete(old), *_install(view), *_restore(view, running), *_finish(old)]


def notes(view: View) -> list[str]:
    """What changes for clients, and what the platform does not take over."""
    old = found(view)
    if not old:
        return []
    left = "is not of the platform and stays as it is: stop it before the dump if it writes to a database, and move it elsewhere"
    return [*(f"{name_of(each)} {left}" for each in old.others), *(note for each in old.services for note in _ports(each))]


def _ports(service: Object) -> Iterator[str]:
    """Node ports of an old Service that change."""
    namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
    rows = {each.port: each.node_port for each in catalog.ENDPOINTS if (each.namespace, each.service) == (namespace, name)}
    for port in service["spec"].get("ports") or ():
        before, after = port.get("nodePort"), rows.get(port["port"])
        if before and port["port"] in rows and before != after:
            becomes = f"is {after} from then on" if after else "is not exposed any more"
            yield f"{namespace}/{name} port {port['port']}: node port {before} {becomes}"


def _stop(old: OldInstallation) -> Iterator[Step]:
    deployments = _by_namespace(each for each in old.services if each["kind"] == "Deployment")
    if deployments:
        why = "So that nothing is written after the dump. The platform is away from here on, until the last step but one."
        commands = [f"kubectl scale deployment -n {where} {' '.join(names)} --replicas=0" for where, names in deployments.items()]
        yield Step("Stop the services", why, commands)


def _dump(view: View, running: Sequence[OldDatabase]) -> Iterator[Step]:
    for database in running:
        image = database.members[0]["spec"]["template"]["spec"]["containers"][0]["image"]
        why = f"{len(database.members)} members of {image}. Keep the files: a restore is made of them."
        yield Step(f"Dump {database.what.name}", why, dump(view, database))


def _delete(old: OldInstallation) -> Iterator[Step]:
    why = "Names, node ports and selectors are taken by others now. The claims and volumes of the databases stay."
    things = [each for database in old.databases for each in (*database.members, *database.objects)]
    commands = []
    for kind in ("Deployment", "Service", "ConfigMap", "Pod"):
        names = _by_namespace(each for each in (*old.services, *things) if each["kind"] == kind)
        commands += [f"kubectl delete --cascade=foreground {kind.lower()} -n {where} {' '.join(n)}" for where, n in names.items()]
    yield Step("Delete the old objects", why, commands)


def _install(view: View) -> Iterator[Step]:
    missing = [command for row in nodes.labels(view) for command in row.fix]
    if missing:
        yield Step("Label the nodes", "Each member of a database stays on one node with the database's label.", missing)
    wait = "--for=condition=Complete --timeout=30m"
    databases = [
        f"kubectl wait job -n {what.namespace} -l {NAME_LABEL}={what.name}-init-client {wait}" for what in catalog.DATABASES
    ]
    files = [phase for phase, objects in view.expected.phases.items() if _is_needed_first(objects)]
    commands = [f"kubectl apply -f dist/{phase}.k8s.yaml" for phase in files]
    yield Step(
        "Install the databases alone", "Empty; services come after the data.", ["mgmtcluster preflight", *commands, *databases]
    )


def _is_needed_first(objects: Sequence[Object]) -> bool:
    """Whether a phase holds the namespaces or a database."""
    databases = {(each.namespace, each.name) for each in catalog.DATABASES}
    sets = {(each["metadata"].get("namespace"), each["metadata"]["name"]) for each in objects if each["kind"] == "StatefulSet"}
    return bool(databases & sets) or any(each["kind"] == "Namespace" for each in objects)


def _restore(view: View, running: Sequence[OldDatabase]) -> Iterator[Step]:
    why = "Users and settings of the old server are left out: the platform has made its own. No difference may be printed."
    for database in running:
        yield Step(f"Restore {database.what.name}", why, restore(view, database))


def _finish(old: OldInstallation) -> Iterator[Step]:
    yield Step(
        "Install everything", "Ends by itself when all is Ready.", ["kubectl apply -f dist/", "mgmtcluster status --watch"]
    )
    yield from _rests(old, why="Up to here the way back is the old scripts on the old volumes. This cannot be undone.")


def _rests(old: OldInstallation, why: str = "Nothing runs on them any more. This cannot be undone.") -> Iterator[Step]:
    """Claims, volumes and the directories of the old databases."""
    claims = _by_namespace(each for database in old.databases for each in database.claims)
    volumes = [each for database in old.databases for each in database.volumes]
    things = [each for database in old.databases for each in database.objects if not database.members and not old.services]
    commands = [
        f"kubectl delete {each['kind'].lower()} -n {each['metadata']['namespace']} {each['metadata']['name']}" for each in things
    ]
    commands += [f"kubectl delete pvc -n {where} {' '.join(names)}" for where, names in claims.items()]
    if volumes:
        commands.append(f"kubectl delete pv {' '.join(each['metadata']['name'] for each in volumes)}")
        paths = [each["spec"]["hostPath"]["path"] for each in volumes if "hostPath" in each["spec"]]
        commands.append(f"# on every node that a member has run on: rm -r {' '.join(paths)}")
    if commands:
        yield Step("Delete the old volumes, once the data are known to be well", why, commands)


def _by_namespace(items: Iterator[Object]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = defaultdict(list)
    for each in items:
        names[each["metadata"]["namespace"]].append(each["metadata"]["name"])
    return names
