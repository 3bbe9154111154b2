"""Where services answer: endpoints, and the addresses that are projected from them."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.names import Name, ServiceName
from mgmtcluster.kinds.network import NodePort, Port, Protocol, UrlScheme, url_path
from mgmtcluster.kinds.peers import NAME_LABEL, Peer

#: The domain of the cluster's own DNS names, Kubernetes' default.
CLUSTER_DOMAIN = "cluster.local"

#: The environment variable that holds the address under which clients outside the cluster reach its nodes.
NODE_IP = "NODE_IP"

#: A name of a Service, as text may hold it: ``blocks-db-svc.registries.svc`` with an optional domain and port.
CLUSTER_LOCAL = re.compile(
    r"(?P<name>[a-z0-9-]+(?:\.[a-z0-9-]+)*)\.(?P<namespace>[a-z0-9-]+)\.svc(?:\.cluster\.local)?(?![a-z0-9.-])(?::(?P<port>\d+))?"
)

_SCHEME_PORTS = {"http": 80, "https": 443, "ws": 80, "redis": 6379}


def service_host(service: str, namespace: str) -> str:
    """The DNS name of a Service."""
    return f"{service}.{namespace}.svc.{CLUSTER_DOMAIN}"


def pod_host(pod: str, service: str, namespace: str) -> str:
    """The DNS name of a StatefulSet's pod behind its headless Service."""
    return f"{pod}.{service_host(service, namespace)}"


@dataclass(frozen=True)
class Endpoint:
    """A port of a Service, known before anything is built.

    Where the app declares the Service, policies open its own port to the pods that it selects, whatever declares it.

    Args:
        service: name of the Service.
        namespace: namespace of the Service.
        port: port of the Service.
        node_port: port on every node. Default: the port is not exposed outside the cluster.
        scheme: what the port speaks, for URLs. Default: ``http``.
        pods: the pods that the Service selects, where it runs beside the app, as that of a chart which somebody else installs:
            ``Peer("chat", "meilisearch")``, or ``Peer("chat", labels={…})``. Default: those with the name of the Service.
        target_port: port of the container behind it, which policies open. Default: the same.
        protocol: ``TCP``, ``UDP`` or ``SCTP``. Default: ``TCP``.

    Raises:
        InvalidInput: a name or a port that Kubernetes would not accept.
    """

    service: ServiceName
    namespace: Name
    port: Port
    node_port: NodePort | None = None
    scheme: UrlScheme = "http"
    pods: Peer | None = None
    target_port: Port | None = None
    protocol: Protocol = "TCP"

    def __post_init__(self) -> None:
        where = f"Endpoint {self.service!r}"
        check_fields(self, where=where)
        if self.pods and self.pods.namespace != self.namespace:
            here = f"and a Service leads to its own namespace; write {self.namespace}"
            raise InvalidInput([f"{where}: pods: are in {self.pods.namespace}, {here}"])

    @property
    def container_port(self) -> int:
        """The port that the pods listen on."""
        return self.target_port or self.port

    @property
    def peer(self) -> Peer:
        """The pods that answer, with the name of the Service."""
        labels = self.pods.selector if self.pods else {}
        return Peer(self.namespace, self.service, labels={} if labels == {NAME_LABEL: self.service} else labels)

    @property
    def host(self) -> "Address":
        """The Service's DNS name alone, for clients whose port is fixed."""
        return Address(self, service_host(self.service, self.namespace))

    @property
    def url(self) -> "Address":
        """The URL inside the cluster, without a path and without a trailing slash."""
        return self.path("")

    def path(self, path: str) -> "Address":
        """The URL inside the cluster with this path, which begins with a slash.

        Raises:
            InvalidInput: it does not, or the endpoint does not speak TCP and has no scheme of its own.
        """
        self._check_path(path)
        return Address(self, f"{self.scheme}://{self.host}:{self.port}{path}")

    @property
    def external_url(self) -> "Address":
        """The URL outside the cluster, to hand to clients there.

        It holds ``$(NODE_IP)``, which the container's own environment resolves: to the address that the settings or the
        construct's ``node_address`` name, else to the IP of the node that the pod runs on.

        Raises:
            InvalidInput: the endpoint has no node port.
        """
        return self.external_path("")

    def external_path(self, path: str) -> "Address":
        """The URL outside the cluster with this path; see ``external_url``.

        Raises:
            InvalidInput: the endpoint has no node port, or the path does not begin with a slash.
        """
        self._check_path(path)
        return Address(self, f"{self.scheme}://$({NODE_IP}):{self.exposed_port}{path}", outside=True)

    @property
    def exposed_port(self) -> int:
        """Its port on every node.

        Raises:
            InvalidInput: the endpoint has no node port.
        """
        if self.node_port is None:
            raise InvalidInput([f"{self.service}:{self.port} has no node_port, so it has no address outside the cluster"])
        return self.node_port

    def _check_path(self, path: str) -> None:
        try:
            if path:
                url_path(path)
        except (TypeError, ValueError) as error:
            raise InvalidInput([f"Endpoint {self.service!r}: path: {error}"]) from None
        if self.protocol != "TCP" and self.scheme == "http":
            spoken = f"scheme: {self.scheme!r} is not spoken over {self.protocol}"
            raise InvalidInput([f"Endpoint {self.service!r}: {spoken}; write another scheme, or use .host"])

    def __str__(self) -> str:
        return f"{self.namespace}/{self.service}:{self.port}"


@dataclass(frozen=True)
class Address:
    """Text that points at an endpoint, as a URL or as a host; made by the endpoint, never written by hand.

    Attributes:
        endpoint: what it points at.
        text: the address as it stands in an environment variable.
        outside: it is meant for clients outside the cluster, so the container that holds it is no client itself.
    """

    endpoint: Endpoint
    text: str
    outside: bool = False

    def __str__(self) -> str:
        return self.text


def address_of(url: str) -> Address | None:
    """The URL as an address of a Service in this cluster; None if it names a host elsewhere."""
    parts = urlsplit(url)
    local = CLUSTER_LOCAL.fullmatch(parts.hostname or "")
    if local is None or "." in local["name"]:
        return None
    port = parts.port or _SCHEME_PORTS.get(parts.scheme, 80)
    return Address(Endpoint(local["name"], local["namespace"], port, scheme=parts.scheme), url)
