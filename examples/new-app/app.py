"""Notes: a service, and the database that is its own."""

import mgmtcluster
from cdk8s import ApiObject, ApiObjectMetadata, App, Chart
from constructs import Construct
from mgmtcluster import Endpoint, ReplicatedDatabase, WebService, rules

NAMESPACE = "notes"
NOTES = Endpoint("notes", NAMESPACE, 80, target_port=8000)


class Notes(Chart):
    """Define the service and its database, in a namespace of their own."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, namespace=NAMESPACE)
        ApiObject(self, "namespace", api_version="v1", kind="Namespace", metadata=ApiObjectMetadata(name=NAMESPACE))
        database = ReplicatedDatabase(self, "notes-db", members=3, storage="10Gi", node_label="notes-db=yes")
        self.database = database.replica_set.peer
        self.service = WebService(
            self,
            "notes",
            image="registry.example.com/notes:1.0",
            endpoint=NOTES,
            database=database.grant("notes", env="MONGO_URL"),
        )


def notes() -> Notes:
    """The chart, in an app that checks the rules at every synth."""
    app = App()
    rules.enforce(app)
    return Notes(app, "notes")


if __name__ == "__main__":
    with mgmtcluster.one_line_errors():
        App.of(notes()).synth()
