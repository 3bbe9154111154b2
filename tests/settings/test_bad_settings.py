"""Everything that is wrong with a settings file is reported in a line of its own, and dist/ stays as it was."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from mgmtcluster import InvalidInput, Settings
from tests.rendering import Ended, files_of, run_app, run_app_here

Run = Callable[..., Ended]

#: By the mistake: the content of the file, and a part of the line that reports it.
BAD = {
    "not YAML": ("a: [", ":1: is not YAML (expected the node content, but found '<stream end>'); write KEY: VALUE lines"),
    "a control character": ("\x00", ": is not YAML (unacceptable character #x0000"),
    "a tag of Python": ("image_tag: !!python/object:os.system x", ":1: is not YAML (could not determine a constructor"),
    "several documents": ("image_tag: v1\n---\nimage_tag: v2\n", ": is not YAML ("),
    "a duplicate key": ("image_tag: a\nimage_tag: b\n", ':2: has the key twice: "image_tag"; write it once'),
    "a duplicate key further in": ("services:\n  parser: {}\n  parser: {}\n", ':3: has the key twice: "parser"'),
    "a list": ("- image_tag: v1", ": expected a mapping, got list; write KEY: VALUE lines"),
    "a text": ("image_tag", ": expected a mapping, got str"),
    "a key that is no text": ("1: 2", ": 1 is not a key; write the name of a setting"),
    "a key further in that is no text": (
        "services: {parser: {1: 2}}",
        ": services.parser.1: expected text as a key, got 1; write it in quotes",
    ),
    "an unknown key": ("imagetag: v1", ": imagetag: is not a setting; write image_tag"),
    "an unknown key of a database": (
        "registry_database: {member: 3}",
        ": registry_database.member: is not a setting; write members",
    ),
    "an unknown key of a service": (
        "services: {parser: {replica: 3}}",
        ": services.parser.replica: is not a setting; write replicas",
    ),
    "an unknown amount": (
        "services: {parser: {resources: {limits: {memroy: 1Gi}}}}",
        ": services.parser.resources.limits.memroy: is not a setting; write memory",
    ),
    "an unknown key like no other": ("zzz: 1", ": zzz: is not a setting; write one of those in docs/settings.md"),
    "a number for a text": ("image_tag: 3", ": image_tag: expected text, got 3; write it in quotes"),
    "a date for a text": (
        "image_tag: 2020-01-01",
        ": image_tag: expected text, got datetime.date(2020, 1, 1); write it in quotes",
    ),
    "a text for a number": (
        'services: {parser: {replicas: "3"}}',
        ": services.parser.replicas: expected a whole number, got '3'",
    ),
    "a fraction": (
        "registry_database: {members: 3.0}",
        ": registry_database.members: expected a whole number, got 3.0; write one",
    ),
    "true for a number": ("registry_database: {members: true}", "expected a whole number, got True"),
    "a text for a truth": ("services: {parser: {enabled: maybe}}", "expected true or false, got 'maybe'"),
    "nothing for a mapping": ("services:", ": services: expected a mapping, got None; write KEY: VALUE pairs"),
    "a text for a list": ("image_pull_secrets: regcred", ": image_pull_secrets: expected a list, got 'regcred'; write [ … ]"),
    "a list entry twice": ("image_pull_secrets: [a, a]", "'a' is listed twice; remove one"),
    "no members": (
        "registry_database: {members: 0}",
        ": registry_database.members: 0 is not allowed; write 3, 5 or 7: the nearest is 3",
    ),
    "one member": (
        "metrics_database: {members: 1}",
        ": metrics_database.members: 1 loses every write with its disk; write 3, or",
    ),
    "two members": ("registry_database: {members: 2}", "2 is not allowed; write 3, 5 or 7: the nearest is 3"),
    "four members": ("registry_database: {members: 4}", "4 is not allowed; write 3, 5 or 7: the nearest is 5"),
    "eight members": ("registry_database: {members: 8}", "8 is not allowed; write 3, 5 or 7: the nearest is 7"),
    "nine members": ("registry_database: {members: 9}", "9 is not allowed; write 3, 5 or 7: the nearest is 7"),
    "members below nothing": ("registry_database: {members: -3}", "-3 is not allowed; write 3, 5 or 7: the nearest is 3"),
    "fewer to keep than there are": (
        "registry_database: {keep_running: 2}",
        ": registry_database.keep_running: 2 keeps nothing beyond",
    ),
    "more to keep than can vote": ("registry_database: {keep_running: 8}", ": registry_database.keep_running: 8 "),
    "a size that is none": (
        "registry_database: {storage: 10Gb}",
        ": registry_database.storage: '10Gb' is not a Kubernetes quantity; write a number",
    ),
    "a memory that is none": (
        "registry_database: {memory: lots}",
        ": registry_database.memory: 'lots' is not a Kubernetes quantity",
    ),
    "an endless quantity": (f"registry_database: {{memory: {'9' * 400}Gi}}", ": registry_database.memory: "),
    "a small volume": (
        "registry_database: {storage: 512Mi}",
        ": registry_database.storage: '512Mi' is smaller than 1Gi; write 1Gi or more",
    ),
    "a small volume of Redis": ("metrics_redis: {storage: 1M}", ": metrics_redis.storage: '1M' is smaller than 1Gi"),
    "a member with little memory": (
        "metrics_database: {memory: 100Mi}",
        ": metrics_database.memory: '100Mi' is too little memory",
    ),
    "a Redis with little memory": ("metrics_redis: {memory: 1Ki}", ": metrics_redis.memory: '1Ki' "),
    "memory in thousandths": (
        'services: {parser: {resources: {requests: {memory: "128m"}}}}',
        ": services.parser.resources.requests.memory: '128m' ",
    ),
    "a limit below the request": (
        "services: {parser: {resources: {requests: {memory: 1Gi}}}}",
        ": services.parser.resources.limits.memory: '384Mi' is less than the request of '1Gi'; write at least that",
    ),
    "no replicas": ("services: {parser: {replicas: 0}}", ": services.parser.replicas: 0 is out of range; write at least 1"),
    "a label that is none": (
        "registry_database: {node_label: registry}",
        "'registry' is not a label; write KEY=VALUE, as in registry=yes",
    ),
    "a label with a space": ("registry_database: {node_label: a b=c}", "'a b=c' is not a label"),
    "an address with a scheme": (
        "node_address: http://10.0.0.7",
        ": node_address: 'http://10.0.0.7' is not an address; write a host name or an IP",
    ),
    "an address with a port": ("node_address: 10.0.0.7:30100", ": node_address: '10.0.0.7:30100' is not an address"),
    "an address with a line break": ('node_address: "10.0.0.7\\n"', "is not an address"),
    "an image without tag": (
        "images: {parser: example.test/parser}",
        ": images.parser: 'example.test/parser' has no tag; write NAME:TAG or NAME@sha256:DIGEST",
    ),
    "the latest image": (
        'images: {parser: "example.test/parser:latest"}',
        "has a tag that moves; write a tag other than",
    ),
    "the latest tag": ("image_tag: latest", ": image_tag: 'latest' is a tag that moves; write a version"),
    "a digest that is none": (
        'images: {parser: "example.test/parser@sha256:12"}',
        "has no valid digest; write NAME@sha256: and 64",
    ),
    "a registry with a scheme": (
        "image_registry: https://example.test",
        ": image_registry: 'https://example.test' is not an image registry",
    ),
    "an unknown image": ('images: {pasrer: "a:1"}', ": images.pasrer: is not an image of the platform; write parser"),
    "a StorageClass that is none": ("storage_class: Fast Disks", ": storage_class: 'Fast Disks' is not an object name"),
    "a range that is none": (
        "cluster: {cidrs: [10.1.2.3/8]}",
        "'10.1.2.3/8' is not a CIDR; write a range of addresses as in 10.244.0.0/16",
    ),
    "a range of everything": ("cluster: {cidrs: [0.0.0.0/0]}", ": cluster.cidrs: '0.0.0.0/0' is every address; write the"),
    "a setting that has another name": ("cluster_cidrs: [10.0.0.0/8]", ": cluster_cidrs: has another name; write cluster.cidrs"),
    "a range outside that is the cluster's own": ("outside_cidrs: [10.244.7.0/24]", ": outside_cidrs"),
    "a URL of the cluster's own": ("adhoc_inference_url: http://10.96.0.20:20000", ": adhoc_inference_url: "),
    "a URL that is none": (
        "adhoc_inference_url: inference:20000",
        ": adhoc_inference_url: 'inference:20000' is not an HTTP URL; write http://",
    ),
    "a URL with half a bracket": (
        'adhoc_inference_url: "http://[::1"',
        ": adhoc_inference_url: 'http://[::1' is not an HTTP URL; write http://",
    ),
    "a URL with a password": (
        "adhoc_inference_url: http://me:secret@example.test",
        "is not an HTTP URL; write http://HOST[:PORT][/PATH], without a",
    ),
    "a host without a port": (
        "vdag_adhoc_inference_server_url: example.test",
        ": vdag_adhoc_inference_server_url: 'example.test' ",
    ),
    "an address of this cluster for other clusters": (
        "vdag_adhoc_inference_server_url: inference.ai.svc.cluster.local:20000",
        "'inference.ai.svc.cluster.local:20000' is an address of this cluster, and other clusters dial it; write one",
    ),
    "a Secret without its key": ("public_database_secret: {name: public}", ": public_database_secret.key: is missing; write it"),
    "a Secret of nobody": ("registry_database: {existing_secrets: {rot: a}}", ": registry_database.existing_secrets.rot: "),
    "an unknown service": ("services: {pasrer: {replicas: 1}}", ": services.pasrer: is not a service; write parser"),
    "an env name that is none": (
        "services: {parser: {env: {1A: x}}}",
        "'1A' is not a variable name; write letters",
    ),
    "an env value that is no text": (
        "services: {parser: {env: {A: 3}}}",
        ": services.parser.env.A: expected text, got 3; write it in quotes",
    ),
    "an address overridden": (
        "services: {parser: {env: {SEARCH_SERVER_API_URL: x}}}",
        ": services.parser.env.SEARCH_SERVER_API_URL: holds the address of a service and cannot be set; leave it out",
    ),
    "the addresses for other clusters overridden": (
        "services: {cluster-controller-gateway: {env: {GLOBAL_SERVICES_MAP: x}}}",
        ".env.GLOBAL_SERVICES_MAP: holds the address of a service and cannot be set",
    ),
    "the queue overridden": (
        "services: {global-block-metrics: {env: {REDIS_HOST: x}}}",
        ".env.REDIS_HOST: holds the address of a service",
    ),
    "the connection string overridden": (
        "services: {tasks-db-svc: {env: {MONGO_URL: x}}}",
        ".env.MONGO_URL: holds the connection to the service's",
    ),
    "the password overridden": (
        "services: {tasks-db-svc: {env: {DATABASE_PASSWORD: x}}}",
        ".env.DATABASE_PASSWORD: holds the connection to",
    ),
    "the nodes' address overridden": (
        "services: {parser: {env: {NODE_IP: x}}}",
        ".env.NODE_IP: holds the address of the nodes; write node_address",
    ),
    "an external value overridden": (
        "services: {vdag-processor: {env: {ADHOC_INFERENCE_API_URL: x}}}",
        ".env.ADHOC_INFERENCE_API_URL: has a setting of its own; write adhoc_inference_url instead",
    ),
    "an image overridden by a variable": (
        "services: {policies-system: {env: {EXECUTOR_CONTAINER_IMAGE_NAME: x}}}",
        ".env.EXECUTOR_CONTAINER_IMAGE_NAME: holds an image; write images.policies-executor_api instead",
    ),
    "an address written by hand": (
        "services: {parser: {env: {A: 'http://blocks-db-svc.registries.svc:3001'}}}",
        ": services.parser.env.A: ",
    ),
    "a service that another one needs": (
        "services: {parser: {enabled: true}, vdag-processor: {enabled: false}}",
        ": services.vdag-processor.enabled: false, but it is needed by parser; write true, or false for those too",
    ),
    "a service that another cluster is told of": (
        "services: {layers-registry-svc: {enabled: false}, parser: {enabled: false}}",
        ": services.layers-registry-svc.enabled: false, but it is needed by splits-runners-registry-svc",
    ),
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run app.py in a folder with a dist/ of before, and see that neither is touched."""
    (tmp_path / "dist" / "kept").mkdir(parents=True)
    (tmp_path / "dist" / "00-platform.k8s.yaml").write_text("kind: Before\n")
    (tmp_path / "dist" / "kept" / "notes.txt").write_text("notes")

    def failing(*arguments: str) -> Ended:
        before = files_of(tmp_path)
        ended = run_app_here(monkeypatch, capsys, *arguments, cwd=tmp_path)
        assert files_of(tmp_path) == before
        assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]
        assert ended.code == 1
        assert ended.out == ""
        assert "Traceback" not in ended.err
        return ended

    return failing


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD.keys())
def test_a_mistake_is_one_line(text: str, expected: str, run: Run, tmp_path: Path) -> None:
    """On stderr: the file, the field, what was given and what to write; the exit code is 1."""
    (tmp_path / "mine.yaml").write_text(text)
    [line] = run("--settings", "mine.yaml").err.splitlines()
    assert line.startswith("mgmtcluster: mine.yaml:")
    assert expected in line
    assert len(line) < 1000


def test_all_mistakes_of_a_file_are_told_at_once(run: Run, tmp_path: Path) -> None:
    """Those of types, of the catalog and of numbers; a line each, each once."""
    lines = [
        "imagetag: v1",
        "node_address: http://10.0.0.7",
        "registry_database: {members: 4, storage: 10Gb, existing_secrets: {rot: a}}",
        'images: {parser: example.test/parser, pasrer: "a:1"}',
        "services:",
        "  vdag-processor: {enabled: false}",
        "  parser: {env: {1A: x, SEARCH_SERVER_API_URL: x, A: 'http://blocks-db-svc.registries.svc'}}",
        "  pasrer: {replicas: 0}",
    ]
    (tmp_path / "settings.yaml").write_text("\n".join(lines))
    told = run().err.splitlines()
    for field in (
        "imagetag",
        "node_address",
        "registry_database.members",
        "registry_database.storage",
        "registry_database.existing_secrets.rot",
        "images.parser",
        "images.pasrer",
        "services.vdag-processor.enabled",
        "services.parser.env.1A",
        "services.parser.env.SEARCH_SERVER_API_URL",
        "services.parser.env.A",
        "services.pasrer",
        "services.pasrer.replicas",
    ):
        assert len([line for line in told if line.startswith(f"mgmtcluster: settings.yaml: {field}: ")]) == 1, field
    assert len(told) == 13


def test_a_file_that_is_not_there(run: Run) -> None:
    """The path is named."""
    assert run("--settings", "none.yaml").err == (
        "mgmtcluster: none.yaml: there is no such file; write the path of a settings file\n"
    )


def test_the_default_file_that_is_not_there(run: Run) -> None:
    """Without any argument it is settings.yaml."""
    assert run().err.startswith("mgmtcluster: settings.yaml: there is no such file")


def test_a_directory(run: Run) -> None:
    """A folder is not a settings file."""
    assert run("--settings", "dist").err == "mgmtcluster: dist: is a directory; write the path of a settings file\n"


def test_a_file_that_cannot_be_opened(run: Run, tmp_path: Path) -> None:
    """A socket, which nobody may open as a file, not even root."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket.yaml"))
    [line] = run("--settings", "socket.yaml").err.splitlines()
    assert line.endswith("cannot be read (No such device or address); make it readable")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(run: Run, tmp_path: Path) -> None:
    """The mode of the file forbids it."""
    (tmp_path / "mine.yaml").touch(mode=0)
    assert "cannot be read (Permission denied); make it readable" in run("--settings", "mine.yaml").err


def test_a_file_of_10_mb(run: Run, tmp_path: Path) -> None:
    """Refused by its size, before it is parsed."""
    (tmp_path / "mine.yaml").write_bytes(b"# comment\n" * 1_000_000)
    assert run("--settings", "mine.yaml").err == (
        "mgmtcluster: mine.yaml: is larger than 1 MB; write the path of a settings file\n"
    )


def test_a_file_in_another_encoding(run: Run, tmp_path: Path) -> None:
    """Latin-1 is no UTF-8."""
    (tmp_path / "mine.yaml").write_bytes("image_tag: größer".encode("latin-1"))
    assert "is not YAML" in run("--settings", "mine.yaml").err


def test_a_value_that_unfolds_to_a_million(tmp_path: Path) -> None:
    """Aliases of aliases: what is told of them stays short."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 6)]
    (tmp_path / "bomb.yaml").write_text("\n".join([*levels, "image_tag: *a5"]))
    with pytest.raises(InvalidInput) as refused:
        Settings.load(tmp_path / "bomb.yaml")
    assert all(len(problem) < 1000 for problem in refused.value.problems)


def test_a_process_of_its_own_ends_the_same_way(tmp_path: Path) -> None:
    """As an operator calls it: exit code, stderr alone, no dist/ made where there was none."""
    (tmp_path / "mine.yaml").write_text("imagetag: v1\nregistry_database: {members: 4}\n")
    ended = run_app(cwd=tmp_path, env={"MGMTCLUSTER_SETTINGS": "mine.yaml"})
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines() == [
        "mgmtcluster: mine.yaml: registry_database.members: 4 is not allowed; write 3, 5 or 7: the nearest is 5",
        "mgmtcluster: mine.yaml: imagetag: is not a setting; write image_tag",
    ]
    assert not list((tmp_path / "dist").glob("*"))


def test_an_app_says_nothing_about_node_js(tmp_path: Path) -> None:
    """A system's Node.js that jsii warns of is not started: app.py chooses one before it imports cdk8s."""
    (tmp_path / "settings.yaml").touch()
    ended = run_app(cwd=tmp_path, env={"PATH": "/usr/local/bin:/usr/bin:/bin", "JSII_NODE": None})
    assert (ended.returncode, ended.stderr) == (0, "")
