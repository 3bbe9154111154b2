"""A log server: a journal a pod, ports of UDP and TCP for machines outside, a search engine that another chart brings."""

import mgmtcluster as m
from cdk8s import App, Chart
from constructs import Construct

PAGE = m.Endpoint("timber", "logs", 9000)
SYSLOG = m.Endpoint("timber", "logs", 514, target_port=1514, protocol="UDP", node_port=30514)
FORWARD = m.Endpoint("timber", "logs", 12201, scheme="gelf")
SEARCH = m.Endpoint("search-master", "search", 9200, pods=m.Peer("search", labels={"app": "search", "role": "master"}))


class Logs(Chart):
    """Define the log server and its database."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, namespace="logs")
        database = m.ReplicatedDatabase(self, "logs-db", members=3, storage="10Gi", node_label="logs-db=yes")
        m.StatefulService(
            self,
            "timber",
            image="registry.example.com/timber:6.0",
            endpoint=PAGE,
            other_endpoints=[SYSLOG, FORWARD],
            database=database.grant("timber", env="TIMBER_MONGODB_URI"),
            env={
                "TIMBER_NODE": m.PodField("metadata.name"),
                "TIMBER_SEARCH_URL": SEARCH.url,
                "TIMBER_SECRET": m.SecretKey("timber", "pepper"),
                "TIMBER_ROOT_HASH": m.SecretKey("timber", "root-hash"),
            },
            claims={"/var/lib/timber/journal": m.Claim("20Gi")},
            clients=[
                m.Client.pods("ingress-nginx", name="ingress-nginx", port=9000, why="brings browsers"),
                m.Client.namespace("collectors", port=12201, why="forwards the logs of pods"),
            ],
            readiness=m.HttpProbe(path="/api/ready"),
            startup=m.HttpProbe(path="/api/ready", failure_threshold=60),
            resources=m.Resources(cpu="500m", cpu_limit="2", memory="1Gi", memory_limit="2Gi"),
            replicas=2,
        )


if __name__ == "__main__":
    with m.one_line_errors():
        app = App()
        Logs(app, "logs")
        m.rules.enforce(app, beside=[SEARCH])
        app.synth()
