"""Whatever stands in a settings file ends in a valid set of objects, or in lines that say what is wrong with it."""

import json
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from mgmtcluster import Endpoint, InvalidInput, Settings, catalog, rules
from mgmtcluster.settings import ClusterSettings
from tests.rendering import render

QUANTITIES = st.sampled_from(
    ["1", "1Gi", "10Gi", "512Mi", "2Gi", "1.5Gi", "250m", "0", "-1", "1e3", "", "Gi", "9" * 30, "1Ei", "1 Gi"]
)
NAMES = st.sampled_from([service.name for service in catalog.ALL] + ["mongo", "redis", "busybox", "nobody", "", "A", "a.b"])
IMAGES = st.sampled_from(["a:1", "a", "a:latest", "example.test:5000/a/b:1", "a@sha256:" + "0" * 64, "a:1@sha256:0", "A:1", ""])
ENV_NAMES = st.sampled_from(["A", "MONGO_URL", "NODE_IP", "SEARCH_SERVER_API_URL", "HOME", "1", "", "a-b", "PUBLIC_DB_URL"])
ENV_VALUES = st.sampled_from(
    ["", "x", "$(NODE_IP)", "http://parser.services.svc.cluster.local:8000", "\n", "é", "'\"", "{}", "null"]
)
ADDRESSES = st.sampled_from(["10.0.0.7", "::1", "nodes.example.test", "http://a", "a:1", "", "a_b", "-", "1.2.3.4.5", "[::1]"])
CIDRS = st.sampled_from(["10.0.0.0/8", "0.0.0.0/0", "::/0", "10.0.0.1/8", "fd00::/48", "x", "10.244.0.0/16", "1.2.3.4"])
URLS = st.sampled_from(
    ["http://a.example:1", "http://[::1]:80", "http://10.96.0.1", "https://a/b?c#d", "http://a:99999", "ftp://a", "http://"]
)

#: Any value that YAML can say.
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with some of these fields, seldom with a value of any kind."""
    return st.fixed_dictionaries(
        {}, optional={name: st.one_of(field, field, field, field, ANYTHING) for name, field in fields.items()}
    )


AMOUNTS = optional(**{"cpu": QUANTITIES, "memory": QUANTITIES, "ephemeral-storage": QUANTITIES})
SERVICE = optional(
    enabled=st.booleans(),
    replicas=st.integers(-1, 60),
    resources=optional(requests=AMOUNTS, limits=AMOUNTS),
    env=st.dictionaries(ENV_NAMES, ENV_VALUES, max_size=3),
)
DATABASE = optional(
    members=st.integers(-1, 10),
    storage=QUANTITIES,
    memory=QUANTITIES,
    node_label=st.sampled_from(["a=b", "a/b=c", "a=", "a", "=b", "a=b=c", "a/b/c=d"]),
    keep_running=st.none() | st.integers(0, 9),
    single_member_may_lose_data=st.booleans(),
    existing_secrets=st.none() | st.dictionaries(st.one_of(NAMES, st.sampled_from(["keyfile", "root"])), NAMES, max_size=2),
)
SETTINGS = optional(
    node_address=ADDRESSES,
    image_registry=st.sampled_from(["example.test", "example.test:5000/a", "docker.io/aiosv1", "http://a", "a/", "", "a:b:c"]),
    image_tag=st.sampled_from(["v1", "latest", "", "a b", "1" * 129]),
    image_pull_secrets=st.lists(NAMES, max_size=2),
    images=st.dictionaries(NAMES, IMAGES, max_size=2),
    storage_class=st.sampled_from(["fast", "Fast", "", "a.b", "a" * 254]),
    cluster=optional(
        domain=st.sampled_from(["corp.example", "", "A", "a."]),
        ip_families=st.lists(st.sampled_from(["IPv4", "IPv6", "ipv4"]), max_size=3),
        cidrs=st.lists(CIDRS, max_size=3),
        dns=st.lists(optional(namespace=NAMES, labels=st.dictionaries(NAMES, NAMES), cidr=CIDRS, port=st.integers(0, 53))),
        api_server_ports=st.lists(st.integers(0, 443), max_size=2),
        node_port_range=st.sampled_from(["30000-32767", "32000-32767", "1-0", "a-b", "30000"]),
    ),
    outside_cidrs=st.lists(CIDRS, max_size=2),
    registry_database=DATABASE,
    metrics_database=DATABASE,
    metrics_redis=optional(storage=QUANTITIES, memory=QUANTITIES, existing_secret=NAMES),
    services=st.dictionaries(NAMES, SERVICE, max_size=3),
    public_database_secret=optional(name=NAMES, key=NAMES),
    adhoc_inference_url=URLS,
    vdag_adhoc_inference_server_url=st.sampled_from(["a:1", "a", "a:99999", "a.example:20000", ":1"]),
    typo=ANYTHING,
)


def assert_told(error: InvalidInput) -> None:
    """Each problem is one line, and says something."""
    assert error.problems
    assert len({*error.problems}) == len(error.problems)
    for problem in error.problems:
        assert "nput should" not in problem, problem  # pydantic's words
        assert len(problem.splitlines()) == 1, problem
        assert 10 < len(problem) < 2000, problem


def settle(raw: dict[str, Any]) -> Settings | None:
    """The settings, or None if they were refused as they should."""
    try:
        return Settings.of(raw)
    except InvalidInput as error:
        assert_told(error)
        return None


@settings(max_examples=200)
@given(SETTINGS)
def test_settings_are_read_or_refused_in_lines(raw: dict[str, Any]) -> None:
    """Fields as they might be written, one now and then of another type, in all combinations."""
    settle(raw)


@settings(max_examples=100)
@given(ANYTHING)
def test_any_value_is_read_or_refused_in_lines(value: Any) -> None:
    """In place of each field."""
    for name in Settings.model_fields:
        settle({name: value})


@settings(max_examples=200)
@given(facts=st.dictionaries(st.sampled_from([*ClusterSettings.model_fields]), ANYTHING, max_size=3), user=st.booleans())
def test_any_fact_of_the_cluster_is_read_or_refused_in_lines(facts: dict[str, Any], user: bool) -> None:
    """Beside what depends on it: addresses outside, the host of a URL, a service's user and its variables."""
    parser = {"env": {"A": "http://a.b.svc"}, **({"user": 1000} if user else {})}
    settle(
        {"cluster": facts, "services": {"parser": parser}, "outside_cidrs": ["fd00::/8"], "adhoc_inference_url": "http://a.b.svc"}
    )


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
@example(text="? ? ? ?")
@example(text="&a [*a, *a]")
@example(text="a: &a\n  b: *a\n")
@example(text="[" * 600)
@example(text="{a: " * 600)
@example(text="%YAML 3.0\n---\n")
@example(text="!!timestamp 9999-99-99")
@example(text="image_tag: 2001-12-14t21:59:43.10-99:00")
@example(text="0o9: 08:99:99")
@example(text="\ufeffimage_tag: v2")
def test_any_text_is_read_or_refused_in_lines(text: str, tmp_path: Path) -> None:
    """As the content of a file."""
    file = tmp_path / "mine.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        Settings.load(file)
    except InvalidInput as error:
        assert_told(error)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_in_lines(data: st.DataObject, tmp_path: Path) -> None:
    """A good file, of which a piece is cut out, doubled, or replaced by some of what YAML means something by."""
    whole = yaml.safe_dump(json.loads(Settings().model_dump_json()))
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start, min(start + 30, len(whole))))
    put = data.draw(
        st.sampled_from(
            ["", whole[start:end] * 2, "\t", ": ", "- ", "\n", "{", "]", "'", "&a ", "*a", "#", "|\n", "---\n", "\x85"]
        )
    )
    file = tmp_path / "mine.yaml"
    file.write_text(whole[:start] + put + whole[end:])
    try:
        Settings.load(file)
    except InvalidInput as error:
        assert_told(error)


VALID = st.fixed_dictionaries(
    {},
    optional={
        "node_address": st.sampled_from(["10.0.0.7", "::1", "nodes.example.test"]),
        "image_registry": st.sampled_from(["example.test", "example.test:5000/a"]),
        "storage_class": st.just("fast"),
        "cluster": st.sampled_from(
            [
                {"cidrs": []},
                {"cidrs": ["10.42.0.0/16"], "ip_families": ["IPv4"], "api_server_ports": [16443]},
                {"dns": [{"cidr": "169.254.20.10/32"}, {"namespace": "dns", "labels": {"a": "b"}, "port": 5353}]},
                {"node_port_range": "30000-31000"},
            ]
        ),
        "outside_cidrs": st.sampled_from([["203.0.113.0/24"], ["10.0.0.0/8", "192.0.2.0/24"]]),
        "images": st.dictionaries(
            st.sampled_from(["mongo", "redis", "parser"]), st.sampled_from(["a:1", "a@sha256:" + "0" * 64]), max_size=1
        ),
        "registry_database": st.sampled_from(
            [{"members": 5}, {"members": 3, "keep_running": 7}, {"memory": "64Gi", "storage": "1.5Ti"}]
        ),
        "metrics_database": st.sampled_from([{"existing_secrets": {}}, {"members": 1, "single_member_may_lose_data": True}]),
        "metrics_redis": st.sampled_from([{"memory": "1.5Gi"}, {"existing_secret": "a.b"}]),
        "services": st.dictionaries(
            st.sampled_from(["parser", "search-server", "tasks-db-svc"]),
            st.sampled_from(
                [{"replicas": 50}, {"replicas": 1}, {"env": {"A": "\n'\"{}$(NODE_IP)é"}}, {"resources": {"limits": {"cpu": "4"}}}]
            ),
            max_size=2,
        ),
        "adhoc_inference_url": st.sampled_from(["http://192.0.2.1:8080", "https://a.example/v1", "http://a.b.svc:80"]),
    },
)


@settings(max_examples=5, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(VALID)
def test_settings_that_are_read_give_valid_objects(raw: dict[str, Any]) -> None:
    """Every rule holds of what they give; a few, since each costs half a second.

    Takes more than two seconds because it renders several platforms.
    """
    assert rules.check(render(raw).objects, rules.general(beside=[Endpoint("a", "b", 80)])) == []
