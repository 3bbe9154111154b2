"""The management cluster is put together from outside as from inside."""

import inspect
import json

import pytest
from cdk8s import App

import mgmtcluster
from mgmtcluster import Endpoint, InvalidInput, ManagementCluster, Settings, catalog, edges_of
from mgmtcluster.catalog import Database, Service
from mgmtcluster.testing import Manifests, load
from tests.rendering import ROOT, env_of


def with_networks_registry() -> Manifests:
    """The documented example "add a registry": upstream's thirteenth, which the seed does not name."""
    networks = Service(
        about="Stores the networks",
        endpoint=Endpoint("networks-registry-svc", "registries", 5000, node_port=30113),
        image="networks-registry",
        database=Database(name="vdags", env="MONGO_URL"),
    )
    app = App()
    registries = (*catalog.REGISTRIES, networks)
    ManagementCluster(app, settings=Settings.of({}), registries=registries)
    return load(app.synth_yaml())


def test_a_registry_is_added_in_ten_lines(objects: Manifests) -> None:
    """With its Service, user and policy; nothing of anybody else's changes but the database's users and policy."""
    added = with_networks_registry()
    container = added.container("registries", "networks-registry-svc")
    assert container["image"] == "docker.io/aiosv1/networks-registry:v1"
    assert env_of(container)["MONGO_URL"].startswith("mongodb://networks-registry-svc:$(DATABASE_PASSWORD)@registry-0.")
    [port] = added.one("Service", "registries", "networks-registry-svc")["spec"]["ports"]
    assert (port["port"], port["nodePort"]) == (5000, 30113)
    users = json.loads(
        env_of(added.job("registries", "registry-init-client")["spec"]["template"]["spec"]["containers"][0])["USERS"]
    )
    assert {"user": "networks-registry-svc", "roles": [{"role": "readWrite", "db": "vdags"}]} in users
    changed = [each for each in objects if each not in added]
    assert {(each["kind"], each["metadata"]["name"].rstrip("0123456789abcdef")) for each in changed} == {
        ("Job", "registry-bootstrap-"),
        ("Job", "registry-init-client-"),
        ("NetworkPolicy", "registry"),
    }


def test_the_networks_registry_is_not_in_the_default(objects: Manifests) -> None:
    """The seed does not name it."""
    assert "networks-registry" not in json.dumps(objects)


def test_settings_may_speak_of_an_added_service() -> None:
    """Where they are told of it; otherwise it is unknown, with the nearest known one."""
    extra = Service(about="x", endpoint=Endpoint("networks-registry-svc", "registries", 5000), image="networks-registry")
    given = {"services": {"networks-registry-svc": {"replicas": 3}}, "images": {"networks-registry": "a:1"}}
    assert Settings.of(given, services=(*catalog.ALL, extra)).service("networks-registry-svc").replicas == 3
    with pytest.raises(InvalidInput, match=r"services\.networks-registry-svc: is not a service"):
        Settings.of(given)


def test_two_clusters_in_one_process_do_not_know_each_other() -> None:
    """Edges are an app's own."""
    apps = [App(), App()]
    ManagementCluster(apps[0], settings=Settings.of({}))
    assert edges_of(apps[0])
    assert edges_of(apps[1]) == []


def test_everything_public_is_there_and_documented() -> None:
    """Each name of ``__all__`` once, constants, classes and functions in order; all but names of types have a docstring."""
    names = mgmtcluster.__all__
    assert names == sorted({*names}, key=lambda name: (not name.isupper(), name.islower(), name))
    for name in names:
        public = getattr(mgmtcluster, name)
        if inspect.isclass(public) or inspect.isroutine(public) or inspect.ismodule(public):
            assert (public.__doc__ or "").strip(), name


def test_constructs_know_no_name_of_the_platform() -> None:
    """What they are used for here is the catalog's to know."""
    names = {endpoint.service for endpoint in catalog.ENDPOINTS} | {endpoint.namespace for endpoint in catalog.ENDPOINTS}
    names -= {"services", "utils", "registries", "parser"}  # words of English too
    for file in (ROOT / "mgmtcluster" / "constructs").glob("*.py"):
        text = file.read_text()
        assert not [name for name in names if name in text], file.name
        assert "mgmtcluster.catalog" not in text, file.name
        assert "mgmtcluster.settings" not in text, file.name
    for file in (ROOT / "mgmtcluster" / "catalog").glob("*.py"):
        assert "mgmtcluster.constructs" not in file.read_text(), file.name


def test_addresses_are_spelt_in_one_file() -> None:
    """Nobody else writes the cluster's domain."""
    spelt = [file.name for file in (ROOT / "mgmtcluster").rglob("*.py") if "svc.cluster.local" in file.read_text()]
    assert spelt in (["addresses.py"], [])
