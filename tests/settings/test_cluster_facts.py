"""What is true of the cluster is true of everything that is rendered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mgmtcluster import InvalidInput, Settings
from tests.cli.command import mgmtcluster
from tests.rendering import env_of, files_of, render, run_app

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


@pytest.mark.parametrize("host", [f"till.shop.svc.{DOMAIN}", "till.shop.svc.cluster.local", "till.shop.svc"])
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
