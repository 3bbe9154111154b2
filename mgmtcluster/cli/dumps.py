"""The commands that carry the data of an old database into the new one."""

from typing import Final

from mgmtcluster import catalog
from mgmtcluster.addresses import pod_host, service_host
from mgmtcluster.catalog import endpoints as at
from mgmtcluster.cli.checks.old_installer import OldDatabase
from mgmtcluster.cli.checks.view import View
from mgmtcluster.databases.grant import PASSWORD_KEY, user_secret
from mgmtcluster.databases.replica_set import MONGODB_PORT
from mgmtcluster.manifests import containers

_ROOT: Final = "root"

#: Every collection and the number of its documents.
_COUNT: Final = (
    "db.getMongo().getDBNames().filter(d => ['admin', 'config', 'local'].indexOf(d) < 0).forEach(d => "
    "db.getSiblingDB(d).getCollectionNames().sort().forEach(c => "
    "print(d + '.' + c, db.getSiblingDB(d).getCollection(c).countDocuments({}))))"
)

#: The database that MongoDB uses where a connection string names none, as one of the old installer's does.
_UNNAMED: Final = "test"


def dump(view: View, old: OldDatabase) -> list[str]:
    """The commands that write NAME.archive.gz and NAME.before, the number of documents in it."""
    what = old.what
    uri = _uri(view, what, [service_host(each["metadata"]["name"], what.namespace) for each in old.members])
    run = f"kubectl exec -n {what.namespace} deployment/{old.members[0]['metadata']['name']} --"
    counts = f'{run} mongosh --quiet "{uri}" --eval "{_COUNT}"'
    rename = f" | sed 's/^{_UNNAMED}\\./{_named(what)}./'" if _named(what) else ""
    return [
        f'{run} mongodump --quiet --uri="{uri}" --archive --gzip > {what.name}.archive.gz',
        f"gzip --test {what.name}.archive.gz",
        f"{counts}{rename} | sort > {what.name}.before",
    ]


def restore(view: View, old: OldDatabase) -> list[str]:
    """The commands that restore NAME.archive.gz, and compare what is there with NAME.before."""
    what = old.what
    given = view.expected.settings.database(what)
    secret = (given.existing_secrets or {}).get(_ROOT, user_secret(what.name, _ROOT))
    members = [pod_host(f"{what.name}-{ordinal}", what.name, what.namespace) for ordinal in range(given.members)]
    uri = _uri(view, what, members, user=f"{_ROOT}@") + "&authSource=admin&w=majority"
    run = f"kubectl exec -i -n {what.namespace} {what.name}-0 -c {what.name} --"
    password = f'{{{{index .data "{PASSWORD_KEY}" | base64decode}}}}'
    renamed = f" --nsFrom='{_UNNAMED}.*' --nsTo='{_named(what)}.*'" if _named(what) else ""
    login = f"db = connect('{uri}'.replace('{_ROOT}@', '{_ROOT}:' + require('fs').readFileSync('/tmp/password') + '@'))"
    return [
        f"kubectl get secret -n {what.namespace} {secret} -o go-template='{password}'"
        f" | {run} sh -c 'umask 077; cat > /tmp/password'",
        f"""{run} sh -c 'umask 077; printf "uri: %s\\npassword: %s\\n" "{uri}" "$(cat /tmp/password)" > /tmp/restore.yaml'""",
        f"{run} mongorestore --config=/tmp/restore.yaml --archive --gzip --stopOnError"
        f" --nsExclude='admin.*' --nsExclude='config.*'{renamed} < {what.name}.archive.gz",
        f'{run} mongosh --nodb --quiet --eval "{login}; {_COUNT}" | sort | diff {what.name}.before -',
        f"{run} rm /tmp/restore.yaml /tmp/password",
    ]


def _uri(view: View, what: catalog.PlatformDatabase, hosts: list[str], user: str = "") -> str:
    """The connection string of a set; both installers give it the same name."""
    [name] = {
        argument.partition("=")[2]
        for each in view.expected.of_kind("StatefulSet")
        if (each["metadata"]["namespace"], each["metadata"]["name"]) == (what.namespace, what.name)
        for container in containers(each)
        for argument in container.get("command") or ()
        if argument.startswith("--replSet=")
    }
    return f"mongodb://{user}{','.join(f'{host}:{MONGODB_PORT}' for host in hosts)}/?replicaSet={name}"


def _named(what: catalog.PlatformDatabase) -> str | None:
    """The platform's name of what lies in the unnamed database of this set."""
    [service] = [each for each in catalog.REGISTRIES if each.endpoint == at.COMPONENTS_REGISTRY]
    return service.database.name if service.database and service.endpoint.namespace == what.namespace else None
