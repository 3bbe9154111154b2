"""The firewall of docs/security.md, between two hosts that are network namespaces of this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mgmtcluster import catalog
from tests.rig.waiting import within

ROOT = Path(__file__).parents[2]
_NODE, _CLIENT = (f"mgmtcluster-{name}-{os.getpid()}" for name in ("node", "client"))  # not those of another run
_NETWORKS = ("192.0.2", "198.51.100", "10.244.7", "2001:db8:")  # let in, not let in, pods, and not let in by the other family
_NODE_PORTS = sorted(endpoint.node_port for endpoint in catalog.ENDPOINTS if endpoint.node_port)
_SERVE = """
import select, socket, sys
servers = [socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True) for port in sys.argv[1:]]
print("serving", flush=True)
while True:
    for server in select.select(servers, [], [])[0]:
        server.accept()[0].close()
"""
_CONNECT = """
import socket, sys
host, port, source = sys.argv[1:]
socket.create_connection((host, int(port)), timeout=1, source_address=(source, 0)).close()
"""


def _commands() -> tuple[str, str]:
    """What the page says prints the ports, and what closes them."""
    page = (ROOT / "docs" / "security.md").read_text()
    ports, rules = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return ports, rules


def _run(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_the_documented_command_prints_every_node_port() -> None:
    """The ports for a firewall are those of the catalog."""
    ports, _ = _commands()
    assert _run("bash", "-euc", ports).strip() == ",".join(map(str, _NODE_PORTS))


@pytest.fixture
def hosts() -> Iterator[None]:
    """A node that answers on a node port and on another one, and a client with an address in each network."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nft"):
        pytest.skip("needs root, ip and nft: it makes network namespaces")
    for name in (_NODE, _CLIENT):
        _run("ip", "netns", "add", name)
    try:
        _run("ip", "link", "add", "eth0", "netns", _NODE, "type", "veth", "peer", "name", "eth0", "netns", _CLIENT)
        for name, last in ((_NODE, 1), (_CLIENT, 2)):
            for network in _NETWORKS:
                address = [f"{network}:{last}/64", "nodad"] if ":" in network else [f"{network}.{last}/24"]
                _run("ip", "-n", name, "address", "add", *address, "dev", "eth0")
            _run("ip", "-n", name, "link", "set", "eth0", "up")
        listener = ["ip", "netns", "exec", _NODE, sys.executable, "-c", _SERVE, str(_NODE_PORTS[0]), "31000"]
        with subprocess.Popen(listener, stdout=subprocess.PIPE) as server:
            assert server.stdout
            server.stdout.readline()
            yield
            server.kill()
    finally:
        for name in (_NODE, _CLIENT):
            _run("ip", "netns", "delete", name)


def _reached(port: int) -> list[str]:
    """The networks from which the client reaches this port of the node."""
    found = []
    for network in _NETWORKS:
        node, client = (f"{network}{':' if ':' in network else '.'}{last}" for last in (1, 2))
        command = ["ip", "netns", "exec", _CLIENT, sys.executable, "-c", _CONNECT, node, str(port), client]
        if subprocess.run(command, check=False, capture_output=True).returncode == 0:
            found.append(network)
    return found


def _wait_until_reached_from(port: int, *networks: str) -> None:
    """Wait until these networks reach this port, and no other: a link that is new, or a busy machine, loses a packet."""
    within(lambda: _reached(port) == [*networks], missing=lambda: _reached(port))


@pytest.mark.usefixtures("hosts")
def test_the_documented_rules_let_in_who_they_name() -> None:
    """Everybody reaches a node port before them, its clients and the cluster's pods after; other ports are as before."""
    node_port = _NODE_PORTS[0]
    _wait_until_reached_from(node_port, *_NETWORKS)
    ports, rules = _commands()
    _run("ip", "netns", "exec", _NODE, "bash", "-euc", ports + rules)
    _wait_until_reached_from(node_port, "192.0.2", "10.244.7")
    _wait_until_reached_from(31000, *_NETWORKS)
