"""Functions of a mobile core's control plane: ports of SCTP and UDP, configurations as text, one database of subscribers."""

from typing import Unpack

import mgmtcluster as m
from cdk8s import App, Chart
from constructs import Construct

DIRECTORY = m.Endpoint("cell-directory", "core", 7777)
SUBSCRIBERS = m.Endpoint("cell-subscribers", "core", 7777)
ACCESS = m.Endpoint("cell-access", "core", 38412, protocol="SCTP", node_port=30412)
ACCESS_API = m.Endpoint("cell-access", "core", 7777)
SESSIONS = m.Endpoint("cell-sessions", "core", 8805, protocol="UDP")

IMAGE = "registry.example.com/cell:2.7"
SMALL = m.Resources(cpu="100m", memory="128Mi")


class Core(Chart):
    """Define four functions and their database."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, namespace="core")
        database = m.ReplicatedDatabase(self, "core-db", members=3, storage="10Gi", node_label="core-db=yes")
        grant = database.grant("subscribers", env="DB_URI")
        self._function("directory", DIRECTORY)
        self._function("subscribers", SUBSCRIBERS, databases=[grant], waits_for_database=True)
        radio = m.Client.cidrs("10.60.0.0/16", why="radio stations", port=38412)
        self._function("access", ACCESS, other_endpoints=[ACCESS_API], clients=[radio], grace_period_seconds=120)
        user_plane = m.Client.pods("user-plane", name="cell-user-plane", why="reports sessions")
        alive = m.ExecProbe(command=["cellctl", "alive"], period_seconds=20)
        self._function("sessions", SESSIONS, clients=[user_plane], liveness=alive, replicas=1)

    def _function(self, name: str, endpoint: m.Endpoint, **options: Unpack[m.ServiceOptions]) -> None:
        options.update(
            {
                "command": ["cell"],
                "args": [name, "--config", "/etc/cell/cell.yaml"],
                "files": {"/etc/cell/cell.yaml": f"function: {name}\nlisten: $POD_IP\n"},
                "env": {"POD_IP": m.PodField("status.podIP"), "DIRECTORY": DIRECTORY.url},
                "resources": SMALL,
            }
        )
        m.WebService(self, name, image=IMAGE, endpoint=endpoint, **options)


if __name__ == "__main__":
    with m.one_line_errors():
        app = App()
        Core(app, "core")
        m.rules.enforce(app)
        app.synth()
