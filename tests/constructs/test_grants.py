"""What databases grant: to a service, as its role says; to an init container, as a user of its own."""

import json
from typing import Any

import pytest
from cdk8s import App, Chart

from mgmtcluster import Endpoint, Grant, Init, InvalidInput, Peer, ReplicatedDatabase, edges_of
from mgmtcluster.map.graph import graph_of
from mgmtcluster.testing import Manifest, Manifests, load, may_connect
from tests.constructs.made_up import TILL, database, sidecar, web_service
from tests.rendering import pod_spec, render_chart


def migration(*grants: Grant, **arguments: Any) -> Init:
    """An init container with these grants."""
    return Init(name="migrate", image="example.test/migrate:1", databases=grants, **arguments)


class Shop:
    """Two databases, and a service that is granted what ``tell`` says."""

    def __init__(self, tell: Any) -> None:
        self.app = App()
        chart = Chart(self.app, "test", namespace="shop", disable_resource_name_hashes=True)
        self.db, self.other = database(chart), database(chart, "other", node_label="other=yes")
        web_service(chart, endpoint=TILL, **tell(self.db, self.other))
        self.objects: Manifests = load(self.app.synth_yaml())

    def users(self, name: str) -> dict[str, Any]:
        """The users of a database with their roles, as its Job gets them."""
        [container] = pod_spec(self.objects.job("shop", f"{name}-init-client"))["containers"]
        [text] = [each["value"] for each in container["env"] if each["name"] == "USERS"]
        return {user["user"]: [f"{role['role']}@{role['db']}" for role in user["roles"]] for user in json.loads(text)}

    def container(self, name: str) -> Manifest:
        """A container of the service, those before it included."""
        spec = pod_spec(self.objects.one("Deployment", "shop", "till"))
        return next(each for each in [*spec.get("initContainers", ()), *spec["containers"]] if each["name"] == name)

    def env(self, name: str) -> dict[str, Any]:
        """The variables of a container."""
        env = self.container(name)["env"]
        return {each["name"]: each.get("value", each.get("valueFrom", {}).get("secretKeyRef", {}).get("name")) for each in env}

    def reaches(self, server: str) -> bool:
        """Whether the service may connect to a database."""
        return bool(may_connect(self.objects, Peer("shop", "till"), Peer("shop", server), 27017))


def test_several_databases_have_a_variable_and_a_password_each() -> None:
    """A password is that of one database; two grants of one share it."""
    shop = Shop(
        lambda db, other: {
            "database": db.grant("till", env="DB"),
            "databases": [db.grant("news", env="NEWS", role="read"), other.grant("oplog", env="OPLOG", role="read")],
        }
    )
    env = shop.env("till")
    assert [*env] == ["DATABASE_PASSWORD", "DB", "NEWS", "OPLOG_PASSWORD", "OPLOG"]
    assert (env["DATABASE_PASSWORD"], env["OPLOG_PASSWORD"]) == ("db-user-till", "other-user-till")
    assert env["NEWS"].startswith("mongodb://till:$(DATABASE_PASSWORD)@db-0.db.shop.svc.cluster.local:27017,")
    assert "/news?" in env["NEWS"]
    assert env["OPLOG"].startswith("mongodb://till:$(OPLOG_PASSWORD)@other-0.other.shop")
    assert shop.users("db")["till"] == ["readWrite@till", "read@news"]
    assert shop.users("other")["till"] == ["read@oplog"]
    assert shop.reaches("db")
    assert shop.reaches("other")


def test_a_migration_is_a_user_of_its_own() -> None:
    """With rights that the service does not get, and a Secret of its own."""
    shop = Shop(
        lambda db, other: {
            "database": db.grant("till", env="DB"),
            "init": [migration(db.grant("till", env="ADMIN", role="dbOwner"), other.grant("old", env="OLD"))],
        }
    )
    assert shop.env("migrate")["DATABASE_PASSWORD"] == "db-user-till-migrate"
    assert shop.env("migrate")["ADMIN"].startswith("mongodb://till-migrate:$(DATABASE_PASSWORD)@")
    assert [*shop.env("till")] == ["DATABASE_PASSWORD", "DB"]
    assert shop.users("db") == {"root": ["root@admin"], "till": ["readWrite@till"], "till-migrate": ["dbOwner@till"]}
    assert shop.users("other") == {"root": ["root@admin"], "till-migrate": ["readWrite@old"]}
    assert shop.reaches("other")
    [node] = [each for each in graph_of(edges_of(shop.app), shop.objects, about={})["nodes"] if each["id"] == "shop/db"]
    assert {"user": "till-migrate", "rights": "dbOwner@till"} in node["users"]


def test_users_with_one_variable_are_in_one_order() -> None:
    """Whatever order Python's sets have in this process: what is written is the same every time."""
    names = [f"step-{number}" for number in range(6)]
    images = dict.fromkeys(names, "example.test/migrate:1")
    shop = Shop(
        lambda db, _: {
            "database": db.grant("till", env="DB"),
            "init": [Init(name=name, image=image, databases=[db.grant("till", env="DB")]) for name, image in images.items()],
        }
    )
    assert [*shop.users("db")] == ["root", "till", *(f"till-{name}" for name in names)]


def test_parts_of_a_connection_are_values() -> None:
    """For clients that take no connection string: then there is none."""

    def tell(db: ReplicatedDatabase, _: ReplicatedDatabase) -> dict[str, Any]:
        grant = db.grant("till")
        parts = {"HOST": grant.hosts, "USER": grant.user, "PASSWORD": grant.password}
        init = migration(grant, env=parts)
        return {"databases": [grant], "env": parts, "init": [init], "sidecars": [sidecar(env=parts)]}

    shop = Shop(tell)
    hosts = ",".join(f"db-{number}.db.shop.svc.cluster.local:27017" for number in range(3))
    assert shop.env("till") == {"HOST": hosts, "USER": "till", "PASSWORD": "db-user-till"}
    assert shop.env("helper") == shop.env("till")
    assert shop.env("migrate") == {"HOST": hosts, "USER": "till-migrate", "PASSWORD": "db-user-till-migrate"}
    assert shop.users("db")["till"] == ["readWrite@till"]


def test_every_database_is_waited_for_before_anything_else_runs() -> None:
    """One container each, and then the migration."""
    shop = Shop(
        lambda db, other: {
            "databases": [db.grant("till", env="DB"), db.grant("news", env="NEWS"), other.grant("old", env="OLD")],
            "init": [migration()],
            "waits_for_database": True,
        }
    )
    spec = pod_spec(shop.objects.one("Deployment", "shop", "till"))
    assert [each["name"] for each in spec["initContainers"]] == ["wait-for-database", "wait-for-database-1", "migrate"]
    uris = [shop.env(name)["DATABASE_URI"].partition("@")[2][:4] for name in ("wait-for-database", "wait-for-database-1")]
    assert uris == ["db-0", "othe"]
    scripts = [each["configMap"]["name"] for each in spec["volumes"] if "configMap" in each]
    assert scripts == ["db-scripts", "other-scripts"]


BAD: dict[str, tuple[Any, str]] = {
    "one variable for two": (
        lambda db, other: {"databases": [db.grant("a", env="A"), other.grant("b", env="A")]},
        "databases: env: 'A' is that of two grants; write another one",
    ),
    "a variable that is a connection": (
        lambda db, other: {"databases": [db.grant("a", env="A"), other.grant("b", env="B")], "env": {"B_PASSWORD": "x"}},
        "env.B_PASSWORD: is the connection of the database; leave it out",
    ),
    "a part of what is not passed": (
        lambda db, other: {"database": db.grant("a", env="A"), "env": {"HOST": other.grant("b").hosts}},
        "env.HOST: is of a grant that is not passed; write databases=[…] with it",
    ),
    "a part of the service's own in a migration": (
        lambda db, other: {"database": db.grant("a"), "init": [migration(other.grant("b"), env={"HOST": db.grant("a").hosts})]},
        "init.migrate.env.HOST: is of a grant that is not passed; write databases=[…] with it",
    ),
    "a migration's variable that is a connection": (
        lambda db, _: {"init": [migration(db.grant("a", env="A"), env={"DATABASE_PASSWORD": "x"})]},
        "init.migrate.env.DATABASE_PASSWORD: is the connection of the database; leave it out",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_together_is_refused(name: str) -> None:
    """In one line, with where."""
    tell, problem = BAD[name]
    with pytest.raises(InvalidInput) as error:
        Shop(tell)
    assert error.value.problems == (f"test/orders: {problem}",)


def test_a_role_is_one_in_a_database() -> None:
    """Those of the whole server are nobody's."""
    with pytest.raises(InvalidInput) as error:
        render_chart(lambda chart: database(chart).grant("till", role="clusterAdmin"))
    assert error.value.problems == (
        "Grant 'till': role: 'clusterAdmin' is not a role in one database; "
        "write one of read, readWrite, dbAdmin, dbOwner, userAdmin",
    )


def test_a_migration_of_a_database_elsewhere_is_refused() -> None:
    """Its Secrets are there."""

    def define(chart: Chart) -> None:
        there = database(chart, namespace="bank")
        web_service(chart, init=[migration(there.grant("a", env="A"))], databases=[there.grant("b", env="B")])

    with pytest.raises(InvalidInput) as error:
        render_chart(define)
    here = "is in the namespace bank, and so are its Secrets; write an endpoint in bank"
    assert error.value.problems == (f"test/orders: databases: {here}", f"test/orders: init.migrate.databases: {here}")


def test_a_name_that_is_another_service_is_refused_as_a_migrations_user() -> None:
    """Two workloads never share a user."""

    def define(chart: Chart) -> None:
        db = database(chart)
        web_service(chart, "other", endpoint=Endpoint("till-migrate", "shop", 80), database=db.grant("a", env="A"))
        web_service(chart, endpoint=TILL, init=[migration(db.grant("a", env="A"))])

    with pytest.raises(InvalidInput) as error:
        render_chart(define)
    assert error.value.problems == (
        "test/orders: init.migrate.databases: user till-migrate of shop/db is taken by test/other; write another name",
    )
