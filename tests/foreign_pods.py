"""How long the command takes on a cluster where others have 5,000 pods."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mgmtcluster.cli import expected
from mgmtcluster.cli.api import Cluster
from mgmtcluster.cli.checks import view
from mgmtcluster.cli.state import look

PODS = 5000
_NAMESPACE = "foreign-pods"


def figures(runs: int) -> dict[str, list[float]]:
    """Seconds of each of these, ``runs`` times, on the disposable cluster that KUBECONFIG names."""
    asked, cluster = expected.load(None), Cluster(kubeconfig=None, context=None)
    with _crowd():
        return {
            "what `status` asks, among 5,000 foreign pods": _timed(lambda: look(cluster, asked), runs),
            "what `preflight` asks, among 5,000 foreign pods": _timed(
                lambda: view.look_closely(cluster, asked, dry_run=False), runs
            ),
            "all of `status`, rendered before": _timed(_status, runs),
        }


def _timed(run: Callable[[], object], runs: int) -> list[float]:
    run()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return times


def _status() -> None:
    subprocess.run([sys.executable, "-m", "mgmtcluster.cli", "status"], stdout=subprocess.DEVNULL, check=False)


@contextmanager
def _crowd() -> Iterator[None]:
    """Pods that wait for somebody else: they cost the API server and nobody more."""
    pod = {"schedulingGates": [{"name": "example.test/wait"}], "containers": [{"name": "one", "image": "example.test/one:1"}]}
    items = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"pod-{number}", "namespace": _NAMESPACE}, "spec": pod}
        for number in range(PODS)
    ]
    _kubectl("create", "namespace", _NAMESPACE)
    try:
        _kubectl("create", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        yield
    finally:
        _kubectl("delete", "namespace", _NAMESPACE)


def _kubectl(*arguments: str, stdin: str | None = None) -> None:
    command = [*shlex.split(os.environ.get("KUBECTL", "kubectl")), *arguments]
    subprocess.run(command, input=stdin, text=True, check=True, stdout=subprocess.DEVNULL)
