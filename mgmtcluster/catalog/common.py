"""What several services have in common."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, Unpack

from mgmtcluster.addresses import Endpoint
from mgmtcluster.catalog.service import Database, Service, Value
from mgmtcluster.containers import Sidecar
from mgmtcluster.kinds.containers import ExecProbe, Outside, Resources
from mgmtcluster.options import PodOptions

#: Services on Node.js, or on Flask with its reloader: 77 to 81 MB resident when idle.
LARGER: Final = Resources(memory="96Mi")

#: The Kubernetes API of clusters that are onboarded, with the kubeconfig of the request.
TARGET_CLUSTER_API: Final = Outside(ports=((443, 443), (6443, 6443)), reason="the Kubernetes API of target clusters")

#: The request follows the peak while a policy runs, which is up to 80 MiB above that of the idle service.
POLICY_RESOURCES: Final = Resources(
    memory="128Mi", memory_limit="512Mi", cpu_limit="1", ephemeral_storage="128Mi", ephemeral_storage_limit="1Gi"
)

#: Where a policy's requirements are installed: a process without root writes there, and finds them.
_REQUIREMENTS: Final = "/pydeps"
_POLICY_ENV: Final = {
    "HOME": "/tmp",
    "PIP_NO_CACHE_DIR": "1",
    # So pip replaces the version that an earlier policy installed, and uses what the image has; with --target it does neither.
    "PIP_USER": "1",
    "PYTHONUSERBASE": _REQUIREMENTS,
    # pip is started for each policy, and the image's own directories are read-only: without this it is compiled each time.
    "PYTHONPYCACHEPREFIX": "/tmp/pyc",
}
_POLICY_CODE: Final = Outside(ports=((80, 80), (443, 443)), reason="policy code by its URL, and its requirements from PyPI")


def policy_runner(
    *,
    about: str,
    endpoint: Endpoint,
    image: str,
    python: str,
    env: Mapping[str, Value],
    database: Database | None = None,
    one_replica_because: str | None = None,
    handed_on: Collection[str] = (),
    dialled_too: Mapping[str, str] = MappingProxyType({}),
    **options: Unpack[PodOptions],
) -> Service:
    """A service that loads policies by their URL, installs their requirements with pip, and runs them in its own process.

    Args:
        python: the version of the image's Python, as the path of its packages has it: ``3.11``. That Python must be no virtual
            environment, in which pip refuses ``--user``. For an image with one, set ``PIP_USER: "0"`` and ``PIP_TARGET`` to the
            directory in ``PYTHONPATH``: that works as long as no two policies need two versions of a package.
        about, endpoint, image, env, database, one_replica_because, handed_on, dialled_too, options: as ``Service`` takes them.
    """
    packages = f"{_REQUIREMENTS}/lib/python{python}/site-packages"
    options.setdefault("resources", POLICY_RESOURCES)
    # A volume for the packages too: a directory that is not there when the process starts, Python never looks into again.
    options["writes"] = ("/tmp", _REQUIREMENTS, packages)
    options["outside"] = (_POLICY_CODE, *options.get("outside", ()))
    return Service(
        about=about,
        endpoint=endpoint,
        image=image,
        env={**_POLICY_ENV, "PYTHONPATH": packages, **env},
        database=database,
        one_replica_because=one_replica_because,
        handed_on=handed_on,
        dialled_too=dialled_too,
        **options,
    )


def redis_sidecar() -> Sidecar:
    """A Redis for the containers of its pod alone, whose queue ends with the pod."""
    return Sidecar(
        name="redis",
        image="redis",
        args=("redis-server", "--bind", "127.0.0.1", "--save", "", "--maxmemory", "96mb", "--maxmemory-policy", "noeviction"),
        resources=Resources(memory="16Mi", memory_limit="128Mi"),
        writes=("/data",),
        readiness=ExecProbe(command=("redis-cli", "ping")),
        liveness=ExecProbe(command=("redis-cli", "ping"), period_seconds=30, failure_threshold=6),
    )


def node_js_probe(path: str, port: int, *, period_seconds: int, failure_threshold: int) -> ExecProbe:
    """A probe that treats 404 as healthy: no other answer of these services shows that their database answers."""
    check = f"fetch('http://127.0.0.1:{port}{path}').then(r=>process.exit(r.status<500?0:1),()=>process.exit(1))"
    return ExecProbe(
        command=("node", "-e", check), period_seconds=period_seconds, failure_threshold=failure_threshold, timeout_seconds=10
    )
