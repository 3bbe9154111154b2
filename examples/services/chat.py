"""A chat server: pods that talk to each other, uploads that all share, an archive that it may only read."""

import mgmtcluster as m
from cdk8s import App, Chart
from constructs import Construct

PARLEY = m.Endpoint("parley", "chat", 80, target_port=3000)
PEERS = m.Endpoint("parley", "chat", 7000)


class Chat(Chart):
    """Define the chat server and its database."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, namespace="chat")
        database = m.ReplicatedDatabase(self, "chat-db", members=3, storage="20Gi", node_label="chat-db=yes")
        m.WebService(
            self,
            "parley",
            image="registry.example.com/parley:6.4",
            endpoint=PARLEY,
            other_endpoints=[PEERS],
            databases=[
                database.grant("parley", env="MONGO_URL"),
                database.grant("archive", env="ARCHIVE_URL", role="read"),
            ],
            env={"INSTANCE_IP": m.PodField("status.podIP"), "PEERS_HOST": PEERS.host, "PORT": "3000"},
            env_from=[m.SecretRef("parley-smtp")],
            claims={"/app/uploads": m.Claim("50Gi", storage_class="shared-files", access="ReadWriteMany")},
            clients=[m.Client.pods("ingress-nginx", name="ingress-nginx", why="brings browsers", port=80)],
            metrics=m.Metrics(port=9458),
            readiness=m.HttpProbe(path="/health"),
            startup=m.HttpProbe(path="/health", period_seconds=5, failure_threshold=120),
            grace_period_seconds=60,
        )


if __name__ == "__main__":
    with m.one_line_errors():
        app = App()
        Chat(app, "chat")
        m.rules.enforce(app)
        app.synth()
