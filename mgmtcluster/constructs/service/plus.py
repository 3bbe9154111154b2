"""A service as cdk8s-plus knows it, for the constructs of cdk8s-plus that take one of its own."""

from typing import Any, cast

import cdk8s_plus_27 as kplus
from cdk8s import ApiObjectMetadata, App, Chart, JsonPatch

from mgmtcluster.constructs.parts.objects import Manifest
from mgmtcluster.constructs.parts.pods import port_name
from mgmtcluster.constructs.service.spec import Spec
from mgmtcluster.edges import Claim, reserve
from mgmtcluster.kinds.errors import InvalidInput


def kplus_service(spec: Spec) -> kplus.Service:
    """The Service of the endpoint's name with its ports. It is part of no app, so it is not written a second time."""
    return kplus.Service(
        _nowhere(spec),
        spec.peer.name,
        metadata=ApiObjectMetadata(name=spec.peer.name),
        ports=[
            kplus.ServicePort(name=port_name(endpoint), port=endpoint.port, target_port=endpoint.container_port)
            for endpoint in spec.all_endpoints
        ],
    )


def kplus_scalable(spec: Spec, workload: Manifest) -> kplus.IScalable:
    """What an autoscaler of cdk8s-plus scales: the pods of a workload, whose manifest leaves their number to it from now on.

    Raises:
        InvalidInput: something else says their number, or they share a claim that one node may mount.
    """
    path = spec.workload.scope.node.path
    if spec.options["autoscale"]:
        raise InvalidInput([f"{path}: autoscale: scales the pods already; leave it out, or use no other autoscaler"])
    if spec.options["replicas"]:
        raise InvalidInput(
            [f"{path}: replicas: the autoscaler sets the number of pods; leave it out, and write min_replicas there"]
        )
    if spec.single_claim:
        raise InvalidInput([f"{path}: claims: pods on several nodes cannot mount one; write access='ReadWriteMany' on the Claim"])
    scale = Claim(f"the scale of {spec.peer}", "as_kplus_scalable", "use what the first call gave")
    reserve(spec.workload.scope, [scale])
    workload.add_json_patch(JsonPatch.remove("/spec/replicas"))
    containers = [kplus.ContainerProps(name=spec.peer.name, image=spec.image)]
    arguments: dict[str, Any] = {"metadata": ApiObjectMetadata(name=spec.peer.name), "containers": containers}
    if workload.written_kind == "Deployment":
        return cast(kplus.IScalable, kplus.Deployment(_nowhere(spec), spec.peer.name, **arguments))
    service = kplus_service(spec)
    return cast(kplus.IScalable, kplus.StatefulSet(_nowhere(spec), spec.peer.name, service=service, **arguments))


def _nowhere(spec: Spec) -> Chart:
    return Chart(App(), "nowhere", namespace=spec.peer.namespace)
