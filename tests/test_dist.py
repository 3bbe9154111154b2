"""dist/ is what a fresh synth makes, on any machine, and holds nothing else and no secret."""

import re
import shutil
from pathlib import Path

import pytest

from mgmtcluster import ManagementCluster
from mgmtcluster.testing import Manifests, load
from tests.entropy import suspicious
from tests.rendering import DIST, ROOT, files_of, leaves, name_of, run_app, run_app_here

#: The numbers of files never move: kubectl applies them in this order, and operators name them.
FILES = (
    "00-platform.k8s.yaml",
    "10-registry-database.k8s.yaml",
    "20-registries.k8s.yaml",
    "30-utils.k8s.yaml",
    "40-metrics-database.k8s.yaml",
    "50-metrics.k8s.yaml",
    "60-services.k8s.yaml",
)


@pytest.fixture(scope="module")
def dist() -> dict[str, bytes]:
    """The committed files."""
    return files_of(DIST)


PASSWORD_IN_URI = re.compile(r"://[^/@\s:]*:(?!\$\()[^/@\s]*@")


def test_there_are_the_seven_phases_and_nothing_else(dist: dict[str, bytes]) -> None:
    """Kubectl reads every YAML and JSON file of the folder; Argo CD a kustomization too."""
    assert tuple(sorted(dist)) == FILES
    assert not [each for each in DIST.iterdir() if not each.is_file()]


def test_the_tests_synth_is_dist(objects: Manifests, dist: dict[str, bytes]) -> None:
    """So that what other tests find holds of the files."""
    assert objects == tuple(each for content in dist.values() for each in load(content))


def test_dist_is_a_fresh_synth_byte_for_byte(tmp_path: Path, dist: dict[str, bytes]) -> None:
    """Twice into one folder, under two hash seeds, locales and time zones; with a home and without.

    Takes more than two seconds because the hash seed is that of a process.
    """
    home: dict[str, str | None] = {"PYTHONHASHSEED": "1"}
    abroad = {"PYTHONHASHSEED": "4242", "LC_ALL": "de_DE.ISO-8859-1", "TZ": "Pacific/Chatham", "LANG": "C", "HOME": None}
    (tmp_path / "elsewhere").mkdir()
    settings = str(ROOT / "settings.yaml")
    for env, expected in ((home, "added "), (abroad, "unchanged")):
        ended = run_app("--settings", settings, "--output", "out/dist", cwd=tmp_path / "elsewhere", env=env)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert expected in ended.stdout
        assert files_of(tmp_path / "elsewhere" / "out") == {f"dist/{name}": content for name, content in dist.items()}
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["out"]


def test_two_environments_stand_side_by_side(
    tmp_path: Path, dist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``settings/*.yaml`` to ``dist/<name>/``: each its own files, none in the other's."""
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "production.yaml").write_text("node_address: nodes.example.test\n")
    shutil.copy(ROOT / "settings.yaml", tmp_path / "settings" / "staging.yaml")
    for name in ("production", "staging"):
        folder = str(tmp_path / "dist" / name)
        ended = run_app_here(monkeypatch, capsys, "--settings", f"settings/{name}.yaml", "--output", folder, cwd=tmp_path)
        assert ended.code == 0, ended.err
    assert files_of(tmp_path / "dist" / "staging") == dist
    production = files_of(tmp_path / "dist" / "production")
    assert production.keys() == dist.keys()
    assert {name for name in dist if production[name] != dist[name]} == {"20-registries.k8s.yaml", "60-services.k8s.yaml"}


def test_no_secret_is_in_dist(objects: Manifests, dist: dict[str, bytes]) -> None:
    """Neither an object of the kind, nor text that looks like one, nor a URI with a password that is written out."""
    assert not objects.of_kind("Secret")
    assert b"BEGIN" not in b"".join(dist.values())
    for each in objects:
        for path, value in leaves(each):
            assert not list(suspicious(str(value))), (name_of(each), path)
            assert not PASSWORD_IN_URI.search(str(value)), (name_of(each), path)


def test_a_planted_secret_would_be_found(objects: Manifests) -> None:
    """In any text of any object."""
    planted = "mongodb://user:Zm9vYmFy4k8sSECRETx9Qa@registry-0:27017"
    assert list(suspicious(planted))
    assert PASSWORD_IN_URI.search("redis://default:short@metrics-redis:6379")
    assert not [each for each in objects if planted in str(each)]


def test_every_line_of_dist_is_text_of_its_own(dist: dict[str, bytes]) -> None:
    """UTF-8, with line feeds alone, one at the end; no alias, no null, no empty document."""
    for name, content in dist.items():
        text = content.decode("utf-8")
        assert text.endswith("\n"), name
        assert not text.endswith("\n\n"), name
        assert "\r" not in text, name
        assert "\t" not in text, name
        assert "---\n---" not in text, name
        assert all(value is not None for each in load(text) for _, value in leaves(each)), name


def test_the_table_of_contents_is_the_list_of_files() -> None:
    """The attributes of the cluster are its charts, in the order of the files."""
    words = (ManagementCluster.__doc__ or "").partition("Attributes:")[2]
    names = ("platform", "registry_database", "registries", "utilities", "metrics_database", "metrics", "services")
    assert sorted(names, key=lambda name: words.index(f"{name}:")) == list(names)
    assert len(names) == len(FILES)
