"""The seed's table: where every service answers, a line a row, in its order.

A row without a node port is not exposed outside the cluster. Source: the list of services of the platform's installation
guide; names, namespaces, ports and node ports are the platform's contract and are never changed.
"""

from typing import Final

from mgmtcluster.addresses import Endpoint

BLOCKS_DB: Final = Endpoint("blocks-db-svc", "registries", 3001, node_port=30100)
CLUSTERS_DB: Final = Endpoint("clusters-db-service", "registries", 3000, node_port=30101)
POLICIES_SYSTEM: Final = Endpoint("policies-system", "registries", 10000, node_port=30102)
VDAG_DB: Final = Endpoint("vdag-db-svc", "registries", 10501, node_port=30103)
ASSETS_DB_REGISTRY: Final = Endpoint("assets-db-registry-svc", "registries", 4000, node_port=30104)
ADHOC_SERVER_REGISTRY: Final = Endpoint("adhoc-server-registry-svc", "registries", 6000, node_port=30105)
TEMPLATES_REGISTRY: Final = Endpoint("templates-registry-svc", "registries", 9000, node_port=30106)
SPEC_REGISTRY: Final = Endpoint("spec-registry-svc", "registries", 8000, node_port=30107)
TASKS_DB: Final = Endpoint("tasks-db-svc", "registries", 8000, node_port=30108)
CONTAINERS_REGISTRY: Final = Endpoint("containers-registry-svc", "registries", 8000, node_port=30109)
LAYERS_REGISTRY: Final = Endpoint("layers-registry-svc", "registries", 8002, node_port=30110)
SPLITS_RUNNERS_REGISTRY: Final = Endpoint("splits-runners-registry-svc", "registries", 8001, node_port=30111)
COMPONENTS_REGISTRY: Final = Endpoint("components-registry-svc", "registries", 4000, node_port=30112)

SEARCH_SERVER: Final = Endpoint("search-server", "utils", 12000, node_port=30150)
RESOURCE_ALLOCATOR: Final = Endpoint("resource-allocator", "utils", 8765, node_port=30151, scheme="ws")
RESOURCE_ALLOCATOR_API: Final = Endpoint("resource-allocator", "utils", 7777)
VDAG_PROCESSOR: Final = Endpoint("vdag-processor", "utils", 10500)
FAILURE_NOTIFIER: Final = Endpoint("failure-notifier", "utils", 5000)

METRICS_REDIS: Final = Endpoint("metrics-redis", "metrics-system", 6379, node_port=30200, scheme="redis")
GLOBAL_BLOCK_METRICS: Final = Endpoint("global-block-metrics", "metrics-system", 8889, node_port=30201)
GLOBAL_CLUSTER_METRICS: Final = Endpoint("global-cluster-metrics", "metrics-system", 8888, node_port=30202)
GLOBAL_VDAG_METRICS: Final = Endpoint("global-vdag-metrics", "metrics-system", 8890, node_port=30203)

PARSER: Final = Endpoint("parser", "services", 8000, node_port=30500)
CLUSTER_CONTROLLER_GATEWAY: Final = Endpoint("cluster-controller-gateway", "services", 5000, node_port=30600)

#: The seed gives one registry two names: this one stands in its URL.
ADHOC_SERVER_REGISTRY_ALIAS: Final = "adhoc-serviers-registry-svc"
