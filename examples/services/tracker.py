"""A tracker of activities: phones send from outside, a worker sums up, a page reads, Prometheus' operator watches."""

import mgmtcluster as m
from cdk8s import App, Chart
from constructs import Construct

INTAKE = m.Endpoint("stride-intake", "stride", 443, target_port=8443, scheme="https", node_port=30443)
PAGE = m.Endpoint("stride-page", "stride", 80, target_port=3000)


class Stride(Chart):
    """Define intake, worker, page and database."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, namespace="stride")
        database = m.ReplicatedDatabase(self, "stride-db", members=3, storage="100Gi", node_label="stride-db=yes")
        activities = database.grant("activities", env="DB_URL")
        sums = database.grant("sums", env="SUMS_URL")
        pods = m.Pods(labels={"team": "stride"}, annotations={"example.com/on-call": "stride"})
        m.WebService(
            self,
            "intake",
            image="registry.example.com/stride-intake:2.3",
            endpoint=INTAKE,
            database=activities,
            readiness=m.HttpProbe(path="/ready", scheme="HTTPS"),
            metrics=m.Metrics(port=9100, service_monitor=True),
            pods=pods,
        )
        m.Worker(
            self,
            "stride-sums",
            image="registry.example.com/stride-sums:2.3",
            databases=[database.grant("activities", env="DB_URL", role="read"), sums],
            waits_for_database=True,
            replicas=1,
            resources=m.Resources(cpu="500m", cpu_limit="2", memory="512Mi", memory_limit="1Gi"),
            pods=pods,
        )
        m.WebService(
            self,
            "page",
            image="registry.example.com/stride-page:5.0",
            endpoint=PAGE,
            database=database.grant("sums", env="SUMS_URL", role="read"),
            clients=[m.Client.pods("gateway", labels={"gateway": "public"}, why="brings browsers")],
            pods=pods,
        )


if __name__ == "__main__":
    with m.one_line_errors():
        app = App()
        Stride(app, "stride")
        m.rules.enforce(app)
        app.synth()
