"""What several services have in common."""

from typing import Final

from mgmtcluster.kinds.containers import ExecProbe, Outside, Resources
from mgmtcluster.options import Sidecar

#: Services on Node.js, or on Flask with its reloader: 77 to 81 MB resident when idle.
LARGER: Final = Resources(memory="96Mi")

#: Services that load and run policies in their own process.
POLICY_RUNNER: Final = Resources(
    memory="96Mi", memory_limit="512Mi", cpu_limit="1", ephemeral_storage="128Mi", ephemeral_storage_limit="1Gi"
)

#: A policy's requirements are installed where a process without root may write, and found there.
POLICY_ENV: Final = {"HOME": "/tmp", "PIP_NO_CACHE_DIR": "1", "PIP_TARGET": "/pydeps", "PYTHONPATH": "/pydeps"}
POLICY_WRITES: Final = ("/tmp", "/pydeps")
POLICY_CODE: Final = Outside(ports=((80, 80), (443, 443)), reason="policy code by its URL, and its requirements from PyPI")

#: The Kubernetes API of clusters that are onboarded, with the kubeconfig of the request.
TARGET_CLUSTER_API: Final = Outside(ports=((443, 443), (6443, 6443)), reason="the Kubernetes API of target clusters")


def redis_sidecar() -> Sidecar:
    """A Redis for the containers of its pod alone, whose queue ends with the pod."""
    return Sidecar(
        name="redis",
        image="redis",
        args=("redis-server", "--bind", "127.0.0.1", "--save", "", "--maxmemory", "96mb", "--maxmemory-policy", "noeviction"),
        resources=Resources(memory="32Mi", memory_limit="128Mi"),
        writes=("/data",),
        readiness=ExecProbe(command=("redis-cli", "ping")),
        liveness=ExecProbe(command=("redis-cli", "ping"), period_seconds=30, failure_threshold=6),
    )


def node_js_probe(path: str, port: int, *, period_seconds: int, failure_threshold: int) -> ExecProbe:
    """A probe that takes 404 for well: these services have no other answer that shows that their database answers."""
    check = f"fetch('http://127.0.0.1:{port}{path}').then(r=>process.exit(r.status<500?0:1),()=>process.exit(1))"
    return ExecProbe(
        command=("node", "-e", check), period_seconds=period_seconds, failure_threshold=failure_threshold, timeout_seconds=10
    )
