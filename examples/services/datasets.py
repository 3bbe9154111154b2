"""A platform of datasets: a page, and workers on nodes with GPUs that a proxy beside them brings pictures to."""

import mgmtcluster as m
from cdk8s import App, Chart
from constructs import Construct

LENS = m.Endpoint("lens", "datasets", 80, target_port=5151)
IMAGE = "registry.example.com/lens:1.5"
BUCKET = m.Outside(ports=((443, 443),), reason="the bucket with pictures")
GPU_NODES = m.Pods(
    node_selector={"example.com/gpu": "yes"},
    tolerations=[{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
)


class Datasets(Chart):
    """Define page, workers and database."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, namespace="datasets")
        database = m.ReplicatedDatabase(self, "datasets-db", members=3, storage="60Gi", node_label="datasets-db=yes")
        grant = database.grant("lens", env="LENS_DATABASE_URI")
        ingress = m.Client.pods("ingress-nginx", name="ingress-nginx")
        token = {"LENS_TOKEN": m.SecretKey("lens", "token")}
        ready = m.HttpProbe(path="/health")
        m.WebService(self, "page", image=IMAGE, endpoint=LENS, database=grant, env=token, clients=[ingress], readiness=ready)
        m.Worker(
            self,
            "lens-models",
            image=IMAGE,
            args=["work", "--models", "/models"],
            databases=[grant],
            env={**token, "BUCKET_PROXY": "http://localhost:9000"},
            claims={"/models": m.Claim("100Gi", storage_class="shared-files", access="ReadWriteMany")},
            init=[
                m.Init(
                    name="proxy",
                    image=IMAGE,
                    args=["proxy"],
                    env_from=[m.SecretRef("bucket")],
                    restart_policy="Always",
                    startup=m.TcpProbe(port=9000),
                )
            ],
            outside=[BUCKET],
            resources=m.Resources(cpu="2", cpu_limit="8", memory="8Gi", memory_limit="16Gi", gpu=("nvidia.com/gpu", 1)),
            pods=GPU_NODES,
        )


if __name__ == "__main__":
    with m.one_line_errors():
        app = App()
        Datasets(app, "datasets")
        m.rules.enforce(app)
        app.synth()
