"""A network controller: one pod with its files, devices that speak TCP and UDP to it from outside, TLS of its own."""

import mgmtcluster as m
from cdk8s import App, Chart
from constructs import Construct

PAGE = m.Endpoint("beacon", "network", 8443, scheme="https")
INFORM = m.Endpoint("beacon", "network", 8080, node_port=30880)
STUN = m.Endpoint("beacon", "network", 3478, protocol="UDP", node_port=30478)


class Network(Chart):
    """Define the controller and its database."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, namespace="network")
        database = m.ReplicatedDatabase(self, "network-db", members=3, storage="10Gi", node_label="network-db=yes")
        devices, statistics = database.grant("devices"), database.grant("statistics", role="dbOwner")
        m.WebService(
            self,
            "beacon",
            image="registry.example.com/beacon:8.1",
            endpoint=PAGE,
            other_endpoints=[INFORM, STUN],
            databases=[devices, statistics],
            env={
                "DB_HOSTS": devices.hosts,
                "DB_USER": devices.user,
                "DB_PASSWORD": devices.password,
                "PUBLIC_INFORM_URL": INFORM.external_path("/inform"),
                "JAVA_HEAP": "768M",
            },
            files={"/certificates": m.SecretFiles("beacon-tls")},
            claims={"/config": m.Claim("5Gi")},
            clients=[m.Client.cidrs("10.30.0.0/16", why="administrators", port=8443)],
            readiness=m.HttpProbe(path="/status", scheme="HTTPS"),
            startup=m.HttpProbe(path="/status", scheme="HTTPS", failure_threshold=60),
            grace_period_seconds=90,
            resources=m.Resources(memory="1Gi", memory_limit="1536Mi", cpu_limit="1"),
            pods=m.Pods(labels={"team": "network"}, node_selector={"example.com/site": "core"}),
        )


if __name__ == "__main__":
    with m.one_line_errors():
        app = App()
        Network(app, "network")
        m.rules.enforce(app)
        app.synth()
