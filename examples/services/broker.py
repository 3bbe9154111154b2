"""A context broker: arguments that take their values from variables, devices that send from outside, a load that varies."""

import mgmtcluster as m
from cdk8s import App, Chart
from constructs import Construct

COMPASS = m.Endpoint("compass", "context", 1026, node_port=30426)


class Context(Chart):
    """Define the broker, its database, and what forgets old entities."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, namespace="context")
        database = m.ReplicatedDatabase(self, "context-db", members=3, storage="40Gi", node_label="context-db=yes")
        grant = database.grant("compass")
        m.WebService(
            self,
            "compass",
            image="registry.example.com/compass:3.10",
            endpoint=COMPASS,
            databases=[grant],
            env={"HOSTS": grant.hosts, "USER": grant.user, "PASSWORD": grant.password},
            args=["--db-hosts", "$(HOSTS)", "--db-user", "$(USER)", "--db-password-from", "PASSWORD", "--log", "WARN"],
            clients=[
                m.Client.namespace("dashboards", why="draws entities"),
                m.Client.cidrs("10.20.0.0/16", "10.21.0.0/16", why="sensors of two sites"),
            ],
            autoscale=m.Autoscale(min=2, max=10, cpu_percent=70),
            metrics=m.Metrics(port=9091),
            readiness=m.HttpProbe(path="/version"),
            resources=m.Resources(cpu="250m", memory="256Mi", cpu_limit="1", memory_limit="512Mi"),
        )
        m.Task(
            self,
            "forget",
            image="registry.example.com/compass-tools:3.10",
            args=["forget", "--older-than", "90d"],
            database=database.grant("compass", env="DB_URL"),
            schedule="0 3 * * *",
        )


if __name__ == "__main__":
    with m.one_line_errors():
        app = App()
        Context(app, "context")
        m.rules.enforce(app)
        app.synth()
