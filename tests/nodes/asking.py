"""Asking the documented addresses from outside, once or all the time."""

from __future__ import annotations

import http.client
import itertools
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from mgmtcluster import Endpoint, catalog

#: Every row of the documented table that is exposed.
EXPOSED = [endpoint for endpoint in catalog.ENDPOINTS if endpoint.node_port]
HIDDEN = [endpoint for endpoint in catalog.ENDPOINTS if not endpoint.node_port]

_REQUEST_SECONDS = 5.0
#: Where no request may fail: on a slow machine an answer may take its time, and somebody who is gone never answers.
PATIENT_SECONDS = 30.0
_EVERY_SECONDS = 0.5


def refusal(address: str, endpoint: Endpoint, seconds: float = _REQUEST_SECONDS) -> str | None:
    """Why an endpoint does not answer on its node port of this address, or None where it does."""
    assert endpoint.node_port
    try:
        return (
            _redis(address, endpoint.node_port, seconds)
            if endpoint.scheme == "redis"
            else _http(address, endpoint.node_port, seconds)
        )
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"


def answer(
    address: str,
    port: int | None,
    path: str,
    *,
    method: str = "GET",
    text: str | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = 10.0,
) -> tuple[int, str]:
    """The status and the text of an HTTP answer; 0 and why, where there is none."""
    connection = http.client.HTTPConnection(address, port, timeout=seconds)
    try:
        connection.request(method, path, body=text, headers=headers or {})
        found = connection.getresponse()
        return found.status, found.read().decode()
    except (OSError, http.client.HTTPException) as error:
        return 0, f"{type(error).__name__}: {error}"
    finally:
        connection.close()


def _http(address: str, port: int, seconds: float) -> str | None:
    connection = http.client.HTTPConnection(address, port, timeout=seconds)
    try:
        connection.request("GET", "/")
        status = connection.getresponse().status
    finally:
        connection.close()
    return None if status < 500 else f"HTTP {status}"


def _redis(address: str, port: int, seconds: float) -> str | None:
    with socket.create_connection((address, port), seconds) as connection:
        connection.sendall(b"PING\r\n")
        said = connection.recv(64)
    return None if said == b"+PONG\r\n" else repr(said)


@dataclass
class Answers:
    """What came of steady requests to one endpoint.

    Attributes:
        count: the requests made.
        failures: when each failed request began, in seconds since the first, and why it failed.
        gap: the longest time from an answer, over at least one failure, to the next answer, in seconds.
    """

    count: int = 0
    failures: list[tuple[float, str]] = field(default_factory=list)
    gap: float = 0.0


@contextmanager
def steady(
    addresses: Iterable[str], endpoints: Sequence[Endpoint] = EXPOSED, seconds: float = _REQUEST_SECONDS
) -> Iterator[dict[str, Answers]]:
    """Ask every endpoint on each of these addresses in turn, twice a second, each request on a connection of its own.

    A request fails that is not answered within so many seconds.
    """
    end = threading.Event()
    found = {endpoint.service: Answers() for endpoint in endpoints}
    threads = [
        threading.Thread(target=_ask, args=([*addresses], endpoint, seconds, found[endpoint.service], end), daemon=True)
        for endpoint in endpoints
    ]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        end.set()
        for thread in threads:
            thread.join()


def _ask(addresses: Sequence[str], endpoint: Endpoint, seconds: float, answers: Answers, end: threading.Event) -> None:
    first = answered = time.monotonic()
    failing = False
    for address in itertools.cycle(addresses):
        began = time.monotonic()
        why = refusal(address, endpoint, seconds)
        answers.count += 1
        if why:
            answers.failures.append((round(began - first, 1), why))
            failing = True
        else:
            if failing:
                answers.gap = max(answers.gap, time.monotonic() - answered)
            answered, failing = time.monotonic(), False
        if end.wait(_EVERY_SECONDS):
            if failing:
                answers.gap = max(answers.gap, time.monotonic() - answered)
            return


def open_ports(address: str, ports: Iterable[int]) -> set[int | None]:
    """Those of these ports on which a connection is accepted."""
    return {port for port in ports if _accepts(address, port)}


def _accepts(address: str, port: int) -> bool:
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex((address, port)) == 0
