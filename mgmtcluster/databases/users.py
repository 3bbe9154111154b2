"""Users of a database that no service is, and whose names no service may have."""

from collections.abc import Iterator, Mapping
from typing import Final

#: May do everything: the Job that converges a set connects as this user, and a restore.
ROOT: Final = "root"

#: Among the Secrets that somebody else may make, the name of the key by which members know each other.
KEYFILE: Final = "keyfile"

#: May read everything and write nothing: dumps connect as this user.
BACKUP_USER: Final = "backup"

#: May read how members are, and the oplog, and nothing of the services' data: exporters connect as this user.
MONITOR_USER: Final = "monitor"

#: What these names mean, for the reader of an error.
RESERVED: Final = {
    ROOT: "the user who may do everything",
    KEYFILE: "the key by which members know each other",
    BACKUP_USER: "the user who dumps",
    MONITOR_USER: "the user who watches the members",
}

#: MongoDB's own roles, and the database that each is for; None: any database.
ROLES: Final = {
    **dict.fromkeys(("read", "readWrite", "dbAdmin", "dbOwner", "userAdmin")),
    **dict.fromkeys(("readAnyDatabase", "readWriteAnyDatabase", "dbAdminAnyDatabase", "userAdminAnyDatabase"), "admin"),
    **dict.fromkeys(("clusterAdmin", "clusterManager", "clusterMonitor", "hostManager", "backup", "restore", "root"), "admin"),
}

#: What a service may do in its database where nobody says otherwise.
READ_WRITE: Final = "readWrite"

#: The roles that are for one database.
ROLES_OF_A_DATABASE: Final = tuple(role for role, database in ROLES.items() if database is None)


def user_problems(name: str, roles: Mapping[str, str]) -> Iterator[str]:
    """Problems with the name of a user and its roles, one line each."""
    if name in RESERVED:
        yield f"name: {name!r} is {RESERVED[name]}; write another name"
    if not roles:
        yield "roles: is empty, so the user may do nothing; write a role and its database, as in {'read': 'orders'}"
    for role, database in roles.items():
        if role not in ROLES:
            yield f"roles: {role!r} is not a role of MongoDB's own; write one of {', '.join(ROLES)}"
        elif ROLES[role] not in (None, database):
            yield f"roles.{role}: {database!r} does not know this role; write {ROLES[role]!r}"
