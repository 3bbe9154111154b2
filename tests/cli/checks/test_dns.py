"""DNS: who answers it, and whether policies let pods ask there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from mgmtcluster.cli.checks.dns import dns
from mgmtcluster.cli.checks.told import Told
from mgmtcluster.cli.checks.view import dns_services

from .views import expecting, item, the_row, view, workload

KUBE_DNS = {"k8s-app": "kube-dns"}
ENFORCING = workload("DaemonSet", "calico-node", "kube-system")


def service(name: str, namespace: str, address: str, selector: dict[str, str], **labels: str) -> dict[str, Any]:
    """A Service for DNS."""
    ports = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
    return item("Service", name, namespace, labels=labels, spec={"clusterIPs": [address], "selector": selector, "ports": ports})


def answers(name: str, namespace: str, port: int, *ready: bool) -> dict[str, Any]:
    """The endpoints behind a Service."""
    listed = [{"addresses": ["10.244.0.9"], "conditions": {"ready": each}} for each in ready]
    ports = [{"port": port, "protocol": "UDP"}, {"port": port, "protocol": "TCP"}, {"port": 9153, "protocol": "TCP"}]
    labels = {"kubernetes.io/service-name": name}
    return item("EndpointSlice", f"{name}-1", namespace, labels=labels, ports=ports, endpoints=listed)


KUBEADM = [service("kube-dns", "kube-system", "10.96.0.10", KUBE_DNS), answers("kube-dns", "kube-system", 53, True)]
OPENSHIFT = [
    service("dns-default", "openshift-dns", "172.30.0.10", {"dns.operator.openshift.io/daemonset-dns": "default"}),
    answers("dns-default", "openshift-dns", 5353, True),
]


def cache(*args: str, host: bool = True) -> dict[str, Any]:
    """Node-local DNS."""
    pod = {"hostNetwork": True} if host else {}
    made = workload("DaemonSet", "node-local-dns", "kube-system", {"name": "one", "args": [*args]}, pod=pod)
    made["spec"]["template"]["metadata"]["labels"] = {"k8s-app": "node-local-dns"}
    return made


def asking(*addresses: str) -> Told:
    """Kubelets that give these addresses to pods."""
    return Told({"clusterDNS": [*addresses]})


@pytest.mark.parametrize("told", [Told(), asking("10.96.0.10")])
def test_dns_as_kubeadm_has_it(told: Told) -> None:
    """Its pods are in the defaults of the settings."""
    row = the_row(dns, replace(view(*KUBEADM), told=told))
    assert (row.verdict, row.found) == (
        "ok",
        "policies allow {namespace: kube-system, labels: {k8s-app: kube-dns}, port: 53}",
    )


def test_a_service_that_is_labelled() -> None:
    """RKE2's has another name, and its pods more labels."""
    labels = {**KUBE_DNS, "app": "rke2-coredns"}
    there = [
        service("rke2-coredns", "kube-system", "10.43.0.10", labels, **{"k8s-app": "kube-dns"}),
        answers("rke2-coredns", "kube-system", 53, True),
    ]
    assert the_row(dns, view(*there)).verdict == "ok"


@pytest.mark.parametrize(
    ("there", "told", "missing"),
    [
        (OPENSHIFT, Told(), "{namespace: openshift-dns, labels: {dns.operator.openshift.io/daemonset-dns: default}, port: 5353}"),
        (
            [KUBEADM[0], answers("kube-dns", "kube-system", 5353, True)],
            Told(),
            "{namespace: kube-system, labels: {k8s-app: kube-dns}, port: 5353}",
        ),
        (KUBEADM, asking("169.254.20.10"), "{cidr: 169.254.20.10/32, port: 53}"),
        (
            [*KUBEADM, cache("-localip", "169.254.20.10,10.96.0.10")],
            asking("169.254.20.10"),
            "{cidr: 169.254.20.10/32, port: 53}",
        ),
        ([*KUBEADM, cache("-localip=169.254.20.10,10.96.0.10")], asking("10.96.0.10"), "{cidr: 10.96.0.10/32, port: 53}"),
        (
            [*KUBEADM, cache("-localip", "169.254.20.10,10.96.0.10", "-conf", "x")],
            Told(),
            "{cidr: 10.96.0.10/32, port: 53}, {cidr: 169.254.20.10/32, port: 53}",
        ),
        (
            [*KUBEADM, cache("-localip", "169.254.20.10", host=False)],
            asking("10.96.0.10"),
            "{namespace: kube-system, labels: {k8s-app: node-local-dns}, port: 53}",
        ),
    ],
)
def test_where_no_policy_lets_pods_ask(there: list[dict[str, Any]], told: Told, missing: str) -> None:
    """It fails where policies are enforced, and the line that is printed opens it."""
    seen = replace(view(*there), told=told)
    row = the_row(dns, seen)
    assert (row.verdict, row.found) == ("warn", f"pods ask where no policy lets them go: {missing}")
    assert the_row(dns, replace(view(*there, ENFORCING), told=told)).verdict == "fail"
    settings = yaml.safe_load(row.fix[0].removeprefix("settings.yaml: "))
    assert the_row(dns, replace(seen, expected=expecting(settings=settings))).verdict == "ok"


@pytest.mark.parametrize("ready", [(), (False,), (False, False)])
def test_nobody_is_behind_the_service(ready: tuple[bool, ...]) -> None:
    """No pod finds another one until somebody is."""
    row = the_row(dns, view(KUBEADM[0], answers("kube-dns", "kube-system", 53, *ready)))
    assert (row.verdict, row.found) == ("fail", "no pod that is Ready answers behind Service/kube-system/kube-dns")
    assert the_row(dns, view(KUBEADM[0], answers("kube-dns", "kube-system", 53, False, True))).verdict == "ok"


def test_no_dns_at_all() -> None:
    """It fails; where a Service may be the cluster's it cannot be told."""
    assert the_row(dns, view()).verdict == "fail"
    other = service("names", "infra", "10.96.0.99", {"app": "names"})
    row = the_row(dns, view(other))
    assert (row.verdict, row.found) == ("warn", "cannot be told from here: Service/infra/names may be the cluster's")
    assert dns_services([other], asking("10.96.0.99").kubelet) == [other]
