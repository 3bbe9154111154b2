"""What is true of the cluster is true of everything that is rendered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mgmtcluster import InvalidInput, Settings, catalog
from mgmtcluster.cli import dumps
from tests.cli.command import mgmtcluster
from tests.rendering import containers_of, env_of, files_of, render, run_app

DOMAIN = "corp.example"

#: Everything that holds a name of the cluster's DNS.
NAMES: dict[str, Any] = {
    "cluster": {"domain": DOMAIN},
    "monitoring": True,
    "adhoc_inference_url": "http://inference.ai.svc:20000/v1",
    "registry_database": {
        "backup": {"bucket": {"endpoint": f"http://minio.storage.svc.{DOMAIN}:9000", "name": "dumps", "secret": "keys"}}
    },
}


def refused(raw: dict[str, Any]) -> list[str]:
    """What is said of these settings."""
    with pytest.raises(InvalidInput) as error:
        Settings.of(raw)
    return list(error.value.problems)


def test_another_domain_is_in_every_file_and_every_command(tmp_path: Path) -> None:
    """Nothing says Kubernetes' default any more: objects, alerts, the list of services, the map, the commands of a migration.

    Takes more than two seconds because a process of its own renders the platform.
    """
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump(NAMES))
    done = run_app("--settings", str(file), "--output", str(tmp_path / "dist"), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    texts = {name: content.decode() for name, content in files_of(tmp_path).items()}
    for command in ("services", "map"):
        texts[command] = mgmtcluster(command, "--settings", str(file)).stdout
        assert "blocks-db-svc" in texts[command]
    assert any(name.startswith("dist-monitoring/") for name in texts)
    assert [name for name, text in texts.items() if "cluster.local" in text] == []
    assert f"http://blocks-db-svc.registries.svc.{DOMAIN}:3001" in texts["services"]


def test_another_domain_is_in_variables_connection_strings_and_external_names() -> None:
    """Each is the address with that domain in place of the other, and nothing more."""
    made, usual = render(NAMES).objects, render({**NAMES, "cluster": {}} | {"registry_database": {}}).objects
    alias = made.one("Service", "registry", "registry-0")
    assert alias["spec"]["externalName"] == f"registry-0.registries.svc.{DOMAIN}"
    uri = env_of(made.container("registries", "tasks-db-svc"))["MONGO_URL"]
    assert uri.count(f".registry.registries.svc.{DOMAIN}:27017") == 3
    container = made.container("utils", "vdag-processor")
    assert env_of(container)["ADHOC_INFERENCE_API_URL"] == f"http://inference.ai.svc.{DOMAIN}:20000/v1"
    for where in (("services", "parser"), ("services", "cluster-controller-gateway"), ("metrics-system", "global-block-metrics")):
        assert json.dumps(made.container(*where)).replace(DOMAIN, "cluster.local") == json.dumps(usual.container(*where))


def test_the_commands_of_a_migration_have_the_domain() -> None:
    """They run in pods of the database, which know no other."""
    registry = Settings.of(NAMES).replica_set(catalog.REGISTRY)
    assert [host for host in registry.hosts if not host.endswith(f".registry.registries.svc.{DOMAIN}:27017")] == []
    commands = "\n".join(dumps.restore(registry))
    assert commands.count(DOMAIN) >= 6
    assert "cluster.local" not in commands


@pytest.mark.parametrize(
    "host",
    [f"till.shop.svc.{DOMAIN}", f"till.shop.svc.{DOMAIN}.", "till.shop.svc.cluster.local", "till.shop.svc", "Till.Shop.svc"],
)
def test_an_address_written_by_hand_is_refused_in_any_domain(host: str) -> None:
    """In the cluster's own, in none, and in the one that it would have by default."""
    env = {"services": {"parser": {"env": {"TILL": f"http://{host}:80"}}}}
    assert refused({"cluster": {"domain": DOMAIN}, **env}) == [
        f"settings: services.parser.env.TILL: '{host}:80' is an address written by hand; leave it out"
    ]


def test_a_name_of_another_domain_is_no_address_of_this_cluster() -> None:
    """A host outside may have any name, with svc in it too."""
    env = {"services": {"parser": {"env": {"TILL": f"http://till.shop.svc.{DOMAIN}:80"}}}}
    assert Settings.of(env).cluster.domain == "cluster.local"


def test_a_service_by_its_name_in_the_default_domain_is_refused_in_another() -> None:
    """It resolves nowhere: where a URL names a Service that others run here."""
    host = "minio.storage.svc.cluster.local"
    bucket = {"endpoint": f"http://{host}:9000", "name": "dumps", "secret": "keys"}
    raw = {
        "cluster": {"domain": DOMAIN},
        "adhoc_inference_url": f"http://{host}",
        "metrics_database": {"backup": {"bucket": bucket}},
    }
    words = f"is not in the cluster's domain {DOMAIN}; write minio.storage.svc.{DOMAIN}"
    assert refused(raw) == [
        f"settings: adhoc_inference_url: '{host}' {words}",
        f"settings: metrics_database.backup.bucket.endpoint: '{host}:9000' {words}",
    ]


@pytest.mark.parametrize("domain", ["", "cluster.local.", ".local", "Corp.example", "a b", "a_b.example", "x" * 64])
def test_a_domain_that_is_none(domain: str) -> None:
    """Only what DNS has."""
    [problem] = refused({"cluster": {"domain": domain}})
    assert problem.startswith(
        f"settings: cluster.domain: {domain!r} is not a domain; write names with dots between, as in cluster."
    )


IPV6: dict[str, Any] = {
    "cluster": {"ip_families": ["IPv6"], "cidrs": ["fd00:10:244::/56", "fd00:10:96::/112"]},
    "node_address": "nodes.example.test",
}


def test_a_cluster_of_ipv6_alone_has_no_range_of_the_other_family() -> None:
    """Everything that is open to the outside, and everything that is excepted."""
    blocks = [
        to["ipBlock"]
        for policy in render(IPV6).objects.of_kind("NetworkPolicy")
        for rule in policy["spec"].get("egress", ())
        for to in rule.get("to", ())
        if "ipBlock" in to
    ]
    assert len(blocks) >= 6
    assert all(block == {"cidr": "::/0", "except": ["fd00:10:244::/56", "fd00:10:96::/112"]} for block in blocks)


BUCKET = {"name": "dumps", "secret": "keys"}
WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "IPv6 with the ranges of IPv4": (
        {"cluster": {"ip_families": ["IPv6"]}, "node_address": "a.example"},
        [
            "cluster.cidrs: '10.244.0.0/16' is IPv4, and the cluster's ip_families are IPv6",
            "cluster.cidrs: '10.96.0.0/12' is IPv4, and the cluster's ip_families are IPv6",
            "cluster.cidrs: has no range of IPv6, which is in ip_families; write those of its pods and Services",
        ],
    ),
    "a second family without a range": (
        {"cluster": {"ip_families": ["IPv4", "IPv6"]}},
        ["cluster.cidrs: has no range of IPv6, which is in ip_families; write those of its pods and Services"],
    ),
    "IPv6 first without an address of the nodes": (
        {"cluster": IPV6["cluster"]},
        [
            "node_address: is missing, and a node's own IPv6 address has no brackets, as it must in a URL; "
            "write the address of the nodes, or IPv4 first in cluster.ip_families"
        ],
    ),
    "the outside in a family that is not there": (
        {
            "outside_cidrs": ["2001:db8::/32"],
            "adhoc_inference_url": "http://[2001:db8::1]:8080",
            "metrics_database": {"backup": {"bucket": {**BUCKET, "endpoint": "http://[2001:db8::2]:9000"}}},
        },
        [
            "outside_cidrs: '2001:db8::/32' is IPv6, and the cluster's ip_families are IPv4; write one of those",
            "adhoc_inference_url: '2001:db8::1' is IPv6, and the cluster's ip_families are IPv4; write one of those",
            "metrics_database.backup.bucket.endpoint: '2001:db8::2' is IPv6, and the cluster's ip_families are IPv4; "
            "write one of those",
        ],
    ),
    "a bucket at an address of the cluster's own": (
        {"registry_database": {"backup": {"bucket": {**BUCKET, "endpoint": "http://10.96.3.4:9000"}}}},
        [
            "registry_database.backup.bucket.endpoint: 10.96.3.4 is within the cluster's own 10.96.0.0/12; "
            "write one outside it, or the name of a Service",
        ],
    ),
    "everything that a field may be": (
        {
            "cluster": {
                "ip_families": ["ipv4"],
                "dns": [{"namespace": "kube-system"}, {"cidr": "10.0.0.1/8"}, {}],
                "api_server_ports": [0],
                "node_port_range": "30000",
                "dommain": "x",
            }
        },
        [
            "cluster.ip_families.0: 'ipv4' is not a family of addresses; write IPv4 or IPv6",
            "cluster.dns.0.namespace: is missing, or labels are; write both, or a cidr instead",
            "cluster.dns.1.cidr: '10.0.0.1/8' is not a CIDR; write a range of addresses as in 10.244.0.0/16",
            "cluster.dns.2.namespace: is missing, or labels are; write both, or a cidr instead",
            "cluster.api_server_ports.0: 0 is out of range; write at least 1",
            "cluster.node_port_range: '30000' is not a range of ports; write FIRST-LAST, as in 30000-32767",
            "cluster.dommain: is not a setting; write domain",
        ],
    ),
}


@pytest.mark.parametrize(("raw", "problems"), WRONG.values(), ids=WRONG)
def test_facts_that_do_not_go_together(raw: dict[str, Any], problems: list[str]) -> None:
    """All at once, a line each."""
    assert refused(raw) == [f"settings: {problem}" for problem in problems]


def test_an_ipv6_address_of_the_nodes_is_in_brackets_where_services_are_listed(tmp_path: Path) -> None:
    """So that the URL can be copied."""
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump({**IPV6, "node_address": "2001:db8::1"}))
    assert "http://[2001:db8::1]:30100" in mgmtcluster("services", "--json", "--settings", str(file)).stdout


def test_ipv6_first_needs_no_address_of_the_nodes_where_nobody_outside_gets_it() -> None:
    """What hands one out is left out."""
    handing_out = [service.name for service in catalog.ALL if any(address.outside for address in service.addresses.values())]
    raw = {"cluster": IPV6["cluster"], "services": {name: {"enabled": False} for name in handing_out}}
    assert not any("node_address" in problem for problem in refused(raw))  # there are others, which need those


def test_every_node_port_that_the_cluster_does_not_give_is_told() -> None:
    """Each service's in a line of its own, that of what is left out in none."""
    raw = {"cluster": {"node_port_range": "32000-32767"}, "services": {"parser": {"enabled": False}}}
    problems = refused(raw)
    assert len(problems) == len([endpoint for endpoint in catalog.ENDPOINTS if endpoint.node_port]) - 1
    words = "is not in 32000-32767, the cluster's node_port_range; write one that is"
    assert f"settings: metrics_redis: node port: 30200 {words}" in problems
    assert f"settings: services.blocks-db-svc: node port: 30100 {words}" in problems


def test_openshift_is_refused_beside_a_user() -> None:
    """Every service that has one is told."""
    raw = {"cluster": {"openshift": True}, "services": {name: {"user": 1000} for name in ("parser", "search-server")}}
    words = "is set, and OpenShift gives each namespace users of its own; leave it out"
    assert refused(raw) == [f"settings: services.{name}.user: {words}" for name in ("parser", "search-server")]


PROXY = {"http": "http://squid.proxies.svc:3128", "https": "http://squid.proxies.svc:3128"}


def test_a_proxy_is_for_what_may_call_hosts_outside() -> None:
    """Every service whose policy opens anything outside, and no other: the catalog says which those are."""
    objects = render({"cluster": {"proxy": PROXY}}).objects
    workloads = objects.workloads()
    proxied = {each["metadata"]["name"] for each in workloads if "HTTPS_PROXY" in json.dumps(containers_of(each))}
    outside = {service.name for service in catalog.ALL if service.options.get("outside")}
    assert proxied == outside
    clients = {
        policy["metadata"]["name"]
        for policy in objects.of_kind("NetworkPolicy")
        if '"kubernetes.io/metadata.name": "proxies"' in json.dumps(policy["spec"].get("egress", []))
    }
    assert clients == outside


@pytest.mark.parametrize(
    ("proxy", "problems"),
    [
        (
            {"http": "http://me:hunter2@a.example", "https": "squid"},
            [
                "http: holds a user or a password, which would stand in dist/; leave them out, "
                "and give what needs them the whole URL from a Secret: env: {HTTPS_PROXY: {secret: …, key: …}}",
                "https: 'squid' is not an HTTP URL; write http://HOST[:PORT][/PATH], without a user or password",
            ],
        ),
        ({}, ["https: is missing, and so is http; write the URL of one proxy or of both"]),
        (
            {"https": "http://squid.example:3128", "cidrs": ["10.244.3.1/32", "2001:db8::/64"]},
            [
                "cidrs: '10.244.3.1/32' is within the cluster's own 10.244.0.0/16; "
                "write the name of its Service as the proxy's host",
                "cidrs: '2001:db8::/64' is IPv6, and the cluster's ip_families are IPv4",
            ],
        ),
        (
            {"https": "http://192.0.2.7:3128", "http": f"http://squid.proxies.svc.{DOMAIN}:3128", "cidrs": ["192.0.2.7/32"]},
            ["cidrs: is set, and no URL of the proxy has a name outside the cluster; leave it out"],
        ),
        (
            {"https": "http://squid.proxies.svc.cluster.local:3128", "http": "http://10.244.3.1"},
            [
                "http: '10.244.3.1' is within the cluster's own 10.244.0.0/16; write the name of its Service",
                f"https: 'squid.proxies.svc.cluster.local:3128' is not in the cluster's domain {DOMAIN}; "
                f"write squid.proxies.svc.{DOMAIN}",
            ],
        ),
    ],
)
def test_a_proxy_that_cannot_be_used(proxy: dict[str, Any], problems: list[str]) -> None:
    """A line each, and never the password."""
    said = refused({"cluster": {"domain": DOMAIN, "proxy": proxy}})
    assert said == [f"settings: cluster.proxy.{problem}" for problem in problems]
