"""A stand-in for the metrics API. It says that every pod uses as much CPU as a test chooses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from tests.rig.kube import Json, Kubectl
from tests.rig.tls import tls_before

_GROUP, _VERSION = "metrics.k8s.io", "v1beta1"
_PLACE = {"name": "metrics", "namespace": "kube-system"}


class Load:
    """What every container uses.

    Attributes:
        cpu: as Kubernetes writes it.
    """

    cpu = "1m"


@contextmanager
def metrics_api(kubectl: Kubectl, folder: Path) -> Iterator[Load]:
    """Have the API server ask this process about metrics until the block ends."""
    load = Load()

    class Answers(BaseHTTPRequestHandler):
        """What is asked for by namespace and labels, and which kinds there are."""

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            parts = url.path.strip("/").split("/")
            if parts == ["apis", _GROUP, _VERSION]:
                self._say(_kinds())
            elif parts[3:4] == ["namespaces"] and parts[5:] == ["pods"]:
                [selector] = parse_qs(url.query)["labelSelector"]
                self._say(_metrics(kubectl.items("pods", f"--namespace={parts[4]}", f"--selector={selector}"), load.cpu))
            else:
                self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing of what was asked."""

        def _say(self, said: Json) -> None:
            text = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with tls_before(f"http://127.0.0.1:{server.server_port}", folder) as (url, _):
            made = _registration(urlsplit(url).port or 443)
            kubectl.apply(*made)
            try:
                yield load
            finally:
                kubectl("delete", f"apiservice/{_VERSION}.{_GROUP}")
                server.shutdown()


def _registration(port: int) -> list[Json]:
    """A Service that leads to this machine, since the API server is on it, and what asks there."""
    leads_here = {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]}
    spec = {
        "group": _GROUP,
        "version": _VERSION,
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "service": {**_PLACE, "port": port},
        "insecureSkipTLSVerify": True,
    }
    name = f"{_VERSION}.{_GROUP}"
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": _PLACE, "spec": leads_here},
        {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": name}, "spec": spec},
    ]


def _kinds() -> Json:
    pods = {"name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics", "verbs": ["get", "list"]}
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{_GROUP}/{_VERSION}", "resources": [pods]}


def _metrics(pods: list[Json], cpu: str) -> Json:
    moment = {"timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "window": "1s"}
    items = [
        {
            "metadata": {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]},
            "containers": [{"name": each["name"], "usage": {"cpu": cpu, "memory": "1Mi"}} for each in pod["spec"]["containers"]],
            **moment,
        }
        for pod in pods
    ]
    return {"kind": "PodMetricsList", "apiVersion": f"{_GROUP}/{_VERSION}", "metadata": {}, "items": items}
