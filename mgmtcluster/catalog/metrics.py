"""The metrics services, in the order of the seed's table."""

from typing import Final

from mgmtcluster.catalog import endpoints as at
from mgmtcluster.catalog.common import LARGER
from mgmtcluster.catalog.service import Database, Queue, Service
from mgmtcluster.kinds.containers import HttpProbe

#: Writers in other clusters push to its lists, the metrics services pop.
METRICS_QUEUE: Final = Queue(
    about="Redis instance used for metrics aggregation",
    endpoint=at.METRICS_REDIS,
    lists=("BLOCK_METRICS", "CLUSTER_METRICS", "vDAG_METRICS"),
)

METRICS: Final = (
    Service(
        about="Stores all block metrics and provides query APIs",
        endpoint=at.GLOBAL_BLOCK_METRICS,
        image="global-block-metrics",
        database=Database(name="block_metrics", env="MONGO_URL"),
        queue=at.METRICS_REDIS,
        # Each answer opens a connection of its own to the database.
        readiness=HttpProbe(path="/block/__probe__", period_seconds=15),
        resources=LARGER,
    ),
    Service(
        about="Stores all cluster metrics and provides query APIs",
        endpoint=at.GLOBAL_CLUSTER_METRICS,
        image="global-cluster-metrics",
        database=Database(name="cluster_metrics", env="MONGO_URL"),
        queue=at.METRICS_REDIS,
        resources=LARGER,
    ),
    Service(
        about="Stores all vDAG metrics and provides query APIs",
        endpoint=at.GLOBAL_VDAG_METRICS,
        image="global-vdag-metrics",
        database=Database(name="vdag_metrics", env="MONGO_URL"),
        queue=at.METRICS_REDIS,
    ),
)
