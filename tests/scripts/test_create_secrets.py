"""The bootstrap Job under the real mongosh, against an API server behind TLS."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rig.ports import free_port
from tests.rig.scripts import Mongosh
from tests.scripts import leaks
from tests.scripts.apiserver import TOKEN, ApiServer, api_server

pytestmark = pytest.mark.slow

SECRETS = [
    {"name": "registry-keyfile", "data": {"keyfile": "keyfile"}},
    {"name": "registry-user-root", "data": {"password": "password"}},
    {"name": "registry-user-blocks-db", "data": {"password": "password"}},
]
NAMES = [str(secret["name"]) for secret in SECRETS]
LABELS = {"app.kubernetes.io/name": "registry"}

Create = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """What a pod has of its service account."""
    folder = tmp_path / "serviceaccount"
    folder.mkdir()
    return folder


@pytest.fixture
def api(account: Path) -> Iterator[ApiServer]:
    """An API server without any Secret."""
    with api_server(account) as server:
        yield server


@pytest.fixture
def create(mongosh: Mongosh, scripts: Path, account: Path) -> Create:
    """Run the Job against an API server."""

    def run(api: ApiServer, **env: str) -> subprocess.CompletedProcess[str]:
        default = {
            "KUBERNETES_SERVICE_HOST": api.host,
            "KUBERNETES_SERVICE_PORT": str(api.port),
            "SERVICEACCOUNT_DIR": str(account),
            "SECRETS": json.dumps(SECRETS),
            "LABELS": json.dumps(LABELS),
            "ATTEMPTS": "3",
            "PAUSE_SECONDS": "0.05",
        }
        return mongosh(scripts / "create-secrets.js", {**default, **env})

    return run


def value(api: ApiServer, name: str, key: str) -> str:
    """What one Secret holds."""
    return b64decode(api.secrets[name]["data"][key]).decode()


def test_every_secret_is_created(create: Create, api: ApiServer) -> None:
    """Each by one request with the token of the service account, with the labels it is given."""
    result = create(api)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines() == [f"created {name}" for name in NAMES]
    assert api.requests == [("/api/v1/namespaces/registries/secrets", f"Bearer {TOKEN}", name) for name in NAMES]
    for name in NAMES:
        secret = api.secrets[name]
        assert (secret["apiVersion"], secret["kind"], secret["type"]) == ("v1", "Secret", "Opaque")
        assert secret["metadata"] == {"name": name, "labels": LABELS}


def test_the_keyfile_is_what_mongod_takes(create: Create, api: ApiServer) -> None:
    """Between 6 and 1024 characters of base64, made of 756 bytes."""
    assert create(api).returncode == 0
    keyfile = value(api, "registry-keyfile", "keyfile")
    assert len(keyfile) == 1008
    assert len(b64decode(keyfile, validate=True)) == 756


def test_a_password_needs_no_encoding_in_a_uri(create: Create, api: ApiServer) -> None:
    """It is long, and made of letters and digits alone."""
    assert create(api).returncode == 0
    assert re.fullmatch(r"[A-Za-z0-9]{32,}", value(api, "registry-user-root", "password"))


def test_no_two_values_are_the_same(create: Create, api: ApiServer) -> None:
    """Neither two Secrets of one run, nor one Secret in two runs."""
    create(api)
    first = dict(api.secrets)
    api.secrets.clear()
    create(api)
    values = [secret["data"][key] for run in (first, api.secrets) for secret in run.values() for key in secret["data"]]
    assert len(set(values)) == 2 * len(NAMES)


def test_a_secret_that_exists_is_kept(create: Create, api: ApiServer) -> None:
    """Whatever it holds; only the missing ones are made."""
    api.secrets["registry-user-root"] = {"data": {"password": "a2VwdA=="}}
    result = create(api)
    assert result.returncode == 0
    assert result.stdout.splitlines() == [f"created {NAMES[0]}", f"kept {NAMES[1]}", f"created {NAMES[2]}"]
    assert value(api, "registry-user-root", "password") == "kept"


REFUSED = {
    403: "no right to create Secrets in registries (403): registry-keyfile was not created",
    401: "the API server does not know the token (401): registry-keyfile was not created",
    422: "the API server refuses registry-keyfile (422 Invalid)",
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_refusal_ends_the_job_with_a_sentence(code: int, create: Create, api: ApiServer) -> None:
    """At once: asking again would not help."""
    api.answers = [(code, "")]
    result = create(api)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [REFUSED[code]]
    assert len(api.requests) == 1


@pytest.mark.parametrize(("code", "reason"), [(500, ""), (503, ""), (429, ""), (409, "Conflict")])
def test_a_passing_trouble_is_waited_for(code: int, reason: str, create: Create, api: ApiServer) -> None:
    """With a line for each attempt; a quota's conflict is not a Secret that exists."""
    api.answers = [(code, reason)]
    result = create(api)
    assert result.returncode == 0
    assert "(attempt 1 of 3)" in result.stdout.splitlines()[0]
    assert set(api.secrets) == set(NAMES)


def test_an_api_server_that_is_down_is_given_up(create: Create, account: Path) -> None:
    """After the attempts it was given, with a sentence."""
    with api_server(account):
        pass
    result = create(ApiServer("127.0.0.1", free_port()))
    assert result.returncode == 1
    attempts = [f"registry-keyfile: the API server answers ECONNREFUSED (attempt {n} of 3)" for n in (1, 2, 3)]
    last = "gave up after 3 attempts: registry-keyfile was not created (ECONNREFUSED)"
    assert result.stdout.splitlines() == [*attempts, last]


def test_an_api_server_of_another_authority_gets_no_token(create: Create, account: Path, tmp_path: Path) -> None:
    """Its certificate is checked before anything is sent."""
    other = tmp_path / "other"
    other.mkdir()
    with api_server(other) as impostor, api_server(account):
        result = create(impostor)
        assert result.returncode == 1
        assert not impostor.requests
        assert result.stdout.splitlines()[-1].startswith("gave up after 3 attempts: registry-keyfile was not created")


@pytest.mark.parametrize("spelling", ["::1", "[::1]"])
def test_an_ipv6_api_server_is_reached(spelling: str, create: Create, account: Path) -> None:
    """With or without brackets."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with api_server(account, host="::1") as api:
        result = create(api, KUBERNETES_SERVICE_HOST=spelling)
        assert result.returncode == 0, result.stdout
        assert set(api.secrets) == set(NAMES)


def test_a_token_that_is_renewed_is_read_again(create: Create, api: ApiServer, account: Path) -> None:
    """The kubelet writes a new one while the Job waits."""
    (account / "token").write_text("expired")
    api.before = lambda: (account / "token").write_text(TOKEN)
    api.answers = [(503, "")]
    result = create(api)
    assert result.returncode == 0, result.stdout
    assert [token for _, token, _ in api.requests][:2] == ["Bearer expired", f"Bearer {TOKEN}"]


MISTAKES = {
    "SECRETS": ({"SECRETS": "registry"}, "SECRETS is not JSON"),
    "LABELS": ({"LABELS": "{"}, "LABELS is not JSON"),
    "kind": (
        {"SECRETS": json.dumps([{"name": "x", "data": {"a": "constructor"}}])},
        "x: nobody knows how to make a constructor",
    ),
    "account": (
        {"SERVICEACCOUNT_DIR": "/nonexistent"},
        "no file /nonexistent/namespace: the service account is not mounted",
    ),
    "host": ({"KUBERNETES_SERVICE_HOST": ""}, "KUBERNETES_SERVICE_HOST is not set"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_setting_is_told_in_a_sentence(mistake: str, create: Create, api: ApiServer) -> None:
    """Before anything is asked."""
    env, sentence = MISTAKES[mistake]
    result = create(api, **env)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [sentence]
    assert not api.requests


def test_no_secret_is_in_an_argument_a_log_or_the_output(create: Create, api: ApiServer, environment: dict[str, str]) -> None:
    """Neither the values, in either spelling, nor the token."""
    with leaks.processes_watched() as seen:
        result = create(api)
    logs = leaks.files_below(Path(environment["HOME"]))
    assert result.returncode == 0
    assert any("create-secrets.js" in text for text in seen)
    assert logs
    told = "\n".join([result.stdout, result.stderr, *logs, *seen])
    encoded = [secret["data"][key] for secret in api.secrets.values() for key in secret["data"]]
    for secret in [TOKEN, *encoded, *(b64decode(text).decode() for text in encoded)]:
        assert secret not in told
