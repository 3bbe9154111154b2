"""The control plane of chaos tests: a server that makes Jobs, a page in front of it, an agent that watches pods."""

import mgmtcluster as m
from cdk8s import App, Chart
from constructs import Construct

SERVER = m.Endpoint("tempest-server", "chaos", 9002, target_port=8080)
PAGE = m.Endpoint("tempest-page", "chaos", 80, target_port=8185)


class Chaos(Chart):
    """Define the control plane and its database."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, namespace="chaos")
        database = m.ReplicatedDatabase(self, "chaos-db", members=3, storage="10Gi", node_label="chaos-db=yes")
        grant = database.grant("tempest")
        m.WebService(
            self,
            "server",
            image="registry.example.com/tempest-server:3.1",
            endpoint=SERVER,
            databases=[grant],
            env={
                "DB_HOSTS": grant.hosts,
                "DB_USER": grant.user,
                "DB_PASSWORD": grant.password,
                "JWT_SECRET": m.SecretKey("tempest", "jwt"),
                "VERSION": m.ConfigKey("tempest", "version"),
            },
            init=[
                m.Init(
                    name="indexes",
                    image="registry.example.com/tempest-server:3.1",
                    command=["/tempest", "make-indexes"],
                    databases=[database.grant("tempest", env="DB_URL", role="dbOwner")],
                )
            ],
            waits_for_database=True,
            api_rights=[m.ApiRights(["create", "get", "list", "delete"], resources=["jobs"], groups=["batch"])],
        )
        ingress = m.Client.pods("ingress-nginx", name="ingress-nginx")
        page = "server { listen 8185; root /page; }\n"
        image = "registry.example.com/tempest-page:3.1"
        files = {"/etc/page/page.conf": page}
        m.WebService(self, "page", image=image, endpoint=PAGE, env={"API": SERVER.url}, files=files, clients=[ingress])
        rights = [m.ApiRights(["get", "list", "watch"], resources=["pods", "pods/log"])]
        agent = "registry.example.com/tempest-agent:3.1"
        m.Worker(self, "tempest-agent", image=agent, env={"SERVER": SERVER.url}, api_rights=rights, replicas=1)


if __name__ == "__main__":
    with m.one_line_errors():
        app = App()
        Chaos(app, "chaos")
        m.rules.enforce(app)
        app.synth()
