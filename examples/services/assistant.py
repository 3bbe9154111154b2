"""An assistant's front end, and the search engine that somebody's own chart could bring as well."""

import mgmtcluster as m
from cdk8s import App, Chart
from constructs import Construct

SCRIBE = m.Endpoint("scribe", "assistant", 80, target_port=3080)
SEARCH = m.Endpoint("scribe-search", "assistant", 7700)


class Assistant(Chart):
    """Define the front end, its database and its search engine."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, namespace="assistant")
        database = m.ReplicatedDatabase(self, "assistant-db", members=3, storage="10Gi", node_label="assistant-db=yes")
        key = m.SecretKey("scribe-search", "key")
        m.WebService(
            self,
            "scribe",
            image="registry.example.com/scribe:0.7",
            endpoint=SCRIBE,
            database=database.grant("scribe", env="MONGO_URI"),
            env={"SEARCH_URL": SEARCH.url, "SEARCH_KEY": key},
            env_from=[m.SecretRef("scribe-models")],
            files={"/app/scribe.yaml": m.ConfigFile("scribe", key="scribe.yaml"), "/app/motd": "Mind what you paste.\n"},
            claims={"/app/images": m.Claim("8Gi")},
            clients=[m.Client.pods("ingress-nginx", name="ingress-nginx")],
            outside=[m.Outside(ports=((443, 443),), reason="the models that it asks")],
            readiness=m.HttpProbe(path="/health"),
        )
        m.StatefulService(
            self,
            "search",
            image="registry.example.com/quickfind:1.9",
            endpoint=SEARCH,
            env={"MASTER_KEY": key},
            claims={"/data": m.Claim("10Gi")},
            replicas=1,
        )


if __name__ == "__main__":
    with m.one_line_errors():
        app = App()
        Assistant(app, "assistant")
        m.rules.enforce(app)
        app.synth()
