"""The registries, in the order of the seed's table."""

from typing import Final

from mgmtcluster.addresses import Endpoint
from mgmtcluster.catalog import endpoints as at
from mgmtcluster.catalog.common import LARGER, TARGET_CLUSTER_API, node_js_probe, policy_runner, redis_sidecar
from mgmtcluster.catalog.service import Database, ImageName, Service, Setting
from mgmtcluster.containers import Sidecar
from mgmtcluster.kinds.containers import ExecProbe, HttpProbe, Outside, Resources

_ANYWHERE = ((1, 65535),)


def _mongoose_registry(about: str, endpoint: Endpoint, image: str, *, collection: str) -> Service:
    """A registry on Node.js that never connects again once its first try has failed.

    So it starts when the database has a primary, and is restarted when it has answered with errors for five minutes.
    """
    probe_path = f"/{collection}/__probe__"
    return Service(
        about=about,
        endpoint=endpoint,
        image=image,
        database=Database(name=collection, env="MONGO_HOST_URL"),
        resources=LARGER,
        waits_for_database=True,
        readiness=node_js_probe(probe_path, endpoint.port, period_seconds=15, failure_threshold=3),
        liveness=node_js_probe(probe_path, endpoint.port, period_seconds=60, failure_threshold=5),
    )


REGISTRIES: Final = (
    _mongoose_registry("Stores the blocks running in the network", at.BLOCKS_DB, "blocks-db", collection="blocks"),
    _mongoose_registry("Stores the clusters onboarded in the networks", at.CLUSTERS_DB, "clusters_db", collection="clusters"),
    Service(
        about="Stores the definitions of policies",
        endpoint=at.POLICIES_SYSTEM,
        image="policies-system",
        database=Database(name="policies", env="DB_URL"),
        env={
            "RESOURCE_ALLOCATOR_API_URL": at.RESOURCE_ALLOCATOR_API.url,
            # For policy executors in other clusters, with which images to run there.
            "POLICY_DB_URL": at.POLICIES_SYSTEM.external_url,
            "PUBLIC_DB_URL": Setting("public_database_secret"),
            "EXECUTOR_CONTAINER_IMAGE_NAME": ImageName("policies-executor_api"),
            "DEFAULT_POLICY_CONTAINER_IMAGE": ImageName("functions-server"),
            "DEFAULT_POLICY_JOB_CONTAINER_IMAGE_NAME": ImageName("jobs-runner"),
        },
        handed_on=("POLICY_DB_URL", "PUBLIC_DB_URL"),
        readiness=HttpProbe(path="/policy/__probe__"),
        resources=Resources(memory="112Mi"),
        outside=(TARGET_CLUSTER_API, Outside(ports=((30900, 30900),), reason="policy executors in target clusters")),
    ),
    Service(
        about="Stores vDAGs running in the network",
        endpoint=at.VDAG_DB,
        image="vdag-db",
        database=Database(name="vdags", env="MONGO_URL"),
        readiness=HttpProbe(path="/vdag-controllers/by-vdag-uri/__probe__"),
    ),
    Service(
        about="Stores the list of assets DB available in the network",
        endpoint=at.ASSETS_DB_REGISTRY,
        image="assets-db-registry",
        database=Database(name="assets", env="MONGO_URL"),
        outside=(Outside(ports=_ANYWHERE, reason="/health of the asset stores that are registered"),),
    ),
    Service(
        about="Stores the list of adhoc inference servers running in the network",
        endpoint=at.ADHOC_SERVER_REGISTRY,
        aliases=(at.ADHOC_SERVER_REGISTRY_ALIAS,),
        image="adhoc-serviers-registry",
        database=Database(name="inference", env="MONGO_URL"),
    ),
    policy_runner(
        about="Stores the templates used for building custom parsers",
        endpoint=at.TEMPLATES_REGISTRY,
        image="templates-registry",
        python="3.9",
        database=Database(name="templates", env="MONGO_URL"),
        env={"POLICY_DB_URL": at.POLICIES_SYSTEM.url},
    ),
    Service(
        about="Stores the list of re-usable parser spec",
        endpoint=at.SPEC_REGISTRY,
        image="spec-registry",
        database=Database(name="spec_store", env="MONGO_URL"),
    ),
    Service(
        about="Stores the tasks executed in the system (async tasks)",
        endpoint=at.TASKS_DB,
        image="tasks-db",
        database=Database(name="tasks", env="MONGO_URL"),
        one_replica_because="updates wait in the pod's own Redis before they are written",
        readiness=HttpProbe(path="/tasks?task_type=__probe__"),
        sidecars=(
            Sidecar(
                name="status-writer",
                image="status-writer",
                database_env="MONGO_URL",
                resources=Resources(memory="48Mi"),
                # A probe starts a Python of its own. Seldom, because that takes more processor time than the container itself.
                readiness=ExecProbe(
                    command=("python3", "-c", "import redis; redis.Redis(socket_timeout=3).ping()"), period_seconds=30
                ),
                liveness=ExecProbe(
                    command=("python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 6379), 3)"),
                    period_seconds=30,
                    failure_threshold=10,
                ),
            ),
            redis_sidecar(),
        ),
    ),
    Service(
        about="Stores the list of container registries available",
        endpoint=at.CONTAINERS_REGISTRY,
        image="containers-registry",
        database=Database(name="assets", env="MONGO_URL"),
        outside=(Outside(ports=_ANYWHERE, reason="/v2/ of the container registries that are registered"),),
    ),
    Service(
        about="Stores the list of LLM model layers which can be reused",
        endpoint=at.LAYERS_REGISTRY,
        image="layers-registry",
        database=Database(name="layers", env="MONGO_URL"),
    ),
    Service(
        about="Stores the list of model splitter servers available in the network",
        endpoint=at.SPLITS_RUNNERS_REGISTRY,
        image="splits-runners-registry",
        database=Database(name="split_runner_store", env="MONGO_URL"),
        env={
            # For the splitter that is started in a target cluster.
            "MODEL_LAYERS_REGISTRY_URL": at.LAYERS_REGISTRY.external_url,
            "BLOCKS_DB_URL": at.BLOCKS_DB.external_url,
            "TASK_DB_STATUS_UPDATE_URL": at.TASKS_DB.external_url,
        },
        handed_on=("MODEL_LAYERS_REGISTRY_URL", "BLOCKS_DB_URL", "TASK_DB_STATUS_UPDATE_URL"),
        resources=LARGER,
        outside=(TARGET_CLUSTER_API,),
    ),
    Service(
        about="Stores the list of all components on-boarded",
        endpoint=at.COMPONENTS_REGISTRY,
        image="components-registry",
        database=Database(name="components", env="MONGO_HOST_URL"),
        env={"CONTAINER": "1"},  # log to /logs instead of the image's own directory
        # For each request a line of about 500 bytes goes to a file in /logs, which nothing rotates. The default readiness probe
        # sends none; the liveness probe alone fills the limit of 256Mi in a year.
        liveness=HttpProbe(path="/health", period_seconds=60, failure_threshold=3),
        resources=LARGER,
        writes=("/logs", "/tmp"),
    ),
)
