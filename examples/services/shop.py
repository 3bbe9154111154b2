"""A web shop's full stack: a page, an API that migrates before it serves, a worker on a queue, a report at night."""

import mgmtcluster as m
from cdk8s import App, Chart
from constructs import Construct

PAGE = m.Endpoint("shop-page", "shop", 80, target_port=8080)
API = m.Endpoint("shop-api", "shop", 80, target_port=8000)
QUEUE = m.Endpoint("shop-queue", "shop", 6379, scheme="redis")
IMAGE = "registry.example.com/shop-api:12.2"
MAIL = m.Outside(ports=((587, 587),), reason="mails to customers")


class Shop(Chart):
    """Define the shop, its database and its queue."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, namespace="shop")
        database = m.ReplicatedDatabase(self, "shop-db", members=3, storage="40Gi", node_label="shop-db=yes")
        orders = database.grant("orders", env="ORDERS_URL")
        to_read = database.grant("orders", env="ORDERS_URL", role="read")
        owner = database.grant("orders", env="ORDERS_URL", role="dbOwner")
        m.RedisQueue(self, "queue", endpoint=QUEUE, lists=["orders"], storage="2Gi", bootstrap_image=database.image)
        ingress = m.Client.pods("ingress-nginx", name="ingress-nginx", why="brings customers")
        page = "registry.example.com/shop-page:4.0"
        m.WebService(self, "page", image=page, endpoint=PAGE, env={"API": API.url}, clients=[ingress], autoscale=_many())
        migrate = m.Init(name="migrate", image=IMAGE, command=["shop", "migrate"], databases=[owner])
        env = {"QUEUE_HOST": QUEUE.host}
        ready = m.HttpProbe(path="/ready")
        m.WebService(
            self,
            "api",
            image=IMAGE,
            endpoint=API,
            database=orders,
            env=env,
            env_from=[m.SecretRef("shop-payments")],
            init=[migrate],
            metrics=m.Metrics(port=9100),
            autoscale=_many(),
            readiness=ready,
        )
        m.Worker(self, "shop-mailer", image=IMAGE, args=["mail"], databases=[orders], queue=QUEUE, outside=[MAIL])
        m.Task(self, "shop-report", image=IMAGE, args=["report"], databases=[to_read], schedule="30 4 * * *", outside=[MAIL])


def _many() -> m.Autoscale:
    return m.Autoscale(min=2, max=8, cpu_percent=70)


if __name__ == "__main__":
    with m.one_line_errors():
        app = App()
        Shop(app, "shop")
        m.rules.enforce(app)
        app.synth()
