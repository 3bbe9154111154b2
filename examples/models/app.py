"""Another team's registry: its own namespace and database, reading one of the platform's registries."""

import mgmtcluster
from cdk8s import ApiObject, ApiObjectMetadata, App, Chart
from constructs import Construct
from mgmtcluster import Endpoint, RegistryService, ReplicatedDatabase, rules
from mgmtcluster.catalog.endpoints import BLOCKS_DB


class Models(Chart):
    """Define the registry of models."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, labels={"app.kubernetes.io/part-of": "models"})
        ApiObject(self, "namespace", api_version="v1", kind="Namespace", metadata=ApiObjectMetadata(name="ml"))
        database = ReplicatedDatabase(self, "models-db", namespace="ml", members=3, storage="20Gi", node_label="models-db=yes")
        RegistryService(
            self,
            "models",
            image="registry.example.com/models:1.4",
            endpoint=Endpoint("models", "ml", 8080, node_port=30410),
            database=database.grant("models", env="MONGO_URL"),
            env={"BLOCKS_URL": BLOCKS_DB.url},
        )


if __name__ == "__main__":
    with mgmtcluster.one_line_errors():
        app = App()
        Models(app, "models")
        rules.enforce(app, beside=[BLOCKS_DB])
        app.synth()
