"""What a pod that may connect to hosts outside takes to do so through the cluster's proxy."""

from dataclasses import replace

from mgmtcluster.addresses import address_of
from mgmtcluster.constructs.parts.workload import Workload
from mgmtcluster.edges import record_call
from mgmtcluster.kinds.containers import Outside


def routes_to_proxy(workload: Workload) -> list[Outside]:
    """The connections to a proxy outside the cluster; one that is a Service in it gets an edge from the workload."""
    cluster = workload.context.cluster
    proxy = cluster.proxy
    if not proxy:
        return []
    outside: dict[str, Outside] = {}
    for name, url in proxy.urls.items():
        if address := address_of(url, cluster.domain):
            record_call(workload.scope, workload.peer, address.endpoint, why=name)
        else:
            way = Outside.at(url, reason="the proxy")
            outside[url] = replace(way, cidrs=way.cidrs or proxy.cidrs)
    return [*outside.values()]
