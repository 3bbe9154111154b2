"""Rules over pods: their images, and what they may do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mgmtcluster.kinds.cluster import Cluster
from mgmtcluster.kinds.images import image
from mgmtcluster.kinds.quantities import quantity_value
from mgmtcluster.manifests import Object, containers, name_of, pod_template, spec_of

_HOST_FIELDS: Final = ("hostNetwork", "hostPID", "hostIPC", "ephemeralContainers")
_POD_OPTIONS: Final = ("sysctls", "seLinuxOptions", "windowsOptions", "appArmorProfile")
_CONTAINER_OPTIONS: Final = ("procMount", "seLinuxOptions", "windowsOptions", "appArmorProfile", "seccompProfile")
_VOLUMES: Final = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
)
_IDS: Final = frozenset({"fsGroup", "runAsGroup", "runAsUser", "supplementalGroups"})
_IS_LEFT: Final = "is set, and OpenShift gives each namespace its own; leave it out"
_RESOURCES: Final = ("cpu", "memory", "ephemeral-storage")

#: A container that asks for more CPU than there is only waits; of the others it would take what its neighbours need.
_NEEDS_NO_LIMIT: Final = ("cpu",)


def images_pinned(objects: Sequence[Object]) -> Iterator[str]:
    """Every container has an image with a tag other than ``latest``, or with a digest."""
    for owner in objects:
        for container in containers(owner):
            try:
                image(container.get("image") or "")
            except ValueError as error:
                yield f"{name_of(owner)}: container {container.get('name')}: image: {error}"


def workloads_select_their_pods(objects: Sequence[Object]) -> Iterator[str]:
    """Every selector of a workload is among the labels of its own pods, which an API server asks for."""
    for owner, template in ((owner, pod_template(owner)) for owner in objects):
        if not template:
            continue
        selector = (spec_of(owner).get("selector") or {}).get("matchLabels") or {}
        if not selector.items() <= ((template.get("metadata") or {}).get("labels") or {}).items():
            yield f"{name_of(owner)}: spec.selector: {selector} selects none of its own pods; leave their labels as they are"


def hardened(objects: Sequence[Object]) -> Iterator[str]:
    """Every pod keeps to Pod Security's ``restricted``, writes to sized volumes alone, and says what it needs.

    ``enforce`` checks this of the pods of this library's constructs; pass it as one more rule to check it of all pods.
    """
    for owner in objects:
        template = pod_template(owner)
        if template:
            spec = template["spec"]
            found = [*_pod_problems(spec), *(problem for container in containers(owner) for problem in _problems_of(container))]
            yield from (f"{name_of(owner)}: {problem}" for problem in [*found, *_volume_problems(spec)])


def users_left_out(objects: Sequence[Object], *, cluster: Cluster | None = None) -> Iterator[str]:
    """On OpenShift, no pod names a user or a group: its security context constraints give each namespace its own.

    ``enforce`` checks this of the pods of this library's constructs, and of those that a ConfigMap of theirs describes.
    """
    for owner in objects if cluster and cluster.openshift else ():
        spec = (pod_template(owner) or {}).get("spec", {})
        for where, holder in [("", spec), *((f"container {each['name']}: ", each) for each in containers(owner))]:
            found = _IDS & (holder.get("securityContext") or {}).keys()
            yield from (f"{name_of(owner)}: {where}securityContext.{name}: {_IS_LEFT}" for name in sorted(found))
        for key, text in (owner.get("data") or {}).items() if owner["kind"] == "ConfigMap" else ():
            yield from (f"{name_of(owner)}: data.{key}: {name}: {_IS_LEFT}" for name in sorted(_IDS) if f'"{name}"' in text)


def _pod_problems(spec: Object) -> Iterator[str]:
    security = spec.get("securityContext") or {}
    wanted = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    yield from _differences("securityContext", security, wanted)
    yield from (f"securityContext.{name}: is set; leave it out" for name in _POD_OPTIONS if name in security)
    yield from (f"{name}: is set; leave it out" for name in _HOST_FIELDS if name in spec)
    if spec.get("enableServiceLinks") is not False:
        yield "enableServiceLinks: is not false, so every Service of the namespace becomes variables; write false"


def _problems_of(container: Object) -> Iterator[str]:
    where = f"container {container['name']}"
    security = container.get("securityContext") or {}
    wanted = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
    }
    yield from _differences(f"{where}: securityContext", security, wanted)
    if security.get("runAsNonRoot", True) is not True:
        yield f"{where}: securityContext.runAsNonRoot: is {security['runAsNonRoot']}; write true, or leave it out"
    yield from (f"{where}: securityContext.{name}: is set; leave it out" for name in _CONTAINER_OPTIONS if name in security)
    for port in container.get("ports") or ():
        yield from (f"{where}: ports: {name} is set; leave it out" for name in ("hostPort", "hostIP") if name in port)
    yield from (f"{where}: {problem}" for problem in _resource_problems(container.get("resources") or {}))


def _differences(where: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        if found.get(name) != value:
            yield f"{where}.{name}: is {found.get(name)}; write {value}"


def _resource_problems(resources: Object) -> Iterator[str]:
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for resource in _RESOURCES:
        if resource not in requests or (resource not in limits and resource not in _NEEDS_NO_LIMIT):
            yield f"resources: {resource} has no request or no limit; write both"
        elif resource in limits and quantity_value(str(limits[resource])) < quantity_value(str(requests[resource])):
            yield f"resources: the limit of {resource} is less than its request; write at least {requests[resource]}"


def _volume_problems(spec: Object) -> Iterator[str]:
    for volume in spec.get("volumes") or ():
        where = f"volume {volume['name']}"
        for kind in volume.keys() - {"name"} - _VOLUMES:
            allowed = ", ".join(sorted(_VOLUMES))
            yield f"{where}: Pod Security's restricted does not allow {kind}; write one of {allowed}"
        if "emptyDir" in volume and "sizeLimit" not in (volume["emptyDir"] or {}):
            yield f"{where}: emptyDir has no sizeLimit, so it may fill the node's disk; write one"
