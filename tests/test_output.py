"""dist/ is written as a whole or not at all, and what changed is said."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cdk8s import ApiObject, ApiObjectMetadata, App, Chart, YamlOutputType

from mgmtcluster import InvalidInput, rules, staged
from tests.rendering import ROOT, files_of


def document(kind: str, name: str, namespace: str | None = "shop", **more: object) -> str:
    """An object as cdk8s writes it."""
    within = f"  namespace: {namespace}\n" if namespace else ""
    lines = "".join(f"{key}: {value}\n" for key, value in more.items())
    return f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n{within}{lines}"


def write(folder: Path, **files: str) -> None:
    """Write an app's files in one go: ``platform`` is platform.k8s.yaml."""
    with staged(folder) as staging:
        for name, content in files.items():
            (Path(staging) / f"{name}.k8s.yaml").write_text(content)


def test_a_new_folder_is_made_and_all_objects_are_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line a file, with its objects and bytes, then a line an object."""
    two = document("Namespace", "shop", None) + "---\n" + document("Service", "orders")
    write(tmp_path / "out" / "dist", a=two)
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/out/dist/a.k8s.yaml: 2 objects, {len(two)} bytes",
        "added    Namespace/shop",
        "added    Service/shop/orders",
    ]
    assert files_of(tmp_path) == {"out/dist/a.k8s.yaml": two.encode()}


def test_the_same_again_is_unchanged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the files are what they were."""
    write(tmp_path, a=document("Service", "orders"))
    before = files_of(tmp_path)
    capsys.readouterr()
    write(tmp_path, a=document("Service", "orders"))
    assert capsys.readouterr().out.splitlines()[1:] == ["unchanged"]
    assert files_of(tmp_path) == before


def test_what_changed_is_told_by_kind_and_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Added, removed and changed; what only moved to another file is none of these."""
    write(
        tmp_path,
        a="---\n".join([document("Service", "orders"), document("Service", "till"), document("Role", "stays")]),
        b=document("Role", "moves"),
    )
    capsys.readouterr()
    write(
        tmp_path,
        a="---\n".join([document("Service", "orders", data=1), document("Role", "stays"), document("Role", "moves")]),
        b=document("Service", "orders", "bank"),
    )
    assert sorted(capsys.readouterr().out.splitlines()[2:]) == [
        "added    Service/bank/orders",
        "changed  Service/shop/orders",
        "removed  Service/shop/till",
    ]


def test_a_file_that_is_not_written_again_is_removed(tmp_path: Path) -> None:
    """Kubectl would apply it for ever."""
    write(tmp_path, a=document("Role", "one"), b=document("Role", "two"))
    write(tmp_path, b=document("Role", "two"))
    assert [*files_of(tmp_path)] == ["b.k8s.yaml"]


def test_what_is_somebody_elses_stays(tmp_path: Path) -> None:
    """Other files, and folders with whatever is in them."""
    (tmp_path / "README.md").write_text("notes")
    (tmp_path / "staging").mkdir()
    (tmp_path / "staging" / "a.k8s.yaml").write_text(document("Role", "other"))
    write(tmp_path, a=document("Role", "one"))
    assert [*files_of(tmp_path)] == ["README.md", "a.k8s.yaml", "staging/a.k8s.yaml"]


def write_half(folder: Path, failure: BaseException) -> None:
    """Fail in the midst of writing."""
    with staged(folder) as staging:
        (Path(staging) / "a.k8s.yaml").write_text("half")
        raise failure


@pytest.mark.parametrize("failure", [ValueError("no"), KeyboardInterrupt(), SystemExit(3), InvalidInput(["no"])])
def test_a_failure_leaves_everything_as_it_was(
    failure: BaseException, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written, nothing is left behind, nothing is said of it."""
    write(tmp_path / "dist", a=document("Role", "one"))
    before = files_of(tmp_path)
    capsys.readouterr()
    with pytest.raises(type(failure)):
        write_half(tmp_path / "dist", failure)
    assert files_of(tmp_path) == before
    assert [each.name for each in tmp_path.iterdir()] == ["dist"]
    assert capsys.readouterr().out == ""


def test_a_failure_makes_no_folder(tmp_path: Path) -> None:
    """Where there was none, there is none."""
    with pytest.raises(ValueError, match="no"), staged(tmp_path / "dist"):
        raise ValueError("no")
    assert not list(tmp_path.iterdir())


def test_a_signal_while_it_synthesizes_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """As a CI job that is cancelled sends it."""
    write(tmp_path / "dist", a=document("Role", "one"))
    before = files_of(tmp_path)
    script = (
        "import os, pathlib, signal, mgmtcluster\n"
        # Whoever started the tests in the background had it ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"with mgmtcluster.staged({str(tmp_path / 'dist')!r}) as staging:\n"
        "    pathlib.Path(staging, 'a.k8s.yaml').write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert ended.returncode in (130, 1, -signal.SIGINT)
    assert files_of(tmp_path) == before


@pytest.mark.parametrize("folder", ["file", "file/dist"])
def test_a_folder_that_cannot_be_made_is_one_line(folder: str, tmp_path: Path) -> None:
    """A file stands where it should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput) as error, staged(tmp_path / folder):
        raise AssertionError("the app must not run")
    [problem] = error.value.problems
    assert problem.startswith(f"{tmp_path}/{folder}: cannot be written to (")
    assert problem.endswith("); write the path of a folder that can")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_one_line(tmp_path: Path) -> None:
    """Its mode forbids it."""
    (tmp_path / "dist").mkdir(mode=0o500)
    with pytest.raises(InvalidInput, match="cannot be written to"), staged(tmp_path / "dist") as staging:
        (Path(staging) / "a.k8s.yaml").write_text("x")


def test_a_folder_of_the_kernel_is_one_line() -> None:
    """/proc may not be written to, not even by root."""
    with pytest.raises(InvalidInput, match="/proc/dist: cannot be written to"), staged("/proc/dist"):
        raise AssertionError("the app must not run")


def test_a_relative_folder_is_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``--output dist`` means it."""
    monkeypatch.chdir(tmp_path)
    write(Path("dist"), a=document("Role", "one"))
    assert [*files_of(tmp_path)] == ["dist/a.k8s.yaml"]


def shop(folder: Path, output: YamlOutputType, extension: str, *charts: str) -> dict[str, bytes]:
    """An app of these charts, each of two objects, written with this output type and extension."""
    with staged(folder) as staging:
        app = App(outdir=staging, yaml_output_type=output, output_file_extension=extension)
        rules.enforce(app)
        for name in charts:
            chart = Chart(app, name, namespace="shop")
            for kind in ("Role", "ConfigMap"):
                ApiObject(chart, kind, api_version="v1", kind=kind, metadata=ApiObjectMetadata(name=f"{name}.one"))
        app.synth()
    return files_of(folder)


def names_of(files: dict[str, bytes]) -> set[str]:
    """The objects in these files."""
    return {line for content in files.values() for line in content.decode().splitlines() if line.startswith("  name: ")}


@pytest.mark.parametrize("extension", [".k8s.yaml", ".yaml", ".yml", "-made.yaml"])
@pytest.mark.parametrize("output", YamlOutputType)
def test_every_output_type_is_written_whole(
    output: YamlOutputType, extension: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cdk8s writes by itself, twice, and what changed is said."""
    expected = tmp_path / "expected"
    app = App(outdir=str(expected), yaml_output_type=output, output_file_extension=extension)
    for name in ("orders", "till"):
        chart = Chart(app, name, namespace="shop")
        for kind in ("Role", "ConfigMap"):
            ApiObject(chart, kind, api_version="v1", kind=kind, metadata=ApiObjectMetadata(name=f"{name}.one"))
    app.synth()
    assert shop(tmp_path / "dist", output, extension, "orders", "till") == files_of(expected)
    assert capsys.readouterr().out.count("added ") == 4
    assert shop(tmp_path / "dist", output, extension, "orders", "till") == files_of(expected)
    assert capsys.readouterr().out.splitlines()[-1] == "unchanged"


@pytest.mark.parametrize("extension", [".k8s.yaml", ".yaml"])
@pytest.mark.parametrize("output", YamlOutputType)
def test_what_an_app_no_longer_writes_goes(
    output: YamlOutputType, extension: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A chart that is gone leaves nothing; where nobody can tell whose a file is, it stays and is named."""
    shop(tmp_path, output, extension, "orders", "till")
    capsys.readouterr()
    files = shop(tmp_path, output, extension, "orders")
    if extension == ".yaml" and output == YamlOutputType.FILE_PER_CHART:
        left = f"left     {tmp_path}/till.yaml: this run did not write it; remove it if nobody else needs it"
        assert capsys.readouterr().out.splitlines()[-1] == left
        del files["till.yaml"]
    else:
        assert capsys.readouterr().out.count("removed ") == 2
    assert names_of(files) == {"  name: orders.one"}
    assert not [path for path in tmp_path.rglob("*") if path.is_dir() and not list(path.iterdir())]


def test_a_folder_of_another_cluster_stays(tmp_path: Path) -> None:
    """What another run wrote into a folder within, with the same output type or another."""
    chart, objects = YamlOutputType.FILE_PER_CHART, YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE
    shop(tmp_path / "production", chart, ".k8s.yaml", "orders")
    shop(tmp_path / "laptop", objects, ".k8s.yaml", "orders")
    shop(tmp_path, objects, ".k8s.yaml", "till")
    kept = {"production/orders.k8s.yaml", "laptop/orders/Role.orders.one.k8s.yaml", "laptop/orders/ConfigMap.orders.one.k8s.yaml"}
    assert kept < files_of(tmp_path).keys()


@pytest.mark.parametrize("output", [YamlOutputType.FILE_PER_RESOURCE, YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE])
def test_two_objects_of_one_file_are_refused(output: YamlOutputType) -> None:
    """cdk8s would write the second over the first: its file names know no namespace."""
    app = App(yaml_output_type=output)
    chart = Chart(app, "test")
    for namespace in ("shop", "bank"):
        metadata = ApiObjectMetadata(name="deny", namespace=namespace)
        ApiObject(chart, namespace, api_version="v1", kind="ConfigMap", metadata=metadata)
    rules.enforce(app)
    expected = "ConfigMap/shop/deny, ConfigMap/bank/deny: would be one file, ConfigMap.deny; write YamlOutputType.FILE_PER_CHART"
    with pytest.raises(RuntimeError, match=expected):
        app.synth()
