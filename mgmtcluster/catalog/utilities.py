"""The utility services, in the order of the seed's table."""

from dataclasses import replace
from typing import Final

from mgmtcluster.catalog import endpoints as at
from mgmtcluster.catalog.common import POLICY_RESOURCES, policy_runner, redis_sidecar
from mgmtcluster.catalog.service import Service, Setting

UTILITIES: Final = (
    policy_runner(
        about="Handles search queries for filtering and similarity search",
        endpoint=at.SEARCH_SERVER,
        image="search-server",
        python="3.11",
        resources=replace(POLICY_RESOURCES, memory="160Mi"),
        env={
            "BLOCKS_SERVICE_URL": at.BLOCKS_DB.url,
            "CLUSTER_SERVICE_URL": at.CLUSTERS_DB.url,
            "VDAG_SERVICE_URL": at.VDAG_DB.url,
            "COMPONENT_REGISTRY_API": at.COMPONENTS_REGISTRY.url,  # without /api: the code appends it
            "POLICIES_SERVER_URL": at.POLICIES_SYSTEM.url,
            "POLICY_DB_URL": at.POLICIES_SYSTEM.url,
            "POLICY_EXECUTOR_HOST_URL": at.POLICIES_SYSTEM.url,
            "POLICY_EXECUTION_MODE": "local",
            "GLOBAL_CLUSTER_METRICS_URL": at.GLOBAL_CLUSTER_METRICS.url,
            "GLOBAL_BLOCK_METRICS_URL": at.GLOBAL_BLOCK_METRICS.url,
            "VDAG_METRICS_SERVER_URL": at.GLOBAL_VDAG_METRICS.url,
        },
    ),
    policy_runner(
        about="Used for resource allocation tasks",
        endpoint=at.RESOURCE_ALLOCATOR,
        other_endpoints=(at.RESOURCE_ALLOCATOR_API,),  # Internal-only resource management and control interface
        image="resource-allocator",
        python="3.11",
        one_replica_because="an allocation lives in the WebSocket connection that asked for it",
        probe_port=at.RESOURCE_ALLOCATOR_API.port,  # a probe of the other port is logged as a failed handshake
        env={
            "SEARCH_SERVER_API_URL": at.SEARCH_SERVER.url,
            "CLUSTER_SERVICE_URL": at.CLUSTERS_DB.url,
            "GLOBAL_CLUSTER_METRICS_URL": at.GLOBAL_CLUSTER_METRICS.url,
            "POLICY_DB_URL": at.POLICIES_SYSTEM.url,
            "POLICY_EXECUTOR_HOST_URL": at.POLICIES_SYSTEM.url,
            "POLICY_EXECUTION_MODE": "local",
        },
    ),
    Service(
        about="Parses the vDAG structure and populates the necessary registries",
        endpoint=at.VDAG_PROCESSOR,
        image="vdag-processor",
        one_replica_because="tasks wait in the pod's own Redis",
        env={
            "REDIS_HOST_URL": "redis://localhost:6379/0",
            "VDAG_DB_SERVICE_URL": at.VDAG_DB.url,
            "SEARCH_SERVER_API_URL": at.SEARCH_SERVER.url,
            "GLOBAL_TASKS_DB_URL": at.TASKS_DB.url,
            "ADHOC_INFERENCE_API_URL": Setting("adhoc_inference_url"),
        },
        sidecars=(redis_sidecar(),),
    ),
    policy_runner(
        about="Notifies failures to external services with policy execution",
        endpoint=at.FAILURE_NOTIFIER,
        image="failure-notifier",
        python="3.11",
        env={
            "POLICY_DB_URL": at.POLICIES_SYSTEM.url,
            "POLICY_EXECUTOR_HOST_URL": at.POLICIES_SYSTEM.url,
            "POLICY_EXECUTION_MODE": "local",
        },
    ),
)
