"""Where services answer: endpoints, and the addresses that are projected from them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import urlsplit

from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.cluster import Cluster
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.names import Name, ServiceName
from mgmtcluster.kinds.network import NodePort, Port, Protocol, UrlScheme, url_path
from mgmtcluster.kinds.peers import NAME_LABEL, Peer

#: The environment variable that holds the address under which clients outside the cluster reach its nodes.
NODE_IP = "NODE_IP"

_SCHEME_PORTS = {"http": 80, "https": 443, "ws": 80, "redis": 6379}


def service_host(service: str, namespace: str, domain: str | None) -> str:
    """The DNS name of a Service in the cluster's domain; without one, as pods alone resolve it."""
    return f"{service}.{namespace}.svc" + (f".{domain}" if domain else "")


def pods_service(service: str) -> str:
    """The name of the headless Service that gives the pods of a ``StatefulService`` their names."""
    return f"{service}-pods"


@lru_cache(maxsize=1024)
def names_in(text: str, domain: str) -> Sequence[re.Match[str]]:
    """Names of Services in text: ``blocks-db-svc.registries.svc`` with an optional domain and port.

    The domain may be this one, or Kubernetes' default, which is found to be refused in a cluster with another one. A dot may
    end it, as in DNS.
    """
    # The pattern takes long in a script, where there is hardly ever one.
    return tuple(service_names(domain).finditer(text)) if ".svc" in text.lower() else ()


@cache
def service_names(domain: str) -> re.Pattern[str]:
    """The pattern of such a name."""
    domains = "|".join(re.escape(name) for name in dict.fromkeys([domain, Cluster.domain]))
    return re.compile(
        r"(?P<name>[a-z0-9-]+(?:\.[a-z0-9-]+)*)\.(?P<namespace>[a-z0-9-]+)\.svc"
        rf"(?:\.(?P<domain>{domains})\.?)?(?![a-z0-9.-])(?::(?P<port>\d+))?",
        re.IGNORECASE,
    )


def foreign_domain(text: str, domain: str) -> str | None:
    """The words for a name of a Service in this text whose domain is not the cluster's."""
    for match in names_in(text, domain):
        if match["domain"] and match["domain"].lower() != domain:
            host = service_host(match["name"], match["namespace"], domain)
            return f"{match[0]!r} is not in the cluster's domain {domain}; write {host}"
    return None


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
        pod: one pod of a StatefulSet, by its name below the headless Service ``service``. Default: any of them.

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
    pod: Name | None = None

    def __post_init__(self) -> None:
        where = f"Endpoint {self.service!r}"
        check_fields(self, where=where)
        if self.pods and self.pods.namespace != self.namespace:
            here = f"and a Service leads to its own namespace; write {self.namespace}"
            raise InvalidInput([f"{where}: pods: are in {self.pods.namespace}, {here}"])
        if self.pods and not self.pods.selector:
            raise InvalidInput(
                [f"{where}: pods: are all of {self.namespace}; write Peer({self.namespace!r}, NAME), or labels={{…}}"]
            )

    @property
    def container_port(self) -> int:
        """The port that the pods listen on."""
        return self.target_port or self.port

    def of_pod(self, ordinal: int) -> "Endpoint":
        """The same port of one pod of a ``StatefulService``, which has a name of its own: ``index-0.index-pods.shop.svc``.

        Policies let the client ask all pods of the service: the name leads to the pod, and a policy knows the workload.

        Args:
            ordinal: the number of the pod; the first one is 0.

        Raises:
            InvalidInput: no pod has that number.
        """
        if type(ordinal) is not int or ordinal < 0:
            raise InvalidInput([f"Endpoint {self.service!r}: of_pod: {ordinal!r} is no number of a pod; write 0 or more"])
        return Endpoint(
            pods_service(self.service),
            self.namespace,
            self.container_port,
            scheme=self.scheme,
            protocol=self.protocol,
            pod=f"{self.service}-{ordinal}",
        )

    @property
    def peer(self) -> Peer:
        """The pods that answer, with the name of the Service."""
        labels = self.pods.selector if self.pods else {}
        return Peer(self.namespace, self.service, labels={} if labels == {NAME_LABEL: self.service} else labels)

    @property
    def host(self) -> "Address":
        """The Service's DNS name alone, for clients whose port is fixed."""
        return Address(self)

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
        return Address(self, path)

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
        return Address(self, path, outside=bool(self.exposed_port))

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

    @property
    def dns_name(self) -> str:
        """What stands before the namespace in its DNS name."""
        return f"{self.pod}.{self.service}" if self.pod else self.service

    def __str__(self) -> str:
        return f"{self.namespace}/{self.dns_name}:{self.port}"


@dataclass(frozen=True)
class Address:
    """A URL or a host that leads to an endpoint; made by the endpoint, never written by hand.

    It holds nothing of a cluster: ``text`` writes it for one. ``str`` leaves the domain out, as every pod resolves it.

    Attributes:
        endpoint: what it points at.
        path: the path of the URL. Default: it is the host alone.
        outside: it is meant for clients outside the cluster, so the container that holds it is no client itself.
    """

    endpoint: Endpoint
    path: str | None = None
    outside: bool = False

    def text(self, cluster: Cluster) -> str:
        """The address as it stands in an environment variable of this cluster."""
        return self._in(cluster.domain)

    def _in(self, domain: str | None) -> str:
        at = self.endpoint
        host, port = service_host(at.dns_name, at.namespace, domain), at.port
        if self.outside:
            host, port = f"$({NODE_IP})", at.exposed_port
        return host if self.path is None else f"{at.scheme}://{host}:{port}{self.path}"

    def __str__(self) -> str:
        return self._in(None)


def address_of(url: str, domain: str) -> Address | None:
    """The URL as an address of a Service in the cluster with this domain; None if it names a host elsewhere."""
    parts = urlsplit(url)
    local = service_names(domain).fullmatch(parts.hostname or "")
    if local is None or "." in local["name"]:
        return None
    port = parts.port or _SCHEME_PORTS.get(parts.scheme, 80)
    return Address(Endpoint(local["name"], local["namespace"], port, scheme=parts.scheme), url.partition(parts.netloc)[2])
