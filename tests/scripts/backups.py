"""The pods that dump and restore, as far as their scripts can tell: folders, variables and the programs of their images."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.rig.ports import free_port
from tests.rig.s3 import S3
from tests.rig.scripts import SCRIPTS
from tests.scripts.dump_tools import install

PASSWORD = "it's-the-pass:word/of%backup"
ACCESS_KEY, SECRET_KEY = "AKIAOFTHEBUCKET", "the+secret/key=of the bucket"
OLD = ("registry-20261120T013000Z", "registry-20261121T013000Z", "registry-20261122T013000Z")
DATA = {
    "shop.orders": 5,
    "shop.a collection (of 3 documents)": 1,
    "bank.empty": 0,
    "bank.system.buckets.weather": 2,
    "config.image": 7,
}

#: What the scripts may use of the database's image, which is Ubuntu's, and of rclone's, which is Alpine's.
UBUNTU = (
    *("awk", "bash", "cat", "cmp", "date", "diff", "dirname", "find", "grep", "ls", "mkdir", "mv", "paste", "rm", "sed"),
    *("sh", "sleep", "sort", "sync", "tail", "tee", "timeout", "tr", "wc"),
)
ALPINE = ["cat", "dirname", "grep", "ls", "paste", "sed", "sh", "sort"]


@dataclass
class Pod:
    """A pod's folders, and how its scripts are run.

    With a server the bucket is the server's, and rclone the real one: ``bucket`` is what the server held after the last run.
    """

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    server: S3 | None = None

    def __post_init__(self) -> None:
        for name in ("dumps", "credentials", "tmp", "scratch", "buckets", "keys"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "password").write_text(PASSWORD)
        (self.folder / "keys" / "access_key").write_text(ACCESS_KEY)
        (self.folder / "keys" / "secret_key").write_text(SECRET_KEY)
        self.env = {
            "NAME": "registry",
            "DUMPS": str(self.dumps),
            "CREDENTIALS": str(self.folder / "credentials"),
            "TMPDIR": str(self.folder / "tmp"),
            "HOME": str(self.folder / "tmp"),
            "JOURNAL": str(self.folder / "journal"),
            "BUCKETS": str(self.folder / "buckets"),
            "USER_NAME": "backup",
            "PASSWORD_FILE": str(self.folder / "password"),
            "SCRATCH": str(self.folder / "scratch"),
            "CACHE_GIB": "0.25",
            "START_SECONDS": "120",
            "PORT": str(free_port()),
            "MEMBERS": "127.0.0.1:1",
            "REPLICA_SET": "rs0",
            "BUCKET": "dumps",
            "BUCKET_ENDPOINT": "https://s3.example.com",
            "BUCKET_PREFIX": "clusters/one",
            "BUCKET_KEYS": str(self.folder / "keys"),
            "DUMP": "latest",
            "DATA": json.dumps(DATA),
        }

    @property
    def dumps(self) -> Path:
        """The folder of dumps."""
        return self.folder / "dumps"

    @property
    def bucket(self) -> Path:
        """What stands for the bucket's folder."""
        return self.folder / "buckets" / "dumps" / "clusters" / "one"

    def hold(self, *names: str, where: Path | None = None) -> None:
        """Put complete dumps there, of one document each."""
        place = where or self.dumps
        place.mkdir(parents=True, exist_ok=True)
        for name in names:
            (place / f"{name}.counts").write_text("1\tadmin.system.version\n1\tshop.orders\n")
            (place / f"{name}.archive.gz").write_bytes(gzipped({"shop.orders": 1}))

    def journal(self) -> list[list[Any]]:
        """What the stand-ins did, in order."""
        file = self.folder / "journal"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def run(self, step: str, *, shell: Sequence[str] = ("sh",), **env: str) -> subprocess.CompletedProcess[str]:
        """Run a step's script with the programs of its image alone."""
        image, tools = (ALPINE, ["rclone"]) if step in ("store", "fetch") else (UBUNTU, ["mongod", "mongodump", "mongorestore"])
        path = self.folder / f"bin-{step}"
        if not path.exists():
            path.mkdir()
            for program in image:
                found = shutil.which(program)
                assert found, program
                (path / program).symlink_to(found)
            install(path, tools)
            if self.server:
                (path / "rclone").unlink(missing_ok=True)
                (path / "rclone").symlink_to(self.server.rclone)
        ended = subprocess.run(
            [*shell, str(SCRIPTS / f"backup-{step}.sh")],
            env={"PATH": str(path), **self.env, **env},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if self.server:
            self.server.download("dumps", self.folder / "buckets" / "dumps")
        return ended


def names_in(folder: Path) -> list[str]:
    """The files in a folder."""
    return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []


def files(*dumps: str) -> list[str]:
    """The two files of each of these dumps."""
    return sorted(f"{name}{ending}" for name in dumps for ending in (".archive.gz", ".counts"))


def last_line(ended: subprocess.CompletedProcess[str]) -> str:
    """What a pod's log ends in."""
    return ended.stderr.splitlines()[-1] if ended.stderr else ""


def gzipped(data: Mapping[str, int]) -> bytes:
    """An archive as the stand-in for mongodump writes it."""
    return gzip.compress(json.dumps(data).encode())
