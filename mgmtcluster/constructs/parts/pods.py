"""Containers and volumes as every construct here runs them: on a read-only disk, without privileges."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import overload

from mgmtcluster.addresses import NODE_IP, Address, Endpoint
from mgmtcluster.constructs.parts.context import Context
from mgmtcluster.constructs.parts.objects import content_hash, k8s, number, quantity
from mgmtcluster.containers import EnvValue
from mgmtcluster.kinds.containers import ExecProbe, HttpProbe, Probe, Resources
from mgmtcluster.kinds.images import image_parts
from mgmtcluster.kinds.network import in_url
from mgmtcluster.kinds.sources import ConfigKey, ConfigRef, PodField, SecretKey, SecretRef

#: Time that a container goes on serving after its pod was taken out of its Services, so that no request is cut off.
DRAIN_SECONDS = 10

#: Files that a script's ConfigMap mounts are read by everybody, and changed by nobody.
READ_ONLY_MODE = 0o444

#: Files of a Secret are read by the pod's own group. mongod accepts a key that its group may read only where root owns it, as
#: it does where Kubernetes mounts a Secret.
SECRET_MODE = 0o440

#: What a variable may be, but for an address.
EnvSource = str | SecretKey | ConfigKey | PodField


def container(
    *,
    name: str,
    image: str,
    resources: Resources,
    command: Sequence[str] | None = None,
    args: Sequence[str] | None = None,
    env: Mapping[str, k8s.EnvVar] | None = None,
    env_from: Sequence[SecretRef | ConfigRef] = (),
    ports: Sequence[k8s.ContainerPort] | None = None,
    mounts: Sequence[k8s.VolumeMount] = (),
    readiness: k8s.Probe | None = None,
    liveness: k8s.Probe | None = None,
    startup: k8s.Probe | None = None,
    lifecycle: k8s.Lifecycle | None = None,
    pull_policy: str = "IfNotPresent",
) -> k8s.Container:
    """A container with nothing granted that its arguments do not name.

    Args:
        pull_policy: ``IfNotPresent`` for images whose tag never moves, so that they start while the registry is away.
    """
    return k8s.Container(
        name=name,
        image=image,
        image_pull_policy=pull_policy,
        command=list(command) if command else None,
        args=list(args) if args else None,
        env=list(env.values()) if env else None,
        env_from=[_env_from(source) for source in env_from] or None,
        ports=list(ports) if ports else None,
        volume_mounts=list(mounts) or None,
        resources=_requirements(resources),
        readiness_probe=readiness,
        liveness_probe=liveness,
        startup_probe=startup,
        lifecycle=lifecycle,
        security_context=k8s.SecurityContext(
            allow_privilege_escalation=False,
            privileged=False,
            read_only_root_filesystem=True,
            capabilities=k8s.Capabilities(drop=["ALL"]),
        ),
    )


def pull_policy(image: str) -> str:
    """``Always`` for a tag, which may be pushed again; ``IfNotPresent`` for a digest, which cannot."""
    return "IfNotPresent" if "@" in image else "Always"


def version_label(image: str) -> dict[str, str]:
    """The label with an image's version: its tag, where it has one that fits a label."""
    tag = image_parts(image.partition("@")[0])[1]
    fits = 0 < len(tag) <= 63 and tag[0].isalnum() and tag[-1].isalnum()
    return {"app.kubernetes.io/version": tag} if fits else {}


def port_name(endpoint: Endpoint) -> str:
    """The name of a port of a Service and of a container: what it speaks, cut to the 15 characters of such a name; its number."""
    number = f"-{endpoint.port}"
    speaks = endpoint.scheme if endpoint.protocol == "TCP" else endpoint.protocol.lower()
    return re.sub("[^a-z0-9]+", "-", speaks)[: 15 - len(number)].strip("-") + number


def service_port(endpoint: Endpoint, *, exposed: bool) -> k8s.ServicePort:
    """An endpoint's port of its Service, with its node port where that is exposed."""
    return k8s.ServicePort(
        name=port_name(endpoint),
        port=endpoint.port,
        protocol=_protocol(endpoint),
        target_port=number(endpoint.container_port),
        node_port=endpoint.node_port if exposed else None,
    )


def container_ports(endpoints: Sequence[Endpoint]) -> list[k8s.ContainerPort]:
    """The ports that a container listens on behind these endpoints, each once."""
    listening: dict[tuple[int, str], Endpoint] = {}
    for endpoint in endpoints:
        listening.setdefault((endpoint.container_port, endpoint.protocol), endpoint)
    return [
        k8s.ContainerPort(name=port_name(endpoint), container_port=endpoint.container_port, protocol=_protocol(endpoint))
        for endpoint in listening.values()
    ]


def _protocol(endpoint: Endpoint) -> str | None:
    """What is written of an endpoint's protocol: nothing, where it is the one that Kubernetes takes it for."""
    return None if endpoint.protocol == "TCP" else endpoint.protocol


def _requirements(resources: Resources) -> k8s.ResourceRequirements:
    def quantities(cpu: str | None, memory: str, ephemeral_storage: str) -> dict[str, k8s.Quantity]:
        amounts = {"cpu": cpu, "memory": memory, "ephemeral-storage": ephemeral_storage}
        return {resource: quantity(amount) for resource, amount in amounts.items() if amount}

    # Kubernetes does not share devices between containers: what is requested is the limit.
    devices = {resources.gpu[0]: quantity(str(resources.gpu[1]))} if resources.gpu else {}
    return k8s.ResourceRequirements(
        requests=quantities(resources.cpu, resources.memory, resources.ephemeral_storage) | devices,
        limits=quantities(resources.cpu_limit, resources.memory_limit, resources.ephemeral_storage_limit) | devices,
    )


def env_vars(env: Mapping[str, EnvSource]) -> dict[str, k8s.EnvVar]:
    """Environment variables."""
    return {
        name: k8s.EnvVar(name=name, value=value) if isinstance(value, str) else k8s.EnvVar(name=name, value_from=_source(value))
        for name, value in env.items()
    }


def env_in(context: Context, env: Mapping[str, EnvSource | Address], *, outside: bool = False) -> dict[str, k8s.EnvVar]:
    """Environment variables with addresses as they are in this cluster; what ``$(NODE_IP)`` in one refers to comes first.

    Args:
        context: facts of the cluster.
        env: the variables.
        outside: the container may connect to hosts outside, so it gets the cluster's proxy, unless ``env`` has another.
    """
    texts = {name: value.text(context.cluster) if isinstance(value, Address) else value for name, value in env.items()}
    needs_node = any(isinstance(text, str) and f"$({NODE_IP})" in text for text in texts.values())
    proxy = proxy_env(context, f"$({NODE_IP})" if needs_node else None) if outside else {}
    # Clients differ in which spelling they prefer, so one that is set here leaves none of the other.
    proxy = {name: text for name, text in proxy.items() if not {name.upper(), name.lower()} & texts.keys()}
    return ({NODE_IP: _node_ip(context.node_address)} if needs_node else {}) | env_vars(proxy | texts)


def proxy_env(context: Context, node: str | None = None) -> dict[str, str]:
    """The variables from which clients take the cluster's proxy, in both spellings that they read.

    Args:
        context: facts of the cluster, all of which is reached without the proxy.
        node: the address of the pod's node. Default: that of the nodes, where it is known.
    """
    cluster, address = context.cluster, context.node_address or node
    if not cluster.proxy:
        return {}
    own = ["localhost", "127.0.0.1", "::1", ".svc", f".{cluster.domain}", *cluster.cidrs, *([address] if address else [])]
    variables = {**cluster.proxy.urls, "NO_PROXY": ",".join(dict.fromkeys([*own, *cluster.proxy.no_proxy]))}
    return variables | {name.lower(): value for name, value in variables.items()}


def lacks_node_address(context: Context) -> bool:
    """Whether ``$(NODE_IP)`` would be an IPv6 address as a node has it: without the brackets that a URL must have."""
    return context.node_address is None and context.cluster.ip_families[0] == "IPv6"


def _node_ip(node_address: str | None) -> k8s.EnvVar:
    if node_address:
        return k8s.EnvVar(name=NODE_IP, value=in_url(node_address))
    return k8s.EnvVar(name=NODE_IP, value_from=k8s.EnvVarSource(field_ref=pod_field("status.hostIP")))


def pod_field(path: str) -> k8s.ObjectFieldSelector:
    """A field of the pod itself, with the default that the API server would add and report as a change."""
    return k8s.ObjectFieldSelector(api_version="v1", field_path=path)


def _source(value: SecretKey | ConfigKey | PodField) -> k8s.EnvVarSource:
    if isinstance(value, PodField):
        return k8s.EnvVarSource(field_ref=pod_field(value.path))
    if isinstance(value, ConfigKey):
        return k8s.EnvVarSource(config_map_key_ref=k8s.ConfigMapKeySelector(name=value.name, key=value.key))
    return k8s.EnvVarSource(secret_key_ref=k8s.SecretKeySelector(name=value.name, key=value.key))


def _env_from(source: SecretRef | ConfigRef) -> k8s.EnvFromSource:
    if isinstance(source, SecretRef):
        return k8s.EnvFromSource(secret_ref=k8s.SecretEnvSource(name=source.name))
    return k8s.EnvFromSource(config_map_ref=k8s.ConfigMapEnvSource(name=source.name))


def addresses_in(env: Mapping[str, EnvValue]) -> Iterable[tuple[str, Address]]:
    """The variables whose addresses the container itself connects to."""
    return ((name, value) for name, value in env.items() if isinstance(value, Address) and not value.outside)


@overload
def probe(probe: Probe, *, port: int | None = None) -> k8s.Probe: ...
@overload
def probe(probe: Probe | None, *, port: int | None = None) -> k8s.Probe | None: ...
def probe(probe: Probe | None, *, port: int | None = None) -> k8s.Probe | None:
    """A probe, if there is one; ``port`` is the one it asks where it asks one and names none."""
    if probe is None:
        return None
    target: dict[str, object] = {}
    if isinstance(probe, ExecProbe):
        target["exec"] = k8s.ExecAction(command=list(probe.command))
    elif isinstance(probe, HttpProbe):
        scheme = None if probe.scheme == "HTTP" else probe.scheme
        target["http_get"] = k8s.HttpGetAction(path=probe.path, port=number(probe.port or port or 0), scheme=scheme)
    else:
        target["tcp_socket"] = k8s.TcpSocketAction(port=number(probe.port or port or 0))
    return k8s.Probe(
        period_seconds=probe.period_seconds,
        failure_threshold=probe.failure_threshold,
        timeout_seconds=probe.timeout_seconds,
        **target,  # type: ignore[arg-type]
    )


def drain() -> k8s.Lifecycle:
    """Keep serving until every node has taken the pod out of its Services."""
    return k8s.Lifecycle(pre_stop=k8s.LifecycleHandler(exec=k8s.ExecAction(command=["sleep", str(DRAIN_SECONDS)])))


def empty_dir(name: str, size: str) -> k8s.Volume:
    """A directory that lives as long as the pod, at most this large."""
    return k8s.Volume(name=name, empty_dir=k8s.EmptyDirVolumeSource(size_limit=quantity(size)))


def volume_name(container: str, directory: str) -> str:
    """A DNS label for a container's directory: both, or a hash where they do not make one. Names are shared by the whole pod."""
    name = f"{container}{directory.replace('/', '-')}".lower().replace("_", "-").replace(".", "-")
    fits = len(name) <= 63 and name[-1].isalnum()
    return name if fits else f"{container[:54]}-{content_hash([container, directory])}"


def secret_volume(name: str, secret: str) -> k8s.Volume:
    """The files of a Secret."""
    return k8s.Volume(name=name, secret=k8s.SecretVolumeSource(secret_name=secret, default_mode=SECRET_MODE))


def config_map_volume(name: str, config_map: str) -> k8s.Volume:
    """The files of a ConfigMap."""
    return k8s.Volume(name=name, config_map=k8s.ConfigMapVolumeSource(name=config_map, default_mode=READ_ONLY_MODE))
