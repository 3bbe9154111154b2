"""The commands that carry the data of an old database into the new one."""

from typing import Final

from mgmtcluster import catalog
from mgmtcluster.addresses import service_host
from mgmtcluster.catalog import endpoints as at
from mgmtcluster.cli.checks.old_installer import OldDatabase
from mgmtcluster.databases.replica_set import ReplicaSet
from mgmtcluster.databases.users import ROOT

#: Every collection and the number of its documents.
_COUNT: Final = (
    "db.getMongo().getDBNames().filter(d => ['admin', 'config', 'local'].indexOf(d) < 0).forEach(d => "
    "db.getSiblingDB(d).getCollectionNames().sort().forEach(c => "
    "print(d + '.' + c, db.getSiblingDB(d).getCollection(c).countDocuments({}))))"
)

#: The database that MongoDB uses where a connection string names none, as one of the old installer's does.
_UNNAMED: Final = "test"


def dump(old: OldDatabase, new: ReplicaSet) -> list[str]:
    """Return the commands that write NAME.archive.gz and NAME.before, the number of documents in it."""
    hosts = [f"{service_host(member['metadata']['name'], new.namespace, new.domain)}:{new.port}" for member in old.members]
    uri = f"mongodb://{','.join(hosts)}/?replicaSet={new.set_name}"  # both installers give the set the same name
    run = f"kubectl exec -n {new.namespace} deployment/{old.members[0]['metadata']['name']} --"
    counts = f'{run} mongosh --quiet "{uri}" --eval "{_COUNT}"'
    name = _new_name(new)
    rename = f" | sed 's/^{_UNNAMED}\\./{name}./'" if name else ""
    return [
        f'{run} mongodump --quiet --uri="{uri}" --archive --gzip > {new.name}.archive.gz',
        f"gzip --test {new.name}.archive.gz",
        f"{counts}{rename} | sort > {new.name}.before",
    ]


def restore(new: ReplicaSet) -> list[str]:
    """Return the commands that restore NAME.archive.gz, and compare the result with NAME.before."""
    secret = new.password(ROOT)
    # Not `new.uri`: its timeouts are for the calls of services, and a restore's calls take longer.
    uri = f"mongodb://{ROOT}@{','.join(new.hosts)}/?replicaSet={new.set_name}&authSource=admin&w=majority"
    run = f"kubectl exec -i -n {new.namespace} {new.pod(0)} -c {new.name} --"
    password = f'{{{{index .data "{secret.key}" | base64decode}}}}'
    name = _new_name(new)
    rename = f" --nsFrom='{_UNNAMED}.*' --nsTo='{name}.*'" if name else ""
    login = f"db = connect('{uri}'.replace('{ROOT}@', '{ROOT}:' + require('fs').readFileSync('/tmp/password') + '@'))"
    return [
        f"kubectl get secret -n {new.namespace} {secret.name} -o go-template='{password}'"
        f" | {run} sh -c 'umask 077; cat > /tmp/password'",
        f"""{run} sh -c 'umask 077; printf "uri: %s\\npassword: %s\\n" "{uri}" "$(cat /tmp/password)" > /tmp/restore.yaml'""",
        f"{run} mongorestore --config=/tmp/restore.yaml --archive --gzip --stopOnError"
        f" --nsExclude='admin.*' --nsExclude='config.*'{rename} < {new.name}.archive.gz",
        f'{run} mongosh --nodb --quiet --eval "{login}; {_COUNT}" | sort | diff {new.name}.before -',
        f"{run} rm /tmp/restore.yaml /tmp/password",
    ]


def _new_name(new: ReplicaSet) -> str | None:
    """The platform's name of the database that the old installer left unnamed, where it lies in this set."""
    [service] = [service for service in catalog.REGISTRIES if service.endpoint == at.COMPONENTS_REGISTRY]
    return service.database.name if service.database and service.endpoint.namespace == new.namespace else None
