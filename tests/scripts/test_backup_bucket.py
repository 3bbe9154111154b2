"""Dumps in a bucket: sent whole before any is removed, fetched by name, without a secret to be seen.

Against a stand-in for rclone that keeps files in a folder, which fails when a test wants it to; and with rclone itself against
an S3 server, SeaweedFS.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.s3 import S3, missing, s3_server
from tests.rig.tls import tls_before
from tests.scripts import leaks
from tests.scripts.backups import ACCESS_KEY, OLD, SECRET_KEY, Pod, files, last_line, names_in

pytestmark = pytest.mark.slow

NEW = "registry-20261123T013000Z"


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    """A pod with a new dump, three of old in the bucket and other people's objects beside them."""
    pod = Pod(tmp_path / "pod", env={})
    pod.env["KEEP"] = "2"
    pod.hold(NEW)
    pod.hold(*OLD, where=pod.bucket)
    pod.hold("metrics-db-20261122T013000Z", where=pod.bucket)
    (pod.bucket / "notes.txt").write_text("not a dump")
    return pod


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """An S3 server with the keys of the pod."""
    if reason := missing():
        pytest.skip(reason)
    with s3_server(tmp_path_factory.mktemp("s3"), ACCESS_KEY, SECRET_KEY) as running:
        yield running


@pytest.fixture
def rclone(pod: Pod, server: S3) -> Pod:
    """The same pod with rclone itself, and the same bucket on a server."""
    server.upload(pod.folder / "buckets" / "dumps", "dumps")
    pod.server, pod.env["BUCKET_ENDPOINT"] = server, server.url
    return pod


@pytest.fixture(params=["stand-in", "rclone"])
def either(request: pytest.FixtureRequest) -> Pod:
    """The pod with the stand-in, and with rclone."""
    pod: Pod = request.getfixturevalue("pod" if request.param == "stand-in" else "rclone")
    return pod


def test_a_dump_is_sent_and_the_oldest_are_removed(either: Pod) -> None:
    """Two stay; what is no dump of this set is nobody's to remove."""
    ended = either.run("store")
    assert (ended.returncode, last_line(ended)) == (0, "")
    others = [*files("metrics-db-20261122T013000Z"), "notes.txt"]
    assert names_in(either.bucket) == sorted([*files(NEW, OLD[2]), *others])
    assert ended.stdout.splitlines() == [f"sent {NEW} to the bucket dumps", f"removed {OLD[1]}", f"removed {OLD[0]}"]
    for name in files(NEW):
        assert (either.bucket / name).read_bytes() == (either.dumps / name).read_bytes()


def test_nothing_is_removed_before_the_dump_is_there(pod: Pod) -> None:
    """Counts, archive, a look, and only then the first removal."""
    assert pod.run("store").returncode == 0
    assert [step[1] for step in pod.journal()] == ["copyto", "copyto", "lsf", *["deletefile"] * 4]
    assert [step[2].rpartition("/")[2] for step in pod.journal()[:2]] == [f"{NEW}.counts", f"{NEW}.archive.gz"]


def test_a_dump_that_cannot_be_sent_leaves_the_older_ones(pod: Pod) -> None:
    """The bucket refuses."""
    ended = pod.run("store", FAILS="copyto")
    assert ended.returncode == 1
    assert last_line(ended) == (
        f"{NEW}.counts could not be sent to the bucket dumps at https://s3.example.com: the older dumps are kept"
    )
    assert set(files(*OLD)) <= set(names_in(pod.bucket))


def test_wrong_keys_are_refused_by_the_bucket(rclone: Pod) -> None:
    """And nothing changes there."""
    before = names_in(rclone.bucket)
    (rclone.folder / "keys" / "secret_key").write_text("another one")
    ended = rclone.run("store")
    assert (ended.returncode, names_in(rclone.bucket)) == (1, before)
    assert last_line(ended).startswith(f"{NEW}.counts could not be sent to the bucket dumps")


def test_a_bucket_that_cannot_be_listed(pod: Pod) -> None:
    """The dump was sent, but nobody knows what is too old."""
    ended = pod.run("store", FAILS="lsf")
    assert (ended.returncode, last_line(ended)) == (1, "the bucket dumps at https://s3.example.com cannot be listed")
    assert set(files(*OLD, NEW)) <= set(names_in(pod.bucket))


def test_a_dump_that_cannot_be_removed_is_told(pod: Pod) -> None:
    """The new one is there all the same."""
    ended = pod.run("store", FAILS="deletefile")
    assert ended.returncode == 1
    assert last_line(ended) == f"{NEW} is in the bucket dumps, but {OLD[1]} could not be removed from it"
    assert set(files(NEW)) <= set(names_in(pod.bucket))


@pytest.mark.parametrize(("asked", "name"), [("latest", OLD[2]), (OLD[0], OLD[0])])
def test_a_dump_is_fetched(asked: str, name: str, either: Pod) -> None:
    """The newest one, or the one that is named."""
    for each in either.dumps.iterdir():
        each.unlink()
    ended = either.run("fetch", DUMP=asked)
    assert (ended.returncode, ended.stdout) == (0, f"fetched {name} from the bucket dumps\n")
    assert names_in(either.dumps) == files(name)
    assert (either.dumps / f"{name}.counts").read_bytes() == (either.bucket / f"{name}.counts").read_bytes()


def test_a_bucket_without_a_dump(either: Pod) -> None:
    """An empty one, and a folder that is not there yet."""
    for step in ({"NAME": "unknown"}, {"BUCKET_PREFIX": "nowhere", "NAME": "registry"}):
        ended = either.run("fetch", **step)
        assert (ended.returncode, last_line(ended)) == (1, f"there is no dump of {step['NAME']} in the bucket dumps")


def test_a_dump_that_is_not_there(pod: Pod) -> None:
    """Those that are, are named."""
    ended = pod.run("fetch", DUMP="registry-20200101T000000Z")
    assert (ended.returncode, last_line(ended)) == (
        1,
        f"there is no dump registry-20200101T000000Z in the bucket dumps, but {OLD[2]} {OLD[1]} {OLD[0]}",
    )


def test_an_archive_without_its_upload_finished_is_no_dump(pod: Pod) -> None:
    """It comes last, and an object is there whole or not at all."""
    (pod.bucket / f"{NEW}.counts").write_text("1\tshop.orders\n")
    assert pod.run("fetch").stdout == f"fetched {OLD[2]} from the bucket dumps\n"


def test_a_key_that_is_not_there(pod: Pod) -> None:
    """The file is named."""
    (pod.folder / "keys" / "secret_key").unlink()
    for step in ("store", "fetch"):
        ended = pod.run(step)
        assert ended.returncode == 1
        assert last_line(ended) == f"the bucket's secret_key is missing: {pod.folder}/keys/secret_key is no file or empty"


@pytest.mark.parametrize("step", ["store", "fetch"])
def test_a_pod_without_keys_is_known_to_its_cloud(step: str, rclone: Pod) -> None:
    """The keys are taken from where a cloud leaves them, as in these variables; without any, there are none."""
    del rclone.env["BUCKET_KEYS"]
    assert rclone.run(step, RCLONE_RETRIES="1", RCLONE_LOW_LEVEL_RETRIES="1", AWS_EC2_METADATA_DISABLED="true").returncode == 1
    ended = rclone.run(step, AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY)
    assert (ended.returncode, last_line(ended)) == (0, "")


def test_a_server_with_a_certificate_of_its_own_ca(rclone: Pod, server: S3, tmp_path: Path) -> None:
    """It is trusted where the CA is named, and nowhere else."""
    with tls_before(server.url, tmp_path) as (url, ca):
        ended = rclone.run("fetch", BUCKET_ENDPOINT=url, RCLONE_RETRIES="1", RCLONE_LOW_LEVEL_RETRIES="1")
        assert (ended.returncode, last_line(ended)) == (1, f"the bucket dumps at {url} cannot be listed")
        assert "certificate" in ended.stderr
        ended = rclone.run("fetch", BUCKET_ENDPOINT=url, BUCKET_CA=str(ca))
        assert (ended.returncode, ended.stdout) == (0, f"fetched {OLD[2]} from the bucket dumps\n")


def test_a_ca_that_is_not_there(pod: Pod) -> None:
    """The file is named."""
    for step in ("store", "fetch"):
        ended = pod.run(step, BUCKET_CA="/nowhere/ca.crt")
        assert (ended.returncode, last_line(ended)) == (
            1,
            "the bucket's CA is missing: /nowhere/ca.crt is no file or empty",
        )


def test_no_key_is_in_an_argument_an_environment_or_a_log(pod: Pod) -> None:
    """It is in a file in memory, for the pod's user alone."""
    looks = pod.folder / "looks"
    with leaks.processes_watched(looks) as seen:
        ended = pod.run("store", LOOKS=str(looks))
    assert ended.returncode == 0
    assert any("copyto" in each for each in seen)
    for secret in (ACCESS_KEY, SECRET_KEY):
        assert not any(secret in each for each in seen)
        assert secret not in ended.stdout + ended.stderr
    [config] = (pod.folder / "credentials").iterdir()
    assert SECRET_KEY in config.read_text()
    assert config.stat().st_mode & 0o077 == 0
