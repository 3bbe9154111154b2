"""Images of other projects, each pinned here alone."""

from typing import Final

#: MongoDB Community with mongosh (SSPL); 8.0 is supported until October 2029.
MONGO: Final = "mongo:8.0.26"

#: Redis; 7.2 is the last line under the BSD licence.
REDIS: Final = "redis:7.2.11"

#: Makes volumes of directories on the nodes (Apache-2.0).
LOCAL_PATH_PROVISIONER: Final = "rancher/local-path-provisioner:v0.0.30"

#: Its helper pods (GPL-2.0).
BUSYBOX: Final = "busybox:1.37.0"

#: Sends dumps to buckets (MIT).
RCLONE: Final = "rclone/rclone:1.75.1"

#: Tells Prometheus of a replica set (Apache-2.0); the alerts name its metrics as this version does.
MONGODB_EXPORTER: Final = "percona/mongodb_exporter:0.44.0"

#: By the names under which settings override them.
THIRD_PARTY: Final = {
    "mongo": MONGO,
    "redis": REDIS,
    "local-path-provisioner": LOCAL_PATH_PROVISIONER,
    "busybox": BUSYBOX,
    "rclone": RCLONE,
    "mongodb-exporter": MONGODB_EXPORTER,
}
