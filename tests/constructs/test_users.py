"""Every user of a database has one owner, the rights that were asked for, and a password that nobody else reads."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from cdk8s import App, Chart, JsonPatch

from mgmtcluster import (
    DatabaseBackup,
    DatabaseMonitoring,
    Endpoint,
    Grant,
    InvalidInput,
    Peer,
    RegistryService,
    ReplicatedDatabase,
    WebService,
    edges_of,
)
from mgmtcluster.testing import Manifests
from tests.constructs.made_up import IMAGE, ORDERS, database, sidecar, web_service
from tests.rendering import containers_of, env_of, render_chart

READER = Peer("shop", "report")
OWN_USERS = ("root", "keyfile", "backup", "monitor")


def users(objects: Manifests) -> dict[str, Any]:
    """What the Job that converges the set is told of users."""
    [converge] = containers_of(objects.job("shop", "db-init-client"))
    return {user["user"]: user["roles"] for user in json.loads(env_of(converge)["USERS"])}


def service(chart: Chart, name: str, db: ReplicatedDatabase, *, id: str | None = None, **arguments: Any) -> WebService:
    """A service with a database of its own."""
    endpoint = Endpoint(name, "shop", 8080)
    return RegistryService(chart, id or name, image=IMAGE, endpoint=endpoint, database=db.grant("app", env="DB_URL"), **arguments)


def read_app(db: ReplicatedDatabase, name: Any = "report", **arguments: Any) -> None:
    """A user with as little as can be said, and what is given."""
    db.user(name, **{"client": READER, "roles": {"read": "app"}, "why": "reports", **arguments})


def refused(define: Callable[[ReplicatedDatabase], object], **arguments: Any) -> str:
    """What is said of it, in one line, and no user is left of it."""
    chart = Chart(App(), "test", namespace="shop")
    db = database(chart, **arguments)
    before = edges_of(chart)
    with pytest.raises(InvalidInput) as error:
        define(db)
    [problem] = error.value.problems
    assert edges_of(chart) == before
    return problem


def chart_of(db: ReplicatedDatabase) -> Chart:
    """The chart that a database is in."""
    chart = db.node.scope
    assert isinstance(chart, Chart)
    return chart


@pytest.mark.parametrize("name", OWN_USERS)
def test_no_service_is_a_user_of_the_databases_own(name: str) -> None:
    """Else root would lose its role, or a service would be given the keyfile as its password."""
    problem = refused(lambda db: service(chart_of(db), name, db), existing_secrets={"keyfile": "made-elsewhere"})
    assert problem.startswith(f"test/{name}: database: {name!r} is ")
    assert problem.endswith("write another name of the Service")


@pytest.mark.parametrize("name", OWN_USERS)
def test_no_further_user_is_one_of_the_databases_own(name: str) -> None:
    """As for a service."""
    assert refused(lambda db: read_app(db, name)).startswith(f"test/db: user: name: {name!r} is ")


def test_two_claims_on_one_name_are_refused() -> None:
    """Both are named, in whatever order they come."""

    def service_first(db: ReplicatedDatabase) -> None:
        read_app(db, "orion")

    chart = Chart(App(), "test", namespace="shop")
    db = database(chart)
    service(chart, "orion", db)
    with pytest.raises(InvalidInput) as error:
        service_first(db)
    assert str(error.value) == "test/db: user: user orion of shop/db is taken by test/orion; write another name"
    chart = Chart(App(), "test", namespace="shop")
    db = database(chart)
    read_app(db, "orion")
    with pytest.raises(InvalidInput) as error:
        service(chart, "orion", db)
    assert str(error.value) == "test/orion: database: user orion of shop/db is taken by test/db: user 'orion'; write another name"
    with pytest.raises(InvalidInput, match="test/db: user: user orion of shop/db is taken by test/db: user 'orion'"):
        read_app(db, "orion")


def test_users_keep_what_they_were_given() -> None:
    """Root its role, the service its database, the reader what it reads, beside a restore that connects as root."""

    def define(chart: Chart) -> None:
        db = database(chart)
        service(chart, "orders", db)
        read_app(db, roles={"read": "app", "clusterMonitor": "admin"})
        DatabaseBackup(chart, "backups", database=db, schedule="0 1 * * *", keep=3, storage="1Gi")
        DatabaseMonitoring(chart, "monitoring", database=db, prometheus_namespace="monitoring")

    assert users(render_chart(define, checked=False)) == {
        "root": [{"role": "root", "db": "admin"}],
        "orders": [{"role": "readWrite", "db": "app"}],
        "report": [{"role": "read", "db": "app"}, {"role": "clusterMonitor", "db": "admin"}],
        "backup": [{"role": "backup", "db": "admin"}],
        "monitor": [{"role": "clusterMonitor", "db": "admin"}, {"role": "read", "db": "local"}],
    }


WRONG_USERS = {
    "a role that there is not": (
        {"roles": {"readWrit": "app"}},
        "roles: 'readWrit' is not a role of MongoDB's own; write one of read,",
    ),
    "a role of another database": ({"roles": {"backup": "app"}}, "roles.backup: 'app' does not know this role; write 'admin'"),
    "no role": ({"roles": {}}, "roles: is empty"),
    "a database that is none": ({"roles": {"read": "my db"}}, "roles.read: 'my db' is not a database name"),
    "a client elsewhere": (
        {"client": Peer("bank", "report")},
        "client: is in bank, and the password's Secret in shop; write a client in shop",
    ),
    "a name that is none": ({"name": "Bad Name!"}, "name: 'Bad Name!' is not a DNS label"),
    "a client that is text": ({"client": "report"}, "client: expected Peer, got 'report'"),
}


@pytest.mark.parametrize(("arguments", "expected"), WRONG_USERS.values(), ids=WRONG_USERS.keys())
def test_a_user_is_refused(arguments: dict[str, Any], expected: str) -> None:
    """One line, and the user is not among the users."""
    assert refused(lambda db: read_app(db, **arguments)).startswith(f"test/db: user: {expected}")


WRONG_GRANTS = {
    "a database that is none": (("my db/?x=1", "URL"), "test/db: grant: database: 'my db/?x=1' is not a database name"),
    "a variable that is none": (("app", "1 BAD"), "test/db: grant: env: '1 BAD' is not a variable name"),
    "MongoDB's own databases": (("admin", "URL"), "Grant 'admin': database: 'admin' is MongoDB's own; write another name"),
    "the oplog": (("local", "URL"), "Grant 'local': database: 'local' is MongoDB's own"),
    "the configuration": (("config", "URL"), "Grant 'config': database: 'config' is MongoDB's own"),
    "the password's variable": (
        ("app", "DATABASE_PASSWORD"),
        "Grant 'app': env: 'DATABASE_PASSWORD' is the password of the database's user; write another name",
    ),
    "the variable of the nodes' address": (("app", "NODE_IP"), "Grant 'app': env: 'NODE_IP' is the address of the nodes"),
}


@pytest.mark.parametrize(("arguments", "expected"), WRONG_GRANTS.values(), ids=WRONG_GRANTS.keys())
def test_a_grant_is_refused(arguments: tuple[str, str], expected: str) -> None:
    """Where it is made, not when it is rendered."""
    assert refused(lambda db: db.grant(arguments[0], env=arguments[1])).startswith(expected)


def test_a_grant_by_hand_is_checked_too() -> None:
    """It is public data."""
    db = database(Chart(App(), "test", namespace="shop"))
    wait = db.grant("app", env="URL").wait
    with pytest.raises(InvalidInput, match="Grant 'app': server: expected Database, got 'db'"):
        Grant(database="app", env="URL", server="db", wait=wait)  # type: ignore[arg-type]


WRONG_SIDECARS = {
    "the password's variable": (
        {"database_env": "DATABASE_PASSWORD"},
        "database_env: 'DATABASE_PASSWORD' is the password of the database's user; write another name",
    ),
    "the connection overridden": ({"database_env": "URL", "env": {"URL": "x"}}, "env.URL: is the connection of the database"),
    "the password overridden": (
        {"database_env": "URL", "env": {"DATABASE_PASSWORD": "x"}},
        "env.DATABASE_PASSWORD: is the connection of the database; leave it out",
    ),
}


@pytest.mark.parametrize(("arguments", "expected"), WRONG_SIDECARS.values(), ids=WRONG_SIDECARS.keys())
def test_a_sidecars_connection_is_its_own(arguments: dict[str, Any], expected: str) -> None:
    """No variable of it is set twice."""
    problem = refused(lambda db: service(chart_of(db), "orders", db, sidecars=[sidecar(**arguments)]))
    assert problem.startswith(f"test/orders: sidecars.helper.{expected}")


def test_a_sidecar_without_a_database_gets_none() -> None:
    """It is not left out in silence."""
    problem = refused(lambda db: web_service(chart_of(db), sidecars=[sidecar(database_env="URL")]))
    assert problem == "test/orders: sidecars.helper.database_env: there is no database to connect to; pass database=…"


def test_a_refused_service_can_be_tried_again() -> None:
    """With the same id, the same name and the same user: nothing is left of the first try."""
    chart = Chart(App(), "test", namespace="shop")
    db = database(chart)
    for wrong in (
        {"replicas": 0},
        {"env": {"DB_URL": "x"}},
        {"env": {"A": Endpoint("orders", "shop", 8080).host}, "aliases": ["db"]},
    ):
        with pytest.raises(InvalidInput):
            service(chart, "orders", db, **wrong)
    assert "orders" not in {edge.client.name for edge in edges_of(chart)}
    service(chart, "orders", db)
    assert [each["kind"] for each in chart.to_json() if each["metadata"]["name"] == "orders"].count("Deployment") == 1


def test_a_removed_service_can_be_made_again() -> None:
    """Its names are free, its node port is, and its user and its edges are gone."""
    chart = Chart(App(), "test", namespace="shop")
    db = database(chart)
    first = RegistryService(chart, "orders", image=IMAGE, endpoint=ORDERS, database=db.grant("app", env="URL"))
    assert "orders" in {edge.client.name for edge in edges_of(chart)}
    assert chart.node.try_remove_child(first.node.id)
    assert "orders" not in {edge.client.name for edge in edges_of(chart)}
    assert "orders" not in json.dumps(chart.to_json())
    second = RegistryService(chart, "orders", image=IMAGE, endpoint=ORDERS, database=db.grant("other", env="URL"))
    assert [edge.database for edge in edges_of(chart) if edge.client == second.peer] == ["other"]


def test_a_refused_construct_leaves_the_one_of_its_id() -> None:
    """What was there before stays."""
    chart = Chart(App(), "test", namespace="shop")
    db = database(chart)
    with pytest.raises(InvalidInput, match="members: 4 is not allowed"):
        database(chart, members=4)
    assert chart.node.try_find_child("db") is db


def test_users_of_two_databases_never_share_a_secret() -> None:
    """Names of databases and users may together be the same: one password would open both."""

    def chart_with_databases(*, last: str) -> tuple[Chart, dict[str, ReplicatedDatabase]]:
        chart = Chart(App(), "test", namespace="shop")
        names = [name for name in ("db", "db-user") if name != last]
        return chart, {name: database(chart, name) for name in names}

    chart, made = chart_with_databases(last="")
    service(chart, "user-orders", made["db"])
    with pytest.raises(InvalidInput) as error:
        service(chart, "orders", made["db-user"])
    assert error.value.problems == (
        "test/orders: database: Secret shop/db-user-user-orders is taken by test/user-orders; write another name",
    )
    for user in ("root", "backup", "monitor"):
        chart, made = chart_with_databases(last="")
        with pytest.raises(InvalidInput, match=f"Secret shop/db-user-user-{user} is taken by test/db-user"):
            service(chart, f"user-{user}", made["db"])
    chart, made = chart_with_databases(last="db-user")
    service(chart, "user-root", made["db"])
    with pytest.raises(InvalidInput, match="Secret shop/db-user-user-root is taken by test/user-root"):
        database(chart, "db-user")


def test_a_secret_that_is_made_elsewhere_may_serve_two_users() -> None:
    """Somebody said so."""
    chart = Chart(App(), "test", namespace="shop")
    db = database(chart, existing_secrets={"orders": "made", "till": "made"})
    service(chart, "orders", db)
    service(chart, "till", db)


def test_a_patch_of_the_databases_service_loses_no_user() -> None:
    """The Service has one more label to select by; who uses the database is the same."""

    def define(chart: Chart) -> None:
        db = database(chart)
        service(chart, "orders", db)
        db.service.add_json_patch(JsonPatch.add("/spec/selector/app.kubernetes.io~1component", "database"))

    assert users(render_chart(define))["orders"] == [{"role": "readWrite", "db": "app"}]
