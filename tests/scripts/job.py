"""The converge Job as the tests run it: what it is asked for, and the Secrets that are mounted."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from mgmtcluster.databases.replica_set import DIRECT_TIMEOUTS, query_of
from tests.rig.mongo.replica_set import ReplicaSet
from tests.rig.mongo.wire import Document

HERE = Path(__file__).parent
HOSTS = [f"registry-{index}.registry.registries.svc.cluster.local:27017" for index in range(7)]
OLD_KEY, KEY, OTHER_KEY = "b2xkIGtleQ==", "bmV3K2tleS8rLzEyMw==", "c29tZWJvZHkgZWxzZSdz"
USERS = [
    {"user": "root", "roles": [{"role": "root", "db": "admin"}]},
    {"user": "blocks-db", "roles": [{"role": "readWrite", "db": "blocks"}]},
]
PASSWORDS = {"root": "r00t-s3cret", "blocks-db": "bl0cks-s3cret"}
WRITES = ("replSetInitiate", "replSetReconfig", "replSetStepDown", "createUser", "updateUser", "setDefaultRWConcern")

Ended = subprocess.CompletedProcess[str]


def mount_secrets(folder: Path) -> None:
    """Write the keyfile, in lines as some tools make it, and the passwords."""
    (folder / "keyfile").mkdir(parents=True)
    (folder / "users").mkdir()
    (folder / "keyfile" / "keyfile").write_text(f"{KEY[:8]}\n{KEY[8:]}\n")
    for user, password in PASSWORDS.items():
        (folder / "users" / user).write_text(password)


def reached_by_name(set_: ReplicaSet) -> dict[str, str]:
    """Environment that lets mongosh find test members under their names."""
    ports = {host: member.port for host, member in set_.members.items()}
    return {"NODE_OPTIONS": f"--require {HERE / 'hosts.js'}", "TEST_PORTS": json.dumps(ports)}


def request(set_: ReplicaSet, members: int, secrets: Path) -> dict[str, str]:
    """The Job's environment."""
    return {
        **reached_by_name(set_),
        "REPLICA_SET": "rs0",
        "MEMBERS": json.dumps(HOSTS[:members]),
        "USERS": json.dumps(USERS),
        "TIMEOUTS": query_of(DIRECT_TIMEOUTS),
        "SECRETS_DIR": str(secrets),
        "POLL_SECONDS": "0.05",
        "DEADLINE_SECONDS": "300",
    }


def asked_users() -> dict[str, Document]:
    """The users as a run leaves them on the server."""
    mechanisms = ["SCRAM-SHA-256"]
    return {
        name: {"pwd": PASSWORDS[name], "roles": user["roles"], "mechanisms": mechanisms}
        for user in USERS
        for name in [str(user["user"])]
    }


def last_line(result: Ended) -> str:
    """The sentence the Job ends with."""
    return result.stdout.splitlines()[-1]
