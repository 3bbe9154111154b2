"""The core services, in the order of the seed's table."""

from typing import Final

from mgmtcluster.catalog import endpoints as at
from mgmtcluster.catalog.common import TARGET_CLUSTER_API, policy_runner
from mgmtcluster.catalog.service import ImageName, JsonMap, Service, Setting
from mgmtcluster.kinds.containers import Outside, Resources

SERVICES: Final = (
    Service(
        about="Parser",
        endpoint=at.PARSER,
        image="parser",
        env={
            "CLUSTER_CONTROLLER_GATEWAY_URL": at.CLUSTER_CONTROLLER_GATEWAY.url,
            "SEARCH_SERVER_API_URL": at.SEARCH_SERVER.url,
            "BLOCKS_SERVICE_URL": at.BLOCKS_DB.url,
            "COMPONENT_REGISTRY_API": at.COMPONENTS_REGISTRY.path("/api"),  # the code appends /getByURI
            "VDAG_SYSTEM_URL": at.VDAG_PROCESSOR.url,
            "TEMPLATES_STORE_API_URL": at.TEMPLATES_REGISTRY.url,
            "SPEC_STORE_API_URL": at.SPEC_REGISTRY.url,
            "LLM_LAYERS_API": at.LAYERS_REGISTRY.url,
            "MAX_WORKER_POOL_SIZE": "10",
            "TEST_MODE_ON": "0",  # unset, the code answers with a made-up component
        },
        resources=Resources(memory="128Mi", memory_limit="384Mi"),
    ),
    policy_runner(
        about="Cluster controller gateway",
        endpoint=at.CLUSTER_CONTROLLER_GATEWAY,
        image="cluster-controller-gateway",
        python="3.11",
        env={
            "CLUSTER_SERVICE_URL": at.CLUSTERS_DB.url,
            "BLOCKS_SERVICE_URL": at.BLOCKS_DB.url,
            "GLOBAL_TASKS_DB_URL": at.TASKS_DB.url,
            "SEARCH_SERVER_API_URL": at.SEARCH_SERVER.url,
            "RESOURCE_ALLOCATOR_URL": at.RESOURCE_ALLOCATOR.url,
            "ALLOCATION_EXECUTION_MODE": "offline",
            "GLOBAL_CLUSTER_METRICS_URL": at.GLOBAL_CLUSTER_METRICS.url,
            "GLOBAL_BLOCK_METRICS_URL": at.GLOBAL_BLOCK_METRICS.url,
            # Read here and handed on: there is one variable for both.
            "POLICY_DB_URL": at.POLICIES_SYSTEM.external_url,
            "POLICY_EXECUTOR_HOST_URL": at.POLICIES_SYSTEM.url,
            "POLICY_EXECUTION_MODE": "local",
            # Environment of what the gateway starts in an onboarded cluster, which reaches this one from outside.
            "GLOBAL_SERVICES_MAP": JsonMap(
                {
                    "global_block_metrics_redis_host": at.METRICS_REDIS.external_path("/0"),
                    "global_cluster_metrics_redis_host": at.METRICS_REDIS.external_path("/0"),
                    "global_vdag_metrics_redis_host": at.METRICS_REDIS.external_path("/0"),
                    "policy_db_url": at.POLICIES_SYSTEM.external_url,
                    "blocks_db_url": at.BLOCKS_DB.external_url,
                    "cluster_db_url": at.CLUSTERS_DB.external_url,
                    "vdag_db_url": at.VDAG_DB.external_url,
                    "vdag_controller_db_url": at.VDAG_DB.external_url,
                    "vdag_controller_image_name": ImageName("vdag-controller"),
                    "vdag_adhoc_inference_server_url": Setting("vdag_adhoc_inference_server_url"),
                }
            ),
            # Images of what the gateway starts there.
            "INFRA_CONTAINER_IMAGE_NAME": ImageName("cluster-infra"),
            "BLOCK_TRANSACTIONS_CONTAINER_IMAGE_NAME": ImageName("cluster-block-tx"),
            "PARAMETER_UPDATER_CONTAINER_IMAGE_NAME": ImageName("cluster-parameter-updater"),
            "CLUSTER_MONITOR_CONTAINER_IMAGE_NAME": ImageName("cluster-monitor"),
            "HEALTH_CHECKER_CONTAINER_IMAGE_NAME": ImageName("cluster-stability-checker"),
            "METRICS_DAEMONSET_IMAGE_NAME": ImageName("cluster-daemon"),
            "METRICS_WRITER_SERVICE_IMAGE_NAME": ImageName("cluster-metrics"),
            "MEMBERSHIP_SERVER_IMAGE": ImageName("membership"),
            "GRPC_PROXY_IMAGE": ImageName("rpc"),
        },
        handed_on=("POLICY_DB_URL", "GLOBAL_SERVICES_MAP"),
        dialled_too={"POLICY_DB_URL": "policies-system, by the address that is handed on"},
        outside=(
            TARGET_CLUSTER_API,
            Outside(
                ports=((30501, 30501), (32000, 32000), (32300, 32305)),
                reason="membership servers and controllers of onboarded clusters on their node ports",
            ),
        ),
    ),
)
