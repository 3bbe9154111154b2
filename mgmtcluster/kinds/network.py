"""Ports, hosts, URLs and ranges of addresses, with the checks that refuse anything else.

A check raises ``ValueError`` that says what was passed, what is allowed and what to write. Its caller adds where.
"""

import re
from ipaddress import ip_address, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from mgmtcluster.kinds.names import is_dns_subdomain


def host_address(text: str) -> str:
    """A host name or an IP address, without a scheme and without a port."""
    try:
        ip_address(text)
    except ValueError:
        if not is_dns_subdomain(text.lower()):
            raise ValueError(f"{text!r} is not an address; write a host name or an IP address, no scheme, no port") from None
    return text


def host_and_port(text: str) -> str:
    """A host name or IPv4 address with a port."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not port.isascii() or not 1 <= int(port) <= 65535 or not is_dns_subdomain(host.lower()):
        raise ValueError(f"{text!r} is not an address with a port; write HOST:PORT")
    return text


def dns_domain(text: str) -> str:
    """The domain of a cluster's own DNS names."""
    if not is_dns_subdomain(text):
        raise ValueError(f"{text!r} is not a domain; write names with dots between, as in cluster.local, no dot at either end")
    return text


def cidr(text: str) -> str:
    """A range of IP addresses (a CIDR), as NetworkPolicy takes it."""
    try:
        network = str(ip_network(text))
    except ValueError:
        raise ValueError(f"{text!r} is not a CIDR; write a range of addresses as in 10.244.0.0/16") from None
    if not re.fullmatch("[^/]+/[0-9]+", text):
        raise ValueError(f"{text!r} is not a CIDR; write it as {network}")
    return network


def ip_family(text: str) -> str:
    """A family of addresses: IPv4 or IPv6."""
    if text not in ("IPv4", "IPv6"):
        raise ValueError(f"{text!r} is not a family of addresses; write IPv4 or IPv6")
    return text


def is_address(text: str) -> bool:
    """Whether this is an IP address."""
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def family_of(cidr: str) -> str:
    """The family of a range of addresses, or of a single one."""
    return f"IPv{ip_network(cidr).version}"


def in_url(address: str) -> str:
    """An address as the host of a URL: that of IPv6 in brackets."""
    return f"[{address}]" if ":" in address else address


def port_range(text: str) -> str:
    """A range of ports: the first and the last, with a hyphen between."""
    first, _, last = text.partition("-")
    if not re.fullmatch("[0-9]{1,5}-[0-9]{1,5}", text) or not 1 <= int(first) <= int(last) <= 65535:
        raise ValueError(f"{text!r} is not a range of ports; write FIRST-LAST, as in 30000-32767")
    return text


def ports_in(port_range: str) -> range:
    """The ports of a range."""
    first, _, last = port_range.partition("-")
    return range(int(first), int(last) + 1)


def within(cidr: str, other: str) -> bool:
    """Whether a range of addresses, or a single one, lies within another.

    Raises:
        ValueError: one of them is not a range.
    """
    inner, outer = ip_network(cidr), ip_network(other)
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def http_url(text: str) -> str:
    """An http or https URL with a host."""
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.username
    except ValueError:
        valid = False
    if not valid or not re.fullmatch(r"[!-~]+", text):
        raise ValueError(f"{text!r} is not an HTTP URL; write http://HOST[:PORT][/PATH], without a user or password")
    return text


def url_path(text: str) -> str:
    """The path of a URL, with what may follow it."""
    if not re.fullmatch(r"/[!-~]*", text):
        raise ValueError(f"{text!r} is not a path; write it with a slash first, as in /health, and without spaces")
    return text


def url_scheme(text: str) -> str:
    """What stands before ``://``."""
    if not re.fullmatch(r"[a-z][a-z0-9+.-]{0,62}", text):
        raise ValueError(f"{text!r} is not a scheme; write a-z, 0-9, +, . and -, a letter first, as in http")
    return text


#: How a Service is reached.
ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer"]

Port = Annotated[int, Field(ge=1, le=65535)]
#: What a port speaks below everything else; ``TCP`` where nobody says otherwise.
Protocol = Literal["TCP", "UDP", "SCTP"]
NodePort = Port
PortRange = Annotated[str, AfterValidator(port_range)]
IpFamily = Annotated[str, AfterValidator(ip_family)]
HostAddress = Annotated[str, AfterValidator(host_address)]
HostAndPort = Annotated[str, AfterValidator(host_and_port)]
Domain = Annotated[str, AfterValidator(dns_domain)]
Cidr = Annotated[str, AfterValidator(cidr)]
HttpUrl = Annotated[str, AfterValidator(http_url)]
UrlPath = Annotated[str, AfterValidator(url_path)]
UrlScheme = Annotated[str, AfterValidator(url_scheme)]
