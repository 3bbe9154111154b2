"""DNS: who answers it, and whether policies let pods ask there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Final

from mgmtcluster.cli.checks.facts import closed
from mgmtcluster.cli.checks.row import Row, Verdict, listed
from mgmtcluster.cli.checks.view import View, dns_services
from mgmtcluster.manifests import Object, name_of
from mgmtcluster.settings.cluster import DnsServerSettings

_PORT: Final = 53


@dataclass(frozen=True)
class Place:
    """Where pods ask for names, as a policy sees it: other pods, or an address.

    Attributes:
        port: the port there.
        namespace: the namespace of the pods.
        labels: their labels, as a Service selects them.
        address: the address, instead of pods.
    """

    port: int = _PORT
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    address: str = ""

    @property
    def setting(self) -> str:
        """What to write in ``cluster.dns``."""
        if self.address:
            return f"{{cidr: {ip_network(self.address)}, port: {self.port}}}"
        labels = ", ".join(f"{key}: {value}" for key, value in self.labels.items())
        return f"{{namespace: {self.namespace}, labels: {{{labels}}}, port: {self.port}}}"

    def is_in(self, known: DnsServerSettings) -> bool:
        """Whether an entry of ``cluster.dns`` opens it."""
        if self.port != known.port:
            return False
        if known.cidr or self.address:
            return bool(known.cidr and self.address) and _within(self.address, str(known.cidr))
        return self.namespace == known.namespace and known.labels.items() <= self.labels.items()


def _within(address: str, cidr: str) -> bool:
    return ip_address(address) in ip_network(cidr)


def dns(view: View) -> Iterator[Row]:
    """Somebody answers DNS, and ``cluster.dns`` has everybody whom pods ask."""
    services, cache = dns_services(view.objects["Service"], view.told.kubelet), _cache(view)
    unanswered = [name_of(service) for service in services if not any(_ready(view, service))]
    places = list({place.setting: place for place in _places(view, services, cache)}.values())
    known = view.expected.settings.cluster.dns
    closed_off = [place for place in places if not any(place.is_in(server) for server in known)]
    if not places:
        fix = ["kubectl get services --all-namespaces   # one of them has port 53; else install CoreDNS"]
        yield Row("dns", *_nobody(view), fix)
    elif unanswered:
        fix = ["kubectl get pods -n kube-system -l k8s-app=kube-dns -o wide"]
        yield Row("dns", "fail", f"no pod that is Ready answers behind {listed(unanswered)}", fix)
    elif closed_off:
        found = f"pods ask where no policy lets them go: {listed([place.setting for place in closed_off])}"
        fix = [f"settings.yaml: cluster: {{dns: [{', '.join(place.setting for place in places)}]}}", "make synth"]
        yield Row("dns", closed(view), found, fix)
    else:
        yield Row("dns", "ok", f"policies allow {listed([place.setting for place in places])}")


def _nobody(view: View) -> tuple[Verdict, str]:
    others = [item for item in view.objects["Service"] if any(_is_dns(port) for port in item["spec"].get("ports") or ())]
    if others:
        return "warn", f"cannot be told from here: {listed(list(map(name_of, others)))} may be the cluster's"
    return "fail", "there is no Service kube-dns in kube-system, nor another one for DNS: no pod finds another one"


def _is_dns(port: Object) -> bool:
    return port["port"] == _PORT and port.get("protocol") == "UDP"


def _cache(view: View) -> Object | None:
    """The DaemonSet of node-local DNS."""
    names = ("kube-system", "node-local-dns")
    found = (item for item in view.objects["DaemonSet"] if (item["metadata"]["namespace"], item["metadata"]["name"]) == names)
    return next(found, None)


def _places(view: View, services: Sequence[Object], cache: Object | None) -> Iterator[Place]:
    of_services = {address: service for service in services for address in service["spec"].get("clusterIPs") or ()}
    intercepted = _local_addresses(cache) if cache else []
    for address in view.told.kubelet.get("clusterDNS") or [*of_services, *intercepted]:
        if address in of_services and address not in intercepted:
            yield from _behind(view, of_services[address])
        else:
            yield Place(address=address)
    if cache and not cache["spec"]["template"]["spec"].get("hostNetwork"):  # as Cilium sends queries to it
        yield Place(namespace="kube-system", labels=cache["spec"]["template"]["metadata"]["labels"])


def _local_addresses(cache: Object) -> list[str]:
    """The addresses that node-local DNS takes on its node, also from the Service; none where it has a network of its own."""
    spec = cache["spec"]["template"]["spec"]
    words = [word for container in spec["containers"] for word in container.get("args") or ()]
    pairs = zip(words, [*words[1:], ""], strict=True)
    texts = [word.partition("=")[2] or after for word, after in pairs if word.lstrip("-").partition("=")[0] == "localip"]
    return [address.strip() for text in texts for address in text.split(",")] if spec.get("hostNetwork") else []


def _behind(view: View, service: Object) -> Iterator[Place]:
    """The pods behind a Service, at their own port."""
    metadata, selector = service["metadata"], service["spec"].get("selector") or {}
    for item in view.slices_of(metadata["namespace"], metadata["name"]):
        for port in item.get("ports") or ():
            if port.get("protocol") == "UDP":
                yield Place(port["port"], metadata["namespace"], selector)


def _ready(view: View, service: Object) -> Iterator[Object]:
    metadata = service["metadata"]
    for item in view.slices_of(metadata["namespace"], metadata["name"]):
        for endpoint in item.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready") is not False:
                yield endpoint


CHECKS: Final = (dns,)
