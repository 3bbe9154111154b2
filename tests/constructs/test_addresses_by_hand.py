"""An address that is written by hand makes no way: only an endpoint's does."""

from collections.abc import Callable

import pytest
from cdk8s import Chart, JsonPatch

from mgmtcluster import Client, Endpoint
from tests.constructs.made_up import TILL, database, web_service
from tests.constructs.verdicts import passes, refused

SHORT = [
    "till.shop:8081",
    "http://till.shop/x",
    "till:8081",
    "tcp://till:8081/",
    "http://till/",
    "db-0.db.shop:27017",
    "mongodb://a:b@db:27017/",
    "http://Till.SHOP:8081",
    "http://till.shop.:8081",
]


@pytest.mark.parametrize("text", SHORT)
def test_a_short_address_by_hand_is_refused(text: str) -> None:
    """In a variable, an argument, and a sidecar alike; only an endpoint's address makes the way for it."""

    def define(chart: Chart) -> None:
        database(chart)
        web_service(chart, "server", endpoint=TILL)
        web_service(chart, "client", endpoint=Endpoint("client", "shop", 80), env={"ADDRESS": text})

    [problem] = refused(define)
    assert problem.startswith("Deployment/shop/client: env.ADDRESS: '")
    assert problem.endswith("is an address written by hand; pass Endpoint(…).url or .host")


FULL = ["http://till.shop.svc.cluster.local:8081", "till.shop.svc:8081", "http://till.shop.SVC.cluster.local"]


def by_argument(chart: Chart, text: str) -> None:
    """The client has the address in an argument."""
    web_service(chart, "client", endpoint=Endpoint("client", "shop", 80), args=[f"--till={text}"])


def by_patch(chart: Chart, text: str) -> None:
    """The client has the address in a variable that a patch adds."""
    client = web_service(chart, "client", endpoint=Endpoint("client", "shop", 80))
    client.deployment.patch_pod(JsonPatch.add("/spec/containers/0/env", [{"name": "TILL", "value": text}]))


@pytest.mark.parametrize("told", [by_argument, by_patch])
@pytest.mark.parametrize("text", FULL)
def test_a_full_address_that_no_policy_opens_is_refused(text: str, told: Callable[[Chart, str], None]) -> None:
    """Nothing recorded it, so the pods would be cut off from it: of a Service that is declared as of one beside the app."""

    def declared(chart: Chart) -> None:
        web_service(chart, "server", endpoint=TILL)
        told(chart, text)

    for problems in (refused(declared), refused(lambda chart: told(chart, text), beside=[TILL])):
        [problem] = problems
        assert problem.startswith("Deployment/shop/client: ")
        assert problem.endswith("is an address written by hand; pass Endpoint(…).url or .host")


def test_a_full_address_that_a_policy_opens_passes() -> None:
    """The way is there: by the same endpoint in a variable, or by the server, which names the client."""

    def by_variable(chart: Chart) -> None:
        web_service(chart, "server", endpoint=TILL)
        arguments = {"env": {"TILL": TILL.url}, "args": [f"--till={FULL[0]}"]}
        web_service(chart, "client", endpoint=Endpoint("client", "shop", 80), **arguments)

    def by_server(chart: Chart) -> None:
        web_service(chart, "server", endpoint=TILL, clients=[Client.pods("shop", name="client")])
        by_argument(chart, FULL[0])

    passes(by_variable)
    passes(by_server)


@pytest.mark.parametrize("text", ["proxy_pass http://till:8081;", "upstream till.shop:8081", "http://till.shop/x"])
def test_a_short_address_in_a_file_is_refused(text: str) -> None:
    """As a full one is."""

    def define(chart: Chart) -> None:
        web_service(chart, "server", endpoint=TILL)
        web_service(chart, "client", endpoint=Endpoint("client", "shop", 80), files={"/etc/proxy.conf": text})

    [problem] = refused(define)
    assert problem.startswith("ConfigMap/shop/client-files: data.client-etc-proxy-conf: '")


def test_a_word_of_a_program_in_a_file_passes() -> None:
    """It only looks like the name of a Service."""

    def define(chart: Chart) -> None:
        web_service(chart, "server", endpoint=TILL)
        web_service(chart, "client", endpoint=Endpoint("client", "shop", 80), files={"/app/main.py": "print(till.shop)"})

    passes(define)


@pytest.mark.parametrize(
    "text",
    ["till", "till:1.4", "docker.io/shop/till:8081-2", "till.example.test:8081", "nobody:8081", "10.0.0.1:8081", "still:8081"],
)
def test_what_is_no_address_of_a_declared_service_passes(text: str) -> None:
    """A word, an image, a host elsewhere."""

    def define(chart: Chart) -> None:
        web_service(chart, "server", endpoint=TILL)
        web_service(chart, "client", endpoint=Endpoint("client", "shop", 80), env={"TEXT": text})

    passes(define)
