"""A registry: a service whose data is in a replicated database."""

from typing import Unpack

from constructs import Construct

from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.service.web_service import WebService
from mgmtcluster.databases.grant import Grant
from mgmtcluster.kinds.checking import checked
from mgmtcluster.kinds.images import Image
from mgmtcluster.options import ServiceOptions


class RegistryService(WebService):
    """Define a registry: a ``WebService`` that keeps no state of its own, with a user in a replicated database.

    Args:
        image: image of the main container, with a tag or a digest.
        endpoint: where the registry answers.
        database: what the database grants to it: ``database.grant("models", env="MONGO_URL")``.
        options: see ``ServiceOptions``; ``component`` is ``registry`` by default.

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
        **options: Unpack[ServiceOptions],
    ) -> None:
        options.setdefault("component", "registry")
        super().__init__(scope, id, image=image, endpoint=endpoint, database=database, **options)
