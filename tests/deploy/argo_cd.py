"""Argo CD on a cluster: its controller, its repository server and Redis as processes here, its definitions there."""

import json
import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import yaml

from mgmtcluster.testing import Manifest
from tests.rig.crds import argo_cd_file, definition_of
from tests.rig.kube import Json, Kubectl
from tests.rig.ports import free_port

NAMESPACE: Final = "argocd"
_LABELS: Final = {"app.kubernetes.io/part-of": "argocd"}
_SETTINGS: Final[list[Manifest]] = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm", "namespace": NAMESPACE, "labels": _LABELS}},
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "argocd-secret", "namespace": NAMESPACE, "labels": _LABELS},
        "stringData": {"server.secretkey": "none"},
    },
]


class Repository:
    """A git repository that Argo CD reads by its path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"file://{folder}"
        folder.mkdir()
        self._git("init", "--quiet", "--initial-branch=main")

    def commit(self) -> str:
        """Commit everything that is there; returns the revision."""
        self._git("add", "--all")
        self._git("-c", "user.name=tests", "-c", "user.email=tests@example.com", "commit", "--quiet", "--message=change")
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=self.folder, capture_output=True, text=True, check=True).stdout


@contextmanager
def argo_cd(program: Path, kubectl: Kubectl, folder: Path) -> Iterator[None]:
    """Argo CD, as long as the block runs. What it prints is in ``folder``."""
    definitions = [definition_of(kind) for kind in ("Application", "AppProject")]
    # Larger than the annotation that a client-side apply leaves.
    kubectl("apply", "--server-side", "--filename=-", stdin=yaml.safe_dump_all([*definitions, *_SETTINGS]))
    kubectl.until(
        "the kinds of Argo CD", lambda: not kubectl.run("get", "applications,appprojects", "--all-namespaces").returncode
    )
    redis, server = free_port(), free_port()
    # The repository server runs it whether or not signatures are asked for.
    wrapper = folder / "bin" / "git-verify-wrapper.sh"
    wrapper.parent.mkdir()
    wrapper.write_bytes(argo_cd_file("hack/git-verify-wrapper.sh"))
    wrapper.chmod(0o755)
    environment = {
        **kubectl.environment,
        "ARGOCD_FAKE_IN_CLUSTER": "true",  # https://kubernetes.default.svc is the cluster of KUBECONFIG
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_ASK_PASS_SOCK": str(folder / "ask-pass.sock"),
        "TMPDIR": str(folder),
        "PATH": f"{wrapper.parent}:{kubectl.environment['PATH']}",
    }
    commands = {
        "redis": f"redis-server --port {redis} --bind 127.0.0.1 --dir {folder} --save ''",
        "repo-server": f"{program} repo-server --redis=127.0.0.1:{redis} --disable-tls --client-ca-path="
        f" --address=127.0.0.1 --port={server} --metrics-address=127.0.0.1 --metrics-port={free_port()}",
        "controller": f"{program} controller --redis=127.0.0.1:{redis} --repo-server=127.0.0.1:{server} --repo-server-plaintext"
        f" --namespace={NAMESPACE} --metrics-port={free_port()}",
    }
    with ExitStack() as running:
        for name, command in commands.items():
            running.enter_context(_process(shlex.split(command), environment, folder / f"{name}.log"))
        yield


@contextmanager
def _process(command: Sequence[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def synced(kubectl: Kubectl, name: str, revision: str) -> None:
    """Wait until an Application is synced to a revision and Healthy, without a hand but the news that there is one."""
    kubectl("annotate", "--overwrite", f"--namespace={NAMESPACE}", "application", name, "argocd.argoproj.io/refresh=normal")

    def status() -> Json:
        found: Json = kubectl.item("application", name, f"--namespace={NAMESPACE}").get("status", {})
        return found

    def is_synced() -> bool:
        now = status()
        operation = now.get("operationState", {})
        found = (operation.get("phase"), operation.get("syncResult", {}).get("revision"), now.get("sync", {}).get("revision"))
        well = (now.get("sync", {}).get("status"), now.get("health", {}).get("status"))
        return (found, well) == (("Succeeded", revision, revision), ("Synced", "Healthy"))

    kubectl.until(f"{name} to be synced and Healthy", is_synced, seconds=420, missing=lambda: json.dumps(status())[-3000:])


def refused(program: Path, project: Manifest, application: Manifest, objects: Sequence[Manifest]) -> list[str]:
    """What Argo CD's own code refuses of an Application and of what it would sync."""
    request = json.dumps({"project": project, "application": application, "objects": objects})
    done = subprocess.run([program, "refused"], input=request, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr
    sentences: list[str] = json.loads(done.stdout)
    return sentences
