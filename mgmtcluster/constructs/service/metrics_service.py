"""A metrics service: it drains a list of a Redis queue into a replicated database."""

from typing import Unpack

from constructs import Construct

from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.service.queue import env_with_queue
from mgmtcluster.constructs.service.web_service import WebService
from mgmtcluster.databases.grant import Grant
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.images import Image
from mgmtcluster.kinds.names import EnvName
from mgmtcluster.options import ServiceOptions


class MetricsService(WebService):
    """Define a metrics service: a ``WebService`` that consumes from a Redis queue and stores in a replicated database.

    Args:
        image: image of the main container, with a tag or a digest.
        endpoint: where its query API answers.
        database: what the database grants to it.
        queue: the endpoint of the Redis it consumes from.
        queue_env: variable that holds the Redis' host. Default: ``REDIS_HOST``.
        options: see ``ServiceOptions``; ``component`` is ``metrics`` by default.

    Raises:
        InvalidInput: an argument cannot be used.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        image: Image,
        endpoint: Endpoint,
        database: Grant,
        queue: Endpoint,
        queue_env: EnvName = "REDIS_HOST",
        **options: Unpack[ServiceOptions],
    ) -> None:
        options.setdefault("component", "metrics")
        options["env"] = env_with_queue(options.get("env", {}), queue, queue_env, [database], scope=scope, id=id)
        super().__init__(scope, id, image=image, endpoint=endpoint, database=database, **options)
