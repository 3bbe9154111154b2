"""Facts of the cluster, which constructs of any app take from their context."""

from __future__ import annotations

import json

from cdk8s import App, Chart, JsonPatch

from mgmtcluster import Cluster, Context, rules, set_context
from tests.constructs.made_up import ORDERS, TILL, database, orders, web_service
from tests.rendering import env_of, load, render_chart
from tests.rules.found import found_in

CORP = Cluster(domain="corp.example")


def test_addresses_and_connection_strings_have_the_domain_of_the_context() -> None:
    """Whatever made them, and whenever."""

    def define(chart: Chart) -> None:
        set_context(chart, Context(cluster=CORP))
        grant = database(chart).grant("orders", env="MONGO_URL")
        web_service(chart, "till", endpoint=TILL)
        web_service(chart, database=grant, env={"TILL_URL": TILL.url, "TILL": TILL.host, "ME": ORDERS.external_url})

    text = render_chart(define)
    env = env_of(load(text).container("shop", "orders"))
    assert env["TILL_URL"] == "http://till.shop.svc.corp.example:8081"
    assert (env["TILL"], env["ME"]) == ("till.shop.svc.corp.example", "http://$(NODE_IP):30400")
    assert env["MONGO_URL"].count(".db.shop.svc.corp.example:27017") == 3
    assert "cluster.local" not in text


def test_the_rules_know_the_domain_of_the_charts() -> None:
    """A name in Kubernetes' own resolves nowhere there."""
    app = App()
    chart = Chart(app, "test", namespace="shop", disable_resource_name_hashes=True)
    set_context(chart, Context(cluster=CORP))
    service = web_service(chart, env={"ME": ORDERS.url})
    rules.enforce(app)
    assert found_in(app) == []
    value = "/spec/template/spec/containers/0/env/0/value"
    service.deployment.add_json_patch(JsonPatch.replace(value, "http://orders.shop.svc.cluster.local:8080"))
    assert found_in(app) == [
        "Deployment/shop/orders: env.ME: 'orders.shop.svc.cluster.local:8080' is not in the cluster's domain corp.example; "
        "write orders.shop.svc.corp.example"
    ]


def test_charts_of_two_clusters_are_enforced_one_by_one() -> None:
    """An app whose charts go to different clusters cannot be judged as one."""
    app = App()
    for name, domain in (("one", "one.example"), ("two", "two.example")):
        chart = Chart(app, name, namespace="shop", disable_resource_name_hashes=True)
        set_context(chart, Context(cluster=Cluster(domain=domain)))
        web_service(chart, env={"ME": ORDERS.url}, endpoint=ORDERS if name == "one" else TILL)
    rules.enforce(app)
    assert found_in(app) == ["the app: Context: cluster: differs below it; write one, or rules.enforce(chart) for each chart"]


def test_a_cluster_as_it_is_by_default_costs_nothing() -> None:
    """What is said in full is what is left out."""
    assert json.dumps(orders(context=Context(cluster=Cluster()))) == json.dumps(orders())
