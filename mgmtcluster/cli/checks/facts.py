"""What the settings say of the cluster, against what it shows: the API server's ports, its domain, its address families."""

import re
from collections.abc import Iterator
from typing import Final

from mgmtcluster.cli.checks.network import networks
from mgmtcluster.cli.checks.row import Row, Verdict, listed
from mgmtcluster.cli.checks.view import View
from mgmtcluster.kinds.network import family_of


def closed(view: View) -> Verdict:
    """What it means that a policy does not open what it must: nothing works where a network enforces it."""
    return "fail" if any(networks(view).values()) else "warn"


def api_server(view: View) -> Iterator[Row]:
    """``cluster.api_server_ports`` has the port of the API server's Service, and that on its nodes."""
    services = [item for item in view.objects["Service"] if _is_api_server(item["metadata"])]
    ports = [port for service in services for port in service["spec"]["ports"]]
    own = {port["port"] for item in view.slices_of("default", "kubernetes") for port in item.get("ports") or ()}
    # An address that no other machine can reach is in no EndpointSlice.
    shown = {port["port"] for port in ports} | (own or {port["targetPort"] for port in ports if "targetPort" in port})
    known = view.expected.settings.cluster.api_server_ports
    missing = sorted(shown - {*known})
    if not shown:
        fix = ["kubectl get endpointslices -n default   # compare cluster.api_server_ports in settings.yaml"]
        yield Row("api server", "warn", "cannot be told from here: there is no Service default/kubernetes", fix)
    elif missing:
        found = f"it answers at {listed(list(map(str, missing)))}, where no policy lets the platform's Jobs and provisioner go"
        wanted = ", ".join(map(str, [*known, *missing]))
        fix = [f"settings.yaml: cluster: {{api_server_ports: [{wanted}]}}", "make synth"]
        yield Row("api server", closed(view), found, fix)
    else:
        yield Row("api server", "ok", f"it answers at {listed(list(map(str, sorted(shown))))}, which policies allow")


def _is_api_server(metadata: dict[str, str]) -> bool:
    return (metadata.get("namespace"), metadata["name"]) == ("default", "kubernetes")


def cluster_domain(view: View) -> Iterator[Row]:
    """``cluster.domain`` is the domain of the kubelets, or of CoreDNS."""
    configured = re.search(r"^\s*kubernetes[ \t]+([^\s{]+)", view.told.corefile, re.MULTILINE)
    domain = view.told.kubelet.get("clusterDomain") or (configured[1] if configured else "")
    domain = domain.rstrip(".")
    known = view.expected.settings.cluster.domain
    if not domain:
        fix = [f"kubectl get configmap coredns -n kube-system -o yaml   # the line of kubernetes should say {known}"]
        yield Row("cluster domain", "warn", "cannot be told from here: neither a kubelet nor CoreDNS tells it", fix)
    elif domain != known:
        fix = [f"settings.yaml: cluster: {{domain: {domain}}}", "make synth"]
        yield Row("cluster domain", "fail", f"it is {domain}, and all addresses are written for {known}", fix)
    else:
        yield Row("cluster domain", "ok", f"it is {domain}")


def address_families(view: View) -> Iterator[Row]:
    """``cluster.ip_families`` are families that Services have, the first one first."""
    ranges = [
        cidr for item in view.objects["ServiceCIDR"] if item["metadata"]["name"] == "kubernetes" for cidr in item["spec"]["cidrs"]
    ]
    services = [item for item in view.objects["Service"] if _is_api_server(item["metadata"])]
    shown = [family_of(cidr) for cidr in ranges] or [
        family for item in services for family in item["spec"].get("ipFamilies") or ()
    ]
    known = view.expected.settings.cluster.ip_families
    if not shown:
        fix = ["kubectl get service kubernetes -n default -o yaml   # compare ipFamilies with cluster.ip_families"]
        yield Row("address families", "warn", "cannot be told from here: no Service shows them", fix)
    elif known[0] != shown[0] or {*known} - {*shown}:
        found = f"Services have {listed(shown)}, and cluster.ip_families are {listed(known)}"
        fix = [
            f"settings.yaml: cluster: {{ip_families: [{', '.join(shown)}], cidrs: […]}}   # ranges of each family",
            "make synth",
        ]
        yield Row("address families", "fail", found, fix)
    else:
        yield Row("address families", "ok", f"Services have {listed(shown)}")


CHECKS: Final = (api_server, cluster_domain, address_families)
