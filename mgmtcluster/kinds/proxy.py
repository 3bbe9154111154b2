"""The HTTP proxy through which hosts outside the cluster are reached."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator

from mgmtcluster.kinds.checking import check_fields
from mgmtcluster.kinds.errors import InvalidInput
from mgmtcluster.kinds.network import Cidr, http_url


def proxy_url(text: str) -> str:
    """The HTTP URL of a proxy, without a user and a password."""
    if "@" in text:
        raise ValueError(
            "holds a user or a password, which would stand in dist/; leave them out, "
            "and give what needs them the whole URL from a Secret: env: {HTTPS_PROXY: {secret: …, key: …}}"
        )
    return http_url(text)


def no_proxy_host(text: str) -> str:
    """A host, a domain with a dot before it, or a range of addresses that are reached without a proxy."""
    if not re.fullmatch(r"[A-Za-z0-9.:*/_-]+", text):
        raise ValueError(f"{text!r} is not a host; write a host, .DOMAIN or a range of addresses, one an item")
    return text


ProxyUrl = Annotated[str, AfterValidator(proxy_url)]
NoProxyHost = Annotated[str, AfterValidator(no_proxy_host)]


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """The proxy of what may connect to hosts outside: services with ``outside``, and backups to a bucket there.

    Args:
        http: URL of the proxy for ``http://``. Default: none.
        https: URL of the proxy for ``https://``. Default: none.
        no_proxy: hosts that are reached without it, beside everything of the cluster. Default: none.
        cidrs: the addresses of a proxy that has a name outside the cluster, which no policy can hold. Default: all, so that
            its port is open to every address outside.

    Raises:
        InvalidInput: a value that no client would accept, or neither URL.
    """

    http: ProxyUrl | None = None
    https: ProxyUrl | None = None
    no_proxy: Sequence[NoProxyHost] = ()
    cidrs: Sequence[Cidr] = ()

    def __post_init__(self) -> None:
        check_fields(self, where="Proxy")
        problems = [f"Proxy: {problem}" for problem in proxy_problems(vars(self))]
        if problems:
            raise InvalidInput(problems)

    @property
    def urls(self) -> Mapping[str, str]:
        """Its URLs, by the variable that clients read."""
        known = {"HTTP_PROXY": self.http, "HTTPS_PROXY": self.https}
        return {name: url for name, url in known.items() if url}


def proxy_problems(proxy: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with these URLs together, as ``field: words``."""
    if not proxy["http"] and not proxy["https"]:
        yield "https: is missing, and so is http; write the URL of one proxy or of both"


def proxy_hosts(proxy: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The host of each URL, by its field."""
    for name in ("http", "https"):
        if proxy[name]:
            yield name, urlsplit(proxy[name]).hostname or ""
