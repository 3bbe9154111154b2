"""The metrics services, in the order of the seed's table."""

from typing import Final

from mgmtcluster.catalog import endpoints as at
from mgmtcluster.catalog.common import LARGER
from mgmtcluster.catalog.service import Database, Service
from mgmtcluster.kinds.containers import HttpProbe

#: The seed's description of metrics-redis, which is no service of the platform's own.
METRICS_REDIS_ABOUT: Final = "Redis instance used for metrics aggregation"

#: The lists of metrics-redis: writers in other clusters push to them, the metrics services pop.
METRICS_LISTS: Final = ("BLOCK_METRICS", "CLUSTER_METRICS", "vDAG_METRICS")

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
