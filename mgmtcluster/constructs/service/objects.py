"""The objects that services, workers and tasks are made of, each from what its arguments say."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from warnings import warn

from mgmtcluster.addresses import Endpoint
from mgmtcluster.constructs.parts import pods
from mgmtcluster.constructs.parts.objects import Manifest, k8s, number
from mgmtcluster.constructs.parts.volumes import RETAIN, with_stored_claim_templates
from mgmtcluster.constructs.service.checks import external_name, problems_of
from mgmtcluster.constructs.service.edges import claims_of_users, record_edges
from mgmtcluster.constructs.service.pods import service_pods, spread
from mgmtcluster.constructs.service.spec import Spec
from mgmtcluster.constructs.service.volumes import claim_templates, define_volumes
from mgmtcluster.edges import reserve, service_claims
from mgmtcluster.kinds.access import ApiRights
from mgmtcluster.kinds.containers import DEFAULT_USER
from mgmtcluster.kinds.errors import InvalidInput

_MONITORING: Final = "monitoring.coreos.com/v1"

#: The label of the one Service that a ServiceMonitor selects: through each of several, Prometheus would ask the pods once more.
_MONITORED: Final = {"prometheus.io/monitor": "true"}


def begin(spec: Spec, *, more_services: Sequence[str] = ()) -> Manifest:
    """Check the arguments, reserve names, record edges, and define what pods need: the ServiceAccount, rights, files, claims.

    Raises:
        InvalidInput: the arguments do not fit together, or a name is taken.
    """
    scope, user = spec.workload.scope, spec.options["user"]
    if problems := [*problems_of(spec)]:
        raise InvalidInput(f"{scope.node.path}: {problem}" for problem in problems)
    if user < DEFAULT_USER:
        warn(f"{scope.node.path}: user: {user} may be a user of the nodes too; {DEFAULT_USER} is not", stacklevel=4)
    names = (
        spec.peer.name,
        *external_name(spec),
        *spec.options["aliases"],
        *more_services,
    )
    services = service_claims(spec.peer.namespace, names, spec.all_endpoints) if spec.endpoints else []
    users, secrets = claims_of_users(spec)
    reserve(scope, [*services, *users])
    reserve(scope, secrets)
    record_edges(spec)
    account = spec.workload.service_account()
    if spec.options["api_rights"]:
        spec.workload.role(*map(_rule, spec.options["api_rights"]))
    define_volumes(spec)
    return account


def _rule(rights: ApiRights) -> k8s.PolicyRule:
    return k8s.PolicyRule(
        api_groups=list(rights.groups),
        resources=list(rights.resources),
        verbs=list(rights.verbs),
        resource_names=list(rights.names) or None,
    )


def deployment(spec: Spec) -> Manifest:
    """Define the Deployment of its pods."""
    # With a claim that one node may mount, the next pod would wait for it for ever while the last one runs.
    rolling = k8s.RollingUpdateDeployment(max_unavailable=number(0), max_surge=number(1))
    strategy = (
        k8s.DeploymentStrategy(type="Recreate")
        if spec.single_claim
        else k8s.DeploymentStrategy(type="RollingUpdate", rolling_update=rolling)
    )
    return Manifest(
        spec.workload.scope,
        "deployment",
        k8s.KubeDeploymentProps(
            metadata=spec.workload.metadata(),
            spec=k8s.DeploymentSpec(
                replicas=spec.replicas,
                selector=k8s.LabelSelector(match_labels=spec.workload.selector),
                strategy=strategy,
                template=service_pods(spec, topology_spread_constraints=spread(spec, revision="pod-template-hash")),
            ),
        ),
    )


def stateful_set(spec: Spec, *, headless: str) -> Manifest:
    """Define the StatefulSet of its pods, which the headless Service of this name gives names to."""
    template = service_pods(spec, topology_spread_constraints=spread(spec, revision="controller-revision-hash"))
    return Manifest(
        spec.workload.scope,
        "stateful-set",
        k8s.KubeStatefulSetProps(
            metadata=spec.workload.metadata(),
            spec=k8s.StatefulSetSpec(
                service_name=headless,
                replicas=spec.replicas,
                update_strategy=k8s.StatefulSetUpdateStrategy(type="RollingUpdate"),
                persistent_volume_claim_retention_policy=RETAIN,
                selector=k8s.LabelSelector(match_labels=spec.workload.selector),
                template=template,
                volume_claim_templates=claim_templates(spec) or None,
            ),
        ),
        complete=with_stored_claim_templates,
    )


def services(spec: Spec) -> list[Manifest]:
    """Define the main Service; a second one if only some ports are exposed; one for each alias."""
    endpoints = spec.all_endpoints
    labels = _MONITORED if _is_monitored(spec) else None
    defined = [_service(spec, "service", spec.peer.name, endpoints, exposed=len(spec.exposed) == len(endpoints), labels=labels)]
    for name in external_name(spec):
        defined.append(_service(spec, "external", name, spec.exposed, exposed=True))
    for alias in spec.options["aliases"]:
        defined.append(_service(spec, f"alias-{alias}", alias, endpoints, exposed=False))
    return defined


def _service(
    spec: Spec,
    id: str,
    name: str,
    endpoints: Sequence[Endpoint],
    *,
    exposed: bool,
    labels: Mapping[str, str] | None = None,
) -> Manifest:
    ports = [pods.service_port(endpoint, exposed=exposed) for endpoint in endpoints]
    if not exposed:
        return spec.workload.service(id, ports, name=name, labels=labels)
    options = spec.options
    return spec.workload.service(
        id,
        ports,
        name=name,
        type=options["service_type"] or "NodePort",
        labels=labels,
        annotations=options["service_annotations"],
        load_balancer_class=options["load_balancer_class"],
        load_balancer_source_ranges=[*options["load_balancer_source_ranges"]] or None,
    )


def headless_service(spec: Spec, name: str) -> Manifest:
    """Define the Service that gives pods names, before they are ready too: they may look for each other to become so.

    Its ports are those of the pods: what a headless Service names is asked directly.
    """
    direct = (replace(endpoint, port=endpoint.container_port, target_port=None) for endpoint in spec.all_endpoints)
    asked = {(endpoint.port, endpoint.protocol): endpoint for endpoint in direct}
    ports = [pods.service_port(endpoint, exposed=False) for endpoint in asked.values()]
    return spec.workload.service(
        "headless-service", ports, name=name, type=None, cluster_ip="None", publish_not_ready_addresses=True
    )


def disruption_budget(spec: Spec) -> Manifest | None:
    """Define that a drain takes one of its pods at a time, where there are several."""
    return spec.workload.disruption_budget(unhealthy="AlwaysAllow") if spec.has_several_pods else None


def network_policy(spec: Spec) -> Manifest:
    """Define what its pods may be asked and may ask."""
    return spec.workload.network_policy()


def autoscaler(spec: Spec, target: Manifest) -> Manifest | None:
    """Define the HorizontalPodAutoscaler of its Deployment or StatefulSet, where there is to be one."""
    wanted = spec.options["autoscale"]
    if not wanted:
        return None
    utilization = k8s.MetricTargetV2(type="Utilization", average_utilization=wanted.cpu_percent)
    return Manifest(
        spec.workload.scope,
        "autoscaler",
        k8s.KubeHorizontalPodAutoscalerV2Props(
            metadata=spec.workload.metadata(),
            spec=k8s.HorizontalPodAutoscalerSpecV2(
                min_replicas=wanted.min,
                max_replicas=wanted.max,
                metrics=[k8s.MetricSpecV2(type="Resource", resource=k8s.ResourceMetricSourceV2(name="cpu", target=utilization))],
                scale_target_ref=k8s.CrossVersionObjectReferenceV2(
                    api_version="apps/v1", kind=target.written_kind, name=spec.peer.name
                ),
            ),
        ),
    )


def _is_monitored(spec: Spec) -> bool:
    metrics = spec.options["metrics"]
    return bool(metrics and metrics.service_monitor)


def service_monitor(spec: Spec) -> Manifest | None:
    """Define what tells Prometheus' operator of its metrics, where that is asked for."""
    metrics = spec.options["metrics"]
    endpoint = spec.metrics_endpoint(spec.all_endpoints)
    if not metrics or not endpoint or not _is_monitored(spec):
        return None
    asked: dict[str, Any] = {"port": pods.port_name(endpoint), "path": metrics.path}
    labels = {**spec.workload.selector, **_MONITORED}
    props = {
        "apiVersion": _MONITORING,
        "kind": "ServiceMonitor",
        "metadata": spec.workload.metadata(),
        "spec": {"selector": {"matchLabels": labels}, "endpoints": [asked]},
    }
    return Manifest(spec.workload.scope, "service-monitor", props)
