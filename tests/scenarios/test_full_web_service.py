"""A service that is told everything."""

from cdk8s import Chart

from mgmtcluster import (
    Cluster,
    Context,
    Endpoint,
    ExecProbe,
    HttpProbe,
    Outside,
    Resources,
    SecretKey,
    Sidecar,
    WebService,
    set_context,
)
from tests.scenarios.conftest import Golden

ORDERS = Endpoint("orders", "shop", 8080, node_port=30400)


def scenario(chart: Chart) -> None:
    """Every option of ``ServiceOptions`` but those of a database."""
    cluster = Cluster(cidrs=["10.244.0.0/16"])
    context = Context(cluster=cluster, node_address="nodes.example.test", image_pull_secrets=["registry"])
    set_context(chart, context)
    WebService(
        chart,
        "orders",
        image="example.test/orders:1",
        endpoint=ORDERS,
        other_endpoints=[Endpoint("orders", "shop", 9090)],
        aliases=["sales"],
        env={"MODE": "quiet", "PUBLIC_URL": ORDERS.external_url, "TOKEN": SecretKey("tokens", "orders")},
        replicas=3,
        probe_port=9090,
        readiness=HttpProbe(path="/ready"),
        liveness=HttpProbe(path="/alive", period_seconds=30, failure_threshold=6),
        resources=Resources(cpu="100m", memory="128Mi", memory_limit="512Mi", ephemeral_storage_limit="1Gi"),
        writes=["/tmp", "/var/cache/orders"],
        sidecars=[
            Sidecar(
                name="helper",
                image="example.test/helper:1",
                args=["--quiet"],
                env={"ORDERS": Endpoint("orders", "shop", 9090).url},
                readiness=ExecProbe(command=["ready"]),
                liveness=ExecProbe(command=["alive"], period_seconds=30),
            )
        ],
        outside=[Outside(ports=((443, 443), (8000, 8999)), reason="the news")],
        user=20001,
        component="shop",
    )


def test_full_web_service(golden: Golden) -> None:
    """Each option where it stands."""
    golden(scenario)
