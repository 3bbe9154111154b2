"""A shop made of the public constructs alone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cdk8s import ApiObject, ApiObjectMetadata, App, Chart, JsonPatch
from constructs import Construct

import mgmtcluster as m
from tests.nodes.images.build import SHOP
from tests.rig.kube import Json

from .facts import DOMAIN, LOCAL_DNS

NAMESPACE: Final = "shop"
WEB: Final = m.Endpoint("web", NAMESPACE, 80, target_port=8000)
NOTES: Final = m.Endpoint("notes", NAMESPACE, 80, target_port=8000)
PAGE: Final = m.Endpoint("page", NAMESPACE, 80, target_port=8000)
NODE_LABEL: Final = "shop-db=yes"
#: What an init container waits for: a file that a test makes.
RELEASED: Final = "/tmp/released"

_PROGRAMS = Path(__file__).parent / "programs"
_MIGRATE = "python3 /app/migrate.py"
_TRAEFIK = m.Client.pods("ingress", name="traefik", why="brings browsers")


class Shop(Chart):
    """Define a service that migrates before it serves, notes that survive their pod, and a page that follows its load."""

    def __init__(self, scope: Construct, version: str, *, held: bool) -> None:
        super().__init__(scope, "shop", namespace=NAMESPACE)
        ApiObject(self, "namespace", api_version="v1", kind="Namespace", metadata=ApiObjectMetadata(name=NAMESPACE))
        database = m.ReplicatedDatabase(
            self,
            "shop-db",
            members=1,
            single_member_may_lose_data=True,
            storage="1Gi",
            node_label=NODE_LABEL,
            storage_class="mgmtcluster-local-path",
        )
        migrate = m.Init(
            name="migrate",
            image=SHOP,
            command=["sh", "-ec", f"until [ -e {RELEASED} ]; do sleep 1; done; {_MIGRATE}" if held else _MIGRATE],
            env={"VERSION": version},
            files={"/app/migrate.py": (_PROGRAMS / "migrate.py").read_text()},
            databases=[database.grant("shop", env="MONGO_URL", role="readWrite")],
        )
        m.WebService(
            self,
            "web",
            image=SHOP,
            endpoint=WEB,
            command=["python3", "/app/serve.py"],
            env={"VERSION": version},
            files={"/app/serve.py": (_PROGRAMS / "serve.py").read_text()},
            database=database.grant("shop", env="MONGO_URL", role="read"),
            waits_for_database=True,
            init=[migrate],
            replicas=1,
            clients=[_TRAEFIK],
            metrics=m.Metrics(port=9100),
        )
        m.StatefulService(
            self,
            "notes",
            image=SHOP,
            endpoint=NOTES,
            command=["python3", "-m", "http.server", "8000", "--directory", "/data"],
            claims={"/data": m.Claim("10Mi", storage_class="mgmtcluster-local-path")},
            replicas=1,
            clients=[_TRAEFIK],
        )
        m.WebService(
            self,
            "page",
            image=SHOP,
            endpoint=PAGE,
            command=["python3", "-m", "http.server", "8000", "--directory", "/page"],
            files={"/page/index.html": page_of(version)},
            autoscale=m.Autoscale(min=1, max=3, cpu_percent=50),
            clients=[_TRAEFIK],
        )
        for endpoint in (WEB, NOTES, PAGE):
            self._ingress(endpoint)

    def _ingress(self, endpoint: m.Endpoint) -> None:
        service = {"name": endpoint.service, "port": {"number": endpoint.port}}
        path = {"path": "/", "pathType": "Prefix", "backend": {"service": service}}
        rule = {"host": host_of(endpoint), "http": {"paths": [path]}}
        ingress = ApiObject(
            self,
            f"{endpoint.service}-ingress",
            api_version="networking.k8s.io/v1",
            kind="Ingress",
            metadata=ApiObjectMetadata(name=endpoint.service),
        )
        ingress.add_json_patch(JsonPatch.add("/spec", {"ingressClassName": "traefik", "rules": [rule]}))


def host_of(endpoint: m.Endpoint) -> str:
    """The name under which browsers know a service of the shop."""
    return f"{endpoint.service}.example.com"


def page_of(version: str) -> str:
    """What the page says."""
    return f"Welcome to version {version} of the shop.\n"


def shop(version: str, *, held: bool = False) -> list[Json]:
    """The manifests of a version; ``held``: its migration waits until it is released."""
    app = App()
    m.set_context(app, m.Context(cluster=m.Cluster(domain=DOMAIN, dns=[m.DnsServer(cidr=f"{LOCAL_DNS}/32")])))
    m.rules.enforce(app)
    Shop(app, version, held=held)
    return [dict(each) for each in m.testing.render(app)]
