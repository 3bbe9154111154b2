"""An API server with another range of node ports, on another port: preflight finds both, and with its lines all is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mgmtcluster import catalog
from mgmtcluster.kinds.network import ports_in
from tests.cluster.installations import Installations
from tests.rig.installation import OURS
from tests.rig.kube import Kubectl

from .nodes import Nodes
from .test_cli_preflight import preflight, row, rows

_BOTH = ("registry=yes", "metrics-db=yes")

#: How far each documented node port is moved: from 30100 to 30600 into the range of CI's server, 32000 to 32767.
_FURTHER = 2000
_MOVED = {endpoint: endpoint.node_port + _FURTHER for endpoint in catalog.ENDPOINTS if endpoint.node_port}


@pytest.fixture(scope="module")
def range_of_ports(kubectl: Kubectl) -> str:
    """The server's range, which holds the moved ports and none of the documented ones."""
    refused = kubectl.run("create", "service", "nodeport", "far", "--tcp=1", "--node-port=1").stderr
    told = refused.strip().rpartition(" ")[2]
    if {30100, 30600} & {*ports_in(told)} or not {*_MOVED.values()} <= {*ports_in(told)}:
        pytest.skip(f"the server's node ports are {told}; start it with --service-node-port-range=32000-32767")
    return told


@pytest.fixture
def bare(installations: Installations, nodes: Nodes, range_of_ports: str) -> str:
    """Three labelled nodes and nothing installed; the server's range."""
    installations.clear()
    nodes.only(node_1=_BOTH, node_2=_BOTH, node_3=_BOTH)
    return range_of_ports


def _other_ports(service: str) -> dict[str, Any]:
    """The settings of one service that move its node port."""
    return {"node_port": next(port for endpoint, port in _MOVED.items() if endpoint.service == service)}


def _asked_for() -> dict[str, Any]:
    """What the lines that preflight prints say of the cluster."""
    found = rows(preflight())
    cluster: dict[str, Any] = {}
    for check in ("node port range", "api server"):
        [line, *_] = [line for line in found[check][0]["fix"] if line.startswith("settings.yaml: ")]
        cluster |= yaml.safe_load(line.removeprefix("settings.yaml: "))["cluster"]
    return cluster


def test_preflight_finds_both(bare: str, kubectl: Kubectl) -> None:
    """No documented node port is in the range, and the server answers where no policy leads."""
    found = row(preflight(), "node port range")
    assert found["verdict"] == "fail"
    assert found["found"].endswith(f" not in the cluster's {bare}")
    assert f"{min(_MOVED.values()) - _FURTHER}, " in found["found"]
    [endpoints] = kubectl.items("endpointslices", "--namespace=default", "--selector=kubernetes.io/service-name=kubernetes")
    port = endpoints["ports"][0]["port"]
    assert port not in (443, 6443)
    assert row(preflight(), "api server")["found"].startswith(f"it answers at {port}, where no policy lets")


def test_a_documented_node_port_is_refused(bare: str, kubectl: Kubectl) -> None:
    """By the server, so that the row is right to fail."""
    [service] = [each for each in catalog.ALL if each.name == "parser"]
    port = service.endpoint.node_port
    done = kubectl.run("create", "service", "nodeport", "parser", "--tcp=8000", f"--node-port={port}")
    assert f"provided port is not in the valid range. The range of valid ports is {bare}" in done.stderr


@pytest.mark.usefixtures("bare")
def test_everything_is_installed_with_other_ports(installations: Installations, kubectl: Kubectl, tmp_path: Path) -> None:
    """With the lines that preflight prints, and a node port for each service and for Redis."""
    cluster = _asked_for()
    exposed = [service.name for service in catalog.ALL if any(endpoint in _MOVED for endpoint in service.endpoints)]
    settings = {
        "cluster": cluster,
        "services": {name: _other_ports(name) for name in exposed},
        "metrics_redis": _other_ports(catalog.METRICS_QUEUE.endpoint.service),
    }
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings))
    ready = preflight(cwd=tmp_path)
    assert (ready.returncode, row(ready, "node port range")["verdict"], row(ready, "api server")["verdict"]) == (0, "ok", "ok")
    installation = installations.rendered("ports", settings)
    assert installation.applied.returncode == 0, installation.applied.stderr
    installation.settle()
    services = kubectl.items("services", "--all-namespaces", OURS)
    ports = [port for service in services for port in service["spec"].get("ports", ())]
    given = {port["nodePort"] for port in ports if "nodePort" in port}
    assert given == {*_MOVED.values()}
    for namespace, name in (("mgmtcluster-storage", "local-path-provisioner"), ("registries", "registry-bootstrap")):
        policy = kubectl.item("networkpolicy", name, f"--namespace={namespace}")
        [open_to_it] = [rule["ports"] for rule in policy["spec"]["egress"] if "to" not in rule]
        assert [port["port"] for port in open_to_it] == cluster["api_server_ports"]
    installed = rows(preflight("--dry-run", cwd=tmp_path))
    assert {installed[check][0]["verdict"] for check in ("node ports", "node port range", "api server", "dry run")} == {"ok"}
