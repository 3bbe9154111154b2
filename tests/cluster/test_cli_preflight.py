"""``mgmtcluster preflight`` on clusters that something is wrong with."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mgmtcluster.kinds.network import ports_in
from tests.cli.command import Done, mgmtcluster
from tests.cluster.installations import Installations
from tests.rendering import ROOT
from tests.rig.kube import Json, Kubectl

from .dns import Dns
from .nodes import Nodes

_BOTH = ("registry=yes", "metrics-db=yes")
_PROVISIONER = "mgmtcluster.aios/local-path"


def preflight(*arguments: str, cwd: Path = ROOT) -> Done:
    """Run it as JSON."""
    return mgmtcluster("preflight", "--json", *("--kubeconfig", os.environ["KUBECONFIG"]), *arguments, cwd=cwd)


def rows(done: Done) -> dict[str, list[dict[str, Any]]]:
    """The rows of every check; it exits as they say."""
    assert done.stderr == ""
    found = json.loads(done.stdout)
    verdicts = {row["verdict"] for row in found["checks"]}
    assert verdicts <= {"ok", "warn", "fail"}
    assert (done.returncode, found["well"]) == ((1, False) if "fail" in verdicts else (0, True))
    by_check: dict[str, list[dict[str, Any]]] = {}
    for row in found["checks"]:
        assert bool(row["fix"]) == (row["verdict"] != "ok"), row
        by_check.setdefault(row["check"], []).append(row)
    return by_check


def row(done: Done, check: str) -> dict[str, Any]:
    """The one row of a check."""
    [found] = rows(done)[check]
    return found


def carry_out(kubectl: Kubectl, commands: list[str], cwd: Path = ROOT) -> None:
    """Run commands that a row prints."""
    script = "\n".join(commands)
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], env=kubectl.environment, cwd=cwd, check=True, capture_output=True)


@pytest.fixture
def bare(installations: Installations, nodes: Nodes) -> None:
    """Three labelled nodes and nothing installed."""
    installations.clear()
    nodes.only(node_1=_BOTH, node_2=_BOTH, node_3=_BOTH)


@pytest.mark.core
@pytest.mark.usefixtures("bare")
def test_three_labelled_nodes_are_enough() -> None:
    """Nothing fails on them, and it warns of what cannot be told alone."""
    done = preflight()
    assert done.returncode == 0
    warned = {check for check, found in rows(done).items() if found[0]["verdict"] != "ok"}
    assert warned == {"avx", "network policies", "api server"}


@pytest.mark.usefixtures("bare")
def test_labels_and_nodes_that_are_missing(nodes: Nodes, kubectl: Kubectl) -> None:
    """It counts the workers, and its command labels as many nodes as a database is short of."""
    nodes.only(node_1=_BOTH, node_2=("registry=yes",), node_3=())
    kubectl("cordon", "node-1")
    try:
        short = rows(preflight())
    finally:
        kubectl("uncordon", "node-1")
    assert short["workers"][0]["verdict"] == "fail"
    assert short["workers"][0]["found"].startswith("2 nodes")
    assert short["memory"][0]["found"].startswith("2 workers")
    before = rows(preflight())
    assert before["labels registry"][0]["fix"] == ["kubectl label node node-3 registry=yes"]
    assert before["labels metrics-db"][0]["fix"] == ["kubectl label node node-2 node-3 metrics-db=yes"]
    carry_out(kubectl, [*before["labels registry"][0]["fix"], *before["labels metrics-db"][0]["fix"]])
    assert preflight().returncode == 0


def _namespace(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _deployment(name: str, namespace: str, *args: str) -> Json:
    container = {"name": "one", "image": "example.test/one:1", "args": list(args)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": {"team": "other"}},
            "template": {"metadata": {"labels": {"team": "other"}}, "spec": {"containers": [container]}},
        },
    }


def _storage_class(name: str, provisioner: str) -> Json:
    kind = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}
    return {**kind, "metadata": {"name": name}, "provisioner": provisioner}


def _large_pod(**requests: str) -> Json:
    container = {"name": "one", "image": "example.test/one:1", "resources": {"requests": requests}}
    metadata = {"name": "large", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"nodeName": "node-1", "containers": [container]}}


def _service(name: str, namespace: str, node_port: int) -> Json:
    spec = {"type": "NodePort", "selector": {"team": "other"}, "ports": [{"port": 80, "nodePort": node_port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


#: What somebody else has on the cluster: check, verdict, what is said of it, whether the printed commands mend it.
SPOILT: dict[str, tuple[list[Json], str, str, str, bool]] = {
    "a node port": ([_service("shop", "default", 30100)], "node ports", "fail", "30100 held by Service/default/shop", True),
    "the class": (
        [_storage_class("mgmtcluster-local-path", "example.test/other")],
        "storage class",
        "fail",
        "not the platform's but of example.test/other",
        True,
    ),
    "a class of our provisioner": (
        [_storage_class("fast", _PROVISIONER)],
        "provisioner",
        "fail",
        "StorageClass/fast uses the name",
        True,
    ),
    "a provisioner of our name": (
        [_deployment("provisioner", "default", f"--provisioner-name={_PROVISIONER}")],
        "provisioner",
        "fail",
        "Deployment/default/provisioner uses the name",
        True,
    ),
    "a name": (
        [_namespace("services"), _deployment("parser", "services")],
        "names",
        "fail",
        "Deployment/services/parser",
        False,
    ),
    "pods in a namespace": (
        [_namespace("utils"), _deployment("shop", "utils")],
        "namespaces",
        "fail",
        "utils has 1 pod that the platform does not own; Pod Security becomes restricted",
        False,
    ),
    "a namespace": ([_namespace("utils")], "namespaces", "warn", "utils is not the platform's and has no pod", False),
    "a network that enforces nothing": (
        [_deployment("kube-flannel-ds", "kube-system") | {"kind": "DaemonSet"}],
        "network policies",
        "warn",
        "kube-flannel-ds does not enforce them",
        False,
    ),
    "a network that enforces": (
        [_deployment("cilium", "kube-system") | {"kind": "DaemonSet"}],
        "network policies",
        "ok",
        "cilium enforces them",
        False,
    ),
    "no CPU": ([_large_pod(cpu="9")], "room cpu", "fail", "3.0 are left on the workers", False),
    "no memory": ([_large_pod(memory="15Gi")], "room memory", "fail", "6.7 are left on the workers", False),
}


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("what", SPOILT)
def test_somebody_else_has(what: str, kubectl: Kubectl) -> None:
    """The check says what it is; the commands that it prints mend it, where a command can."""
    objects, check, verdict, said, mended = SPOILT[what]
    try:
        kubectl.apply(*objects)
        if what == "pods in a namespace":
            kubectl.until("a pod", lambda: kubectl.items("pods", "--namespace=utils"))
        found = row(preflight(), check)
        assert found["verdict"] == verdict
        assert said in found["found"]
        if mended:
            carry_out(kubectl, found["fix"])
            assert row(preflight(), check)["verdict"] == "ok"
    finally:
        kubectl.remove(*objects)


@pytest.mark.usefixtures("bare")
def test_a_namespace_that_is_being_deleted(kubectl: Kubectl) -> None:
    """It waits for its end."""
    held = _namespace("utils")
    held["metadata"]["finalizers"] = ["example.test/hold"]
    kubectl.apply(held)
    kubectl("delete", "namespace", "utils", "--wait=false")
    try:
        found = row(preflight(), "namespaces")
    finally:
        kubectl("patch", "namespace", "utils", "--type=merge", '--patch={"metadata": {"finalizers": null}}')
    assert (found["verdict"], found["found"]) == ("fail", "utils is being deleted")
    carry_out(kubectl, found["fix"])
    assert row(preflight(), "namespaces")["verdict"] == "ok"


@pytest.mark.usefixtures("bare")
def test_a_storage_class_of_the_settings(kubectl: Kubectl, tmp_path: Path) -> None:
    """The one that the settings name must exist, and should keep volumes, make them late, and on disks."""
    (tmp_path / "settings.yaml").write_text("storage_class: fast\n")
    found = row(preflight(cwd=tmp_path), "storage class")
    assert (found["verdict"], found["found"]) == ("fail", "there is no fast; there is: none")
    late, kept = {"volumeBindingMode": "WaitForFirstConsumer"}, {"reclaimPolicy": "Retain"}
    for fields, provisioner, said in (
        (late, "example.test/other", "volumes of fast are deleted with their claims"),
        (kept, "example.test/other", "volumes of fast are made before a node is chosen"),
        ({**late, **kept}, "nfs.csi.k8s.io", "fast is of nfs.csi.k8s.io, a shared file system"),
        ({**late, **kept}, "example.test/other", "fast is there"),
    ):
        kubectl.apply(_storage_class("fast", provisioner) | fields)
        try:
            found = row(preflight(cwd=tmp_path), "storage class")
        finally:
            kubectl("delete", "storageclass", "fast")
        assert (found["verdict"], found["found"][: len(said)]) == ("ok" if said == "fast is there" else "warn", said)


@pytest.mark.usefixtures("bare")
def test_ranges_that_the_settings_do_not_hold(kubectl: Kubectl, tmp_path: Path) -> None:
    """Preflight names the pod ranges of nodes that ``cluster.cidrs`` lacks, and prints the line that adds them."""
    kubectl.until("ranges of the nodes", lambda: all(node["spec"].get("podCIDRs") for node in kubectl.items("nodes")))
    settings = tmp_path / "settings.yaml"
    settings.write_text("cluster: {cidrs: [10.96.0.0/12]}\n")
    found = row(preflight(cwd=tmp_path), "cluster.cidrs")
    assert (found["verdict"], found["found"][:7]) == ("warn", "10.244.")
    settings.write_text(found["fix"][0].removeprefix("settings.yaml: "))
    assert row(preflight(cwd=tmp_path), "cluster.cidrs")["verdict"] == "ok"


@pytest.mark.usefixtures("bare")
def test_the_api_servers_port(kubectl: Kubectl, tmp_path: Path) -> None:
    """The cluster's is another one than the settings' at first; the line that is printed has it."""
    service = kubectl.item("service", "kubernetes", "--namespace=default")
    port = service["spec"]["ports"][0]["targetPort"]
    found = row(preflight(), "api server")
    assert (found["verdict"], found["found"].partition(",")[0]) == ("warn", f"it answers at {port}")
    (tmp_path / "settings.yaml").write_text(found["fix"][0].removeprefix("settings.yaml: "))
    assert row(preflight(cwd=tmp_path), "api server")["verdict"] == "ok"


@pytest.mark.usefixtures("bare")
def test_dns_that_does_not_answer(dns: Dns, kubectl: Kubectl, tmp_path: Path) -> None:
    """Nobody is there; node-local DNS is, which the settings do not have; CoreDNS has another domain."""
    if not dns.is_ours:
        pytest.skip("this cluster has a DNS of its own, which stays as it is")
    dns.remove()
    try:
        assert row(preflight(), "dns")["verdict"] == "fail"
    finally:
        dns.make(domain="corp.example")
    cache = _deployment("node-local-dns", "kube-system", "-localip", "169.254.20.10") | {"kind": "DaemonSet"}
    cache["spec"]["template"]["spec"]["hostNetwork"] = True
    kubectl.apply(cache)
    try:
        found = rows(preflight())
        lines = [found[check][0]["fix"][0].removeprefix("settings.yaml: cluster: ") for check in ("dns", "cluster domain")]
        (tmp_path / "settings.yaml").write_text(
            yaml.safe_dump({"cluster": {**yaml.safe_load(lines[0]), **yaml.safe_load(lines[1])}})
        )
        mended = rows(preflight(cwd=tmp_path))
    finally:
        kubectl("delete", "daemonset", "node-local-dns", "--namespace=kube-system")
        dns.make()
    assert "{cidr: 169.254.20.10/32, port: 53}" in found["dns"][0]["found"]
    assert found["cluster domain"][0]["found"].startswith("it is corp.example")
    assert {mended[check][0]["verdict"] for check in ("dns", "cluster domain")} == {"ok"}


@pytest.mark.usefixtures("bare")
def test_the_families_of_the_cluster(tmp_path: Path) -> None:
    """It has no IPv6."""
    cluster = {"ip_families": ["IPv4", "IPv6"], "cidrs": ["10.0.0.0/8", "fd00::/8"]}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"cluster": cluster}))
    assert row(preflight(), "address families")["verdict"] == "ok"
    found = row(preflight(cwd=tmp_path), "address families")
    assert (found["verdict"], found["found"]) == ("fail", "Services have IPv4, and cluster.ip_families are IPv4, IPv6")


@pytest.mark.usefixtures("bare")
def test_the_range_of_node_ports(kubectl: Kubectl) -> None:
    """It is the one that the server names when it refuses a port; asking leaves nothing behind."""
    before = kubectl.items("services,ipaddresses", "--all-namespaces")
    found = row(preflight(), "node port range")
    assert kubectl.items("services,ipaddresses", "--all-namespaces") == before
    refused = kubectl.run("create", "service", "nodeport", "far", "--tcp=1", "--node-port=1").stderr
    told = refused.strip().rpartition(" ")[2]
    assert found["found"].endswith(f"the cluster's {told}")
    assert found["verdict"] == ("ok" if {30100, 30600} <= {*ports_in(told)} else "fail")
